//! Counts of pixels by prediction and truth.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// The confusion matrix of a two-class segmentation, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Predicted salt, is salt.
    pub true_positive: u64,
    /// Predicted salt, is none.
    pub false_positive: u64,
    /// Predicted none, is salt.
    pub false_negative: u64,
    /// Predicted none, is none.
    pub true_negative: u64,
}

impl Confusion {
    /// Counts the pixels of two masks of one length; those not `valid` are left out (`None`: all count).
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths differ.
    pub fn of(predicted: &[bool], target: &[bool], valid: Option<&[bool]>) -> Result<Self> {
        same_length(predicted.len(), target.len(), valid)?;
        let mut counts = Self::default();
        for (k, (&predicted, &target)) in predicted.iter().zip(target).enumerate() {
            if valid.is_none_or(|valid| valid[k]) {
                counts.count(predicted, target);
            }
        }
        Ok(counts)
    }

    /// Counts one pixel.
    pub fn count(&mut self, predicted: bool, target: bool) {
        match (predicted, target) {
            (true, true) => self.true_positive += 1,
            (true, false) => self.false_positive += 1,
            (false, true) => self.false_negative += 1,
            (false, false) => self.true_negative += 1,
        }
    }

    /// Pixels counted.
    pub fn total(&self) -> u64 {
        self.predicted() + self.false_negative + self.true_negative
    }

    /// Pixels predicted salt.
    pub fn predicted(&self) -> u64 {
        self.true_positive + self.false_positive
    }

    /// Pixels that are salt.
    pub fn target(&self) -> u64 {
        self.true_positive + self.false_negative
    }

    /// Share of pixels predicted right, `(TP + TN) / all`; `None` without pixels.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.true_positive + self.true_negative, self.total())
    }

    /// Share of the predicted salt that is salt, `TP / (TP + FP)`; `None` when no salt was predicted.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.predicted())
    }

    /// Share of the salt that was found, `TP / (TP + FN)`; `None` when there is no salt.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.target())
    }
}

impl AddAssign for Confusion {
    /// Adds the counts of other pixels.
    fn add_assign(&mut self, other: Self) {
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.false_negative += other.false_negative;
        self.true_negative += other.true_negative;
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Refuses masks of different lengths.
pub(super) fn same_length(predicted: usize, target: usize, valid: Option<&[bool]>) -> Result<()> {
    let known = valid.map_or(target, <[bool]>::len);
    if predicted != target || known != target {
        fail!(
            InvalidArgument,
            "{predicted} predicted, {target} target and {known} validity pixels cannot be compared: \
             they must be one per pixel of the same tile or section"
        );
    }
    Ok(())
}
