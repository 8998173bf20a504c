//! The caller's arrays for what a prediction finds.

use super::failure::Failure;
use super::memory::Output;

/// Arrays for the probability and, if the caller wants it, the uncertainty.
pub(super) struct Results {
    probability: Output<f32>,
    uncertainty: Option<Output<f32>>,
}

/// Probability and, if it was asked for, uncertainty.
pub(super) struct Values {
    pub(super) probability: Vec<f32>,
    pub(super) uncertainty: Option<Vec<f32>>,
}

impl Results {
    /// Checks that the arrays have the `expected` number of elements; `uncertainty` may be NULL.
    ///
    /// # Safety
    /// Each is NULL or valid for writes of `count` elements until after [`Results::fill`].
    pub(super) unsafe fn new(
        probability: *mut f32,
        uncertainty: *mut f32,
        count: usize,
        expected: usize,
    ) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let output = |array, name| unsafe { Output::new(array, count, expected, name) };
        Ok(Self {
            probability: output(probability, "probability")?,
            uncertainty: match uncertainty.is_null() {
                true => None,
                false => Some(output(uncertainty, "uncertainty")?),
            },
        })
    }

    pub(super) fn has_uncertainty(&self) -> bool {
        self.uncertainty.is_some()
    }

    /// Copies what was found to the caller.
    pub(super) fn fill(self, found: &Values) {
        self.probability.fill(&found.probability);
        if let (Some(output), Some(values)) = (self.uncertainty, &found.uncertainty) {
            output.fill(values);
        }
    }
}
