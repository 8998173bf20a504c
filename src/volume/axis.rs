//! One regular axis of a survey: line numbers, or sample times and depths.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// Regularly numbered lines: `first, first + step, ...`, `count` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineAxis {
    /// Number of the first line.
    pub first: i32,
    /// Difference of neighbouring line numbers; never 0, at least 1 after a scan.
    pub step: i32,
    /// How many lines.
    pub count: usize,
}

impl LineAxis {
    /// The number of the line with this index; saturates at the limits of `i32`.
    pub fn number(&self, index: usize) -> i32 {
        let number = i64::from(self.first) + i64::from(self.step) * index as i64;
        number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }

    /// The index of the line with this number, if the axis has it.
    pub fn index(&self, number: i32) -> Option<usize> {
        let offset = i64::from(number) - i64::from(self.first);
        let step = i64::from(self.step);
        if step == 0 || offset % step != 0 {
            return None;
        }
        usize::try_from(offset / step).ok().filter(|&index| index < self.count)
    }

    /// The number of the last line.
    pub fn last(&self) -> i32 {
        self.number(self.count.saturating_sub(1))
    }
}

/// What the vertical axis measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleUnit {
    /// Two-way time in milliseconds.
    Milliseconds,
    /// Depth in metres.
    Metres,
    /// Depth in feet.
    Feet,
}

impl SampleUnit {
    /// The unit's sign: "ms", "m" or "ft".
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Metres => "m",
            Self::Feet => "ft",
        }
    }
}

/// The vertical axis: `first + k * step`, in `unit`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleAxis {
    /// Time or depth of the first sample (the delay recording time), in `unit`.
    pub first: f64,
    /// Sample interval in `unit`; greater than 0.
    pub step: f64,
    /// Samples per trace.
    pub count: usize,
    /// What `first` and `step` measure.
    pub unit: SampleUnit,
}

impl SampleAxis {
    /// A checked axis.
    ///
    /// # Errors
    /// `InvalidArgument` when the interval is not a positive number or there is no sample.
    pub fn new(first: f64, step: f64, count: usize, unit: SampleUnit) -> Result<Self> {
        if !(step.is_finite() && step > 0.0 && first.is_finite()) {
            fail!(InvalidArgument, "a sample axis needs a positive interval, not {step} from {first}");
        }
        if count == 0 {
            fail!(InvalidArgument, "a sample axis needs at least one sample");
        }
        Ok(Self { first, step, count, unit })
    }

    /// Time or depth of sample `index`, in `unit`.
    pub fn value(&self, index: usize) -> f64 {
        self.first + self.step * index as f64
    }
}
