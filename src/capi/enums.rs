//! The closed choices of the ABI. Structs carry them as `int32_t`, since a C caller may put any number there.

use super::error::Failure;
use crate::segy::{ByteOrder, Duplicates};
use crate::volume::{Direction, SampleUnit};

/// Order of the bytes of numbers in a SEG-Y file.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_byte_order {
    /// In options: found from the file.
    Auto = 0,
    /// Most significant byte first, the SEG-Y standard.
    Big = 1,
    /// Least significant byte first.
    Little = 2,
    /// Most significant byte first, with the two bytes of each pair of the file exchanged.
    PairSwapped = 3,
}

/// What to do with several traces at one position of the grid.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_duplicates {
    /// An error that names the first two.
    Refuse = 0,
    /// The first in the file is taken.
    First = 1,
    /// The last in the file is taken.
    Last = 2,
}

/// What the vertical axis measures.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sample_unit {
    /// In options: found from the file; in memory: milliseconds.
    Auto = 0,
    /// Two-way time in milliseconds.
    Milliseconds = 1,
    /// Depth in metres.
    Metres = 2,
    /// Depth in feet.
    Feet = 3,
}

/// Order of the traces in a SEG-Y file.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sorting {
    /// Inline by inline, crossline numbers running within.
    Inline = 1,
    /// Crossline by crossline, inline numbers running within.
    Crossline = 2,
    /// Neither.
    Other = 3,
}

/// Which way a vertical section runs.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_direction {
    /// The section of one inline number: its traces run along the crosslines.
    Inline = 0,
    /// The section of one crossline number: its traces run along the inlines.
    Crossline = 1,
}

/// Which vertical sections the network sees.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sections {
    /// Those of the inlines.
    Inline = 0,
    /// Those of the crosslines.
    Crossline = 1,
    /// Both, and what they say is fused; twice the time.
    Both = 2,
}

/// How the predictions along inlines and along crosslines become one.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_fusion {
    /// Their mean.
    Mean = 0,
    /// The larger: salt where one direction sees some.
    Max = 1,
    /// The smaller: salt where both see some.
    Min = 2,
    /// The square root of their product.
    Geometric = 3,
}

/// What tiles do at the borders of a section.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_edge {
    /// They hang over by half the overlap; what hangs over is mirrored.
    Extend = 0,
    /// They stay inside the section.
    Inside = 1,
}

/// How the predictions of overlapping tiles are weighted by the place in the tile.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_window {
    /// Raised cosine.
    Cosine = 0,
    /// All pixels alike.
    Flat = 1,
    /// Gaussian with a standard deviation of an eighth of the tile.
    Gaussian = 2,
}

/// How much time to spend on accuracy; benchmarks/ says what each costs and gives.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_quality {
    /// A first look.
    Draft = 0,
    /// The defaults.
    Normal = 1,
    /// What gives more accuracy, whatever the time.
    Best = 2,
}

/// One of the values that an options field may have, by number from 0.
#[cfg(feature = "torch")]
pub(super) fn choice<T: Copy>(value: i32, values: &[T], parameter: &str, name: &str) -> Result<T, Failure> {
    usize::try_from(value).ok().and_then(|index| values.get(index)).copied().ok_or_else(|| {
        let last = values.len() - 1;
        Failure::invalid(format!("{parameter} is {value}, expected a {name} value (0 to {last})"))
    })
}

/// The direction of an options field.
pub(super) fn direction(value: i32, parameter: &str) -> Result<Direction, Failure> {
    match value {
        0 => Ok(Direction::Inline),
        1 => Ok(Direction::Crossline),
        _ => Err(Failure::invalid(format!(
            "{parameter} is {value}, expected a DIAPIR_DIRECTION value (0 or 1)"
        ))),
    }
}

/// The byte order of an options field; `None` for "auto".
pub(super) fn byte_order(value: i32, parameter: &str) -> Result<Option<ByteOrder>, Failure> {
    match value {
        0 => Ok(None),
        1 => Ok(Some(ByteOrder::Big)),
        2 => Ok(Some(ByteOrder::Little)),
        3 => Ok(Some(ByteOrder::PairSwapped)),
        _ => Err(Failure::invalid(format!(
            "{parameter} is {value}, expected a DIAPIR_BYTE_ORDER value (0 to 3)"
        ))),
    }
}

/// The choice of an options field.
pub(super) fn duplicates(value: i32, parameter: &str) -> Result<Duplicates, Failure> {
    match value {
        0 => Ok(Duplicates::Refuse),
        1 => Ok(Duplicates::First),
        2 => Ok(Duplicates::Last),
        _ => Err(Failure::invalid(format!(
            "{parameter} is {value}, expected a DIAPIR_DUPLICATES value (0 to 2)"
        ))),
    }
}

/// The unit of an options field; `None` for "auto".
pub(super) fn sample_unit(value: i32, parameter: &str) -> Result<Option<SampleUnit>, Failure> {
    match value {
        0 => Ok(None),
        1 => Ok(Some(SampleUnit::Milliseconds)),
        2 => Ok(Some(SampleUnit::Metres)),
        3 => Ok(Some(SampleUnit::Feet)),
        _ => Err(Failure::invalid(format!(
            "{parameter} is {value}, expected a DIAPIR_SAMPLE_UNIT value (0 to 3)"
        ))),
    }
}

impl From<SampleUnit> for diapir_sample_unit {
    fn from(unit: SampleUnit) -> Self {
        match unit {
            SampleUnit::Milliseconds => Self::Milliseconds,
            SampleUnit::Metres => Self::Metres,
            SampleUnit::Feet => Self::Feet,
        }
    }
}
