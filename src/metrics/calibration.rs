//! Whether probabilities mean what they say.

use super::confusion::same_length;
use crate::error::Result;

/// Equal ranges of probability.
const BINS: usize = 20;

/// Counts and sums by range of the predicted probability.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBin {
    /// Pixels.
    pub pixels: u64,
    /// Those that are salt.
    pub salt: u64,
    /// Sum of their probabilities.
    pub probability: f64,
}

/// The reliability of predicted probabilities over many pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    bins: [CalibrationBin; BINS],
    squares: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { bins: [CalibrationBin::default(); BINS], squares: 0.0 }
    }
}

impl Calibration {
    /// Adds pixels; those not `valid` are left out (`None`: all count), and so is NaN.
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths differ.
    pub fn add(&mut self, probabilities: &[f32], target: &[bool], valid: Option<&[bool]>) -> Result<()> {
        same_length(probabilities.len(), target.len(), valid)?;
        for (k, (&probability, &target)) in probabilities.iter().zip(target).enumerate() {
            if probability.is_nan() || valid.is_some_and(|valid| !valid[k]) {
                continue;
            }
            let bin = &mut self.bins[((probability * BINS as f32) as usize).min(BINS - 1)];
            bin.pixels += 1;
            bin.salt += u64::from(target);
            bin.probability += f64::from(probability);
            self.squares += (f64::from(probability) - f64::from(u8::from(target))).powi(2);
        }
        Ok(())
    }

    /// Adds the pixels of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            mine.pixels += theirs.pixels;
            mine.salt += theirs.salt;
            mine.probability += theirs.probability;
        }
        self.squares += other.squares;
    }

    /// The ranges, lowest probability first.
    pub fn bins(&self) -> &[CalibrationBin] {
        &self.bins
    }

    fn pixels(&self) -> f64 {
        self.bins.iter().map(|bin| bin.pixels).sum::<u64>() as f64
    }

    /// Expected calibration error: the mean over pixels of |share of salt - mean probability| of their range
    /// (Naeini, Cooper, Hauskrecht, AAAI 2015), 0..1; `None` without pixels.
    pub fn error(&self) -> Option<f64> {
        let off: f64 = self.bins.iter().map(|bin| (bin.salt as f64 - bin.probability).abs()).sum();
        (self.pixels() > 0.0).then(|| off / self.pixels())
    }

    /// Mean squared difference of probability and truth (Brier, Monthly Weather Review, 1950), 0..1; `None` without pixels.
    pub fn brier(&self) -> Option<f64> {
        (self.pixels() > 0.0).then(|| self.squares / self.pixels())
    }
}
