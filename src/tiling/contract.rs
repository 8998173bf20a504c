//! The input contract: everything that training and prediction must agree on about a tile.
//!
//! It travels in the model file, so that prediction cannot cut, scale or pad otherwise than training did.

use serde::{Deserialize, Serialize};

use super::Scale;
use crate::error::{Result, fail};
use crate::volume::{AmplitudeStats, SampleAxis, SampleUnit};

/// How a tile is enlarged to the size that the network takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Mirrored at the border pixel, which is not repeated (`reflect` of numpy and PyTorch).
    Reflect,
    /// The border pixel repeated.
    Edge,
    /// 0 in every plane: the middle of the range for amplitudes.
    Zero,
    /// Goes on smoothly to `canvas` rows and columns ([`Inpainting`](super::Inpainting)), of which the network takes the middle, or in training any part
    /// (the 14th system of the TGS challenge: tiles of 101, a canvas of 148, inputs of 128).
    Biharmonic {
        /// Rows and columns of the canvas.
        canvas: usize,
    },
    /// Not padded but enlarged, linear in both directions (`keras-resnet50`); what the network gives is brought back likewise.
    Resize,
}

impl Padding {
    /// Whether tiles of other sizes than the contract's can be padded likewise.
    pub fn works_at_any_size(self) -> bool {
        match self {
            Self::Reflect | Self::Edge | Self::Zero => true,
            Self::Biharmonic { .. } | Self::Resize => false,
        }
    }

    /// Rows and columns of the largest canvas that inputs of tiles of `tile` can be cut from; 0 where nothing can be cut.
    pub fn largest_canvas(self, tile: usize) -> usize {
        match self {
            Self::Biharmonic { canvas } => canvas,
            Self::Resize => 0,
            _ => (2 * tile).saturating_sub(1),
        }
    }
}

/// One input plane of the network. Rows are samples, columns are traces.
/// Published systems call very different planes "depth"; they are not interchangeable, so each is spelled out here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Scaled amplitude, -1..1.
    Amplitude,
    /// `(z - zmin) / (zmax - zmin)` with the contract's `depth_range`; for a tile of a trace volume z is each
    /// sample's own time or depth, for a loose TGS tile one z for all (arXiv 1812.01429, section 3).
    RelativeDepth,
    /// Row coordinate within the tile: 0 at the first row, 1 at the last (CoordConv).
    Row,
    /// Column coordinate within the tile: 0 at the first column, 1 at the last (CoordConv).
    Column,
    /// Scaled amplitude times the row coordinate.
    AmplitudeRow,
}

/// Amplitudes to -1..1 by two quantiles of the survey: `low` goes to -1, `high` to 1, what is outside is clipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmplitudeScaling {
    /// Share of samples below the amplitude that becomes -1.
    pub low_share: f64,
    /// Share of samples below the amplitude that becomes 1.
    pub high_share: f64,
}

/// What the network was trained on; every field is checked when a model file is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputContract {
    /// Rows and columns of a tile, in samples and traces.
    pub tile: usize,
    /// Rows and columns that the network takes; at least `tile`.
    pub padded: usize,
    /// How `tile` becomes `padded`.
    pub padding: Padding,
    /// The input planes, in order.
    pub channels: Vec<Channel>,
    /// How amplitudes are scaled, with the predicted survey's own quantiles.
    pub scaling: AmplitudeScaling,
    /// Times or depths that `RelativeDepth` maps to 0 and 1, in `depth_unit`.
    pub depth_range: [f64; 2],
    /// What the vertical axis measured in training.
    pub depth_unit: SampleUnit,
    /// Sample interval of the training data, in `depth_unit`; `None` for loose tiles without one.
    pub sample_interval: Option<f64>,
    /// Distance of neighbouring traces in the training data, in coordinate units, if known.
    pub trace_spacing: Option<f64>,
    /// Sections of up to this many samples and traces are predicted as a whole, longer ones in windows of this size; `None`: in
    /// tiles of the size above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

/// Tiles larger than this are refused: no network of ours needs them and a lying file must not allocate.
const MAX_TILE: usize = 4096;
/// Larger canvases would take gigabytes to solve for.
const MAX_CANVAS: usize = 512;

impl InputContract {
    /// Refuses a contract that cannot be carried out.
    ///
    /// # Errors
    /// `ModelMalformed`, naming the field.
    pub fn check(&self) -> Result<()> {
        if self.tile < 8 || self.tile > MAX_TILE {
            fail!(ModelMalformed, "contract: tile is {}, expected 8..={MAX_TILE}", self.tile);
        }
        if self.padded < self.tile || self.padded >= 2 * self.tile {
            fail!(
                ModelMalformed,
                "contract: padded is {}, expected {}..{}",
                self.padded,
                self.tile,
                2 * self.tile
            );
        }
        if let Padding::Biharmonic { canvas } = self.padding
            && !(self.padded..=MAX_CANVAS).contains(&canvas)
        {
            fail!(ModelMalformed, "contract: canvas is {canvas}, expected {}..={MAX_CANVAS}", self.padded);
        }
        if self.channels.is_empty() || self.channels.len() > 64 {
            fail!(ModelMalformed, "contract: {} channels, expected 1..=64", self.channels.len());
        }
        if let Some(window) = self.window
            && !(self.tile..=MAX_TILE).contains(&window)
        {
            fail!(ModelMalformed, "contract: window is {window}, expected {}..={MAX_TILE}", self.tile);
        }
        if self.window.is_some() && !self.padding.works_at_any_size() {
            fail!(ModelMalformed, "contract: a window with padding {:?}, which has one size", self.padding);
        }
        let AmplitudeScaling { low_share, high_share } = self.scaling;
        if !(0.0 <= low_share && low_share < high_share && high_share <= 1.0) {
            fail!(
                ModelMalformed,
                "contract: scaling shares {low_share}..{high_share}, expected 0 <= low < high <= 1"
            );
        }
        let [shallow, deep] = self.depth_range;
        if !(shallow.is_finite() && deep.is_finite() && shallow < deep) {
            fail!(ModelMalformed, "contract: depth_range {shallow}..{deep}, expected an ascending pair");
        }
        Ok(())
    }

    /// What a section of such samples and traces has to be scaled by to be as in training, as far as that is known.
    pub fn scale(&self, samples: &SampleAxis, trace_spacing: Option<f64>) -> Scale {
        let along = self.trace_spacing.zip(trace_spacing).map(|(trained, here)| here / trained);
        let down = self.sample_interval.filter(|_| samples.unit == self.depth_unit);
        let exact = |scale: f64| if (scale - 1.0).abs() < 1e-3 { 1.0 } else { scale };
        Scale {
            traces: exact(along.unwrap_or(1.0)),
            samples: exact(down.map_or(1.0, |trained| samples.step / trained)),
        }
    }

    /// What differs between this contract and the survey to predict, one sentence per difference.
    pub fn differences(&self, samples: &SampleAxis, trace_spacing: Option<f64>) -> Vec<String> {
        let mut found = Vec::new();
        // Loose tiles have no sample interval; without the depth as a channel their table's unit does not matter either.
        let has_unit = self.sample_interval.is_some() || self.channels.contains(&Channel::RelativeDepth);
        if has_unit && samples.unit != self.depth_unit {
            found.push(format!(
                "the model was trained on {} data, this survey is in {}",
                self.depth_unit.symbol(),
                samples.unit.symbol()
            ));
        } else if let Some(trained) = self.sample_interval
            && (samples.step / trained - 1.0).abs() > 0.05
        {
            let unit = samples.unit.symbol();
            found.push(format!(
                "sample interval is {} {unit}, the model was trained at {trained} {unit}",
                samples.step
            ));
        }
        if let (Some(trained), Some(here)) = (self.trace_spacing, trace_spacing)
            && (here / trained - 1.0).abs() > 0.25
        {
            found.push(format!("trace spacing is {here:.1}, the model was trained at {trained:.1}"));
        }
        found
    }

    /// Rows and columns that a tile has at least: short sections are not mirrored to a whole tile where the model takes windows.
    pub fn least_tile(&self) -> usize {
        if self.window.is_some() { self.tile.div_ceil(4) } else { self.tile }
    }

    /// `(z - zmin) / (zmax - zmin)`, not clipped.
    pub fn relative_depth(&self, z: f64) -> f32 {
        ((z - self.depth_range[0]) / (self.depth_range[1] - self.depth_range[0])) as f32
    }
}

/// The linear map of amplitudes to -1..1 for one survey.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AmplitudeMap {
    centre: f32,
    inverse_half: f32,
}

impl AmplitudeMap {
    /// From a survey's quantiles.
    pub fn new(stats: &AmplitudeStats) -> Self {
        let half = 0.5 * (stats.high - stats.low);
        let inverse_half = if half > 0.0 && (1.0 / half).is_finite() { 1.0 / half } else { 0.0 };
        Self { centre: 0.5 * (stats.low + stats.high), inverse_half }
    }

    /// Scaled and clipped to -1..1; NaN and infinities become 0.
    pub fn apply(&self, amplitude: f32) -> f32 {
        let scaled = (amplitude - self.centre) * self.inverse_half;
        if amplitude.is_finite() { scaled.clamp(-1.0, 1.0) } else { 0.0 }
    }
}
