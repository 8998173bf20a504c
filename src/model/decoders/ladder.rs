//! The steps of a decoder: the numbers of their channels.

use crate::error::{Result, fail};
use crate::model::spec::{NetworkSpec, Step};

/// The steps of a decoder with the channels that they meet.
#[derive(Debug)]
pub(super) struct Ladder {
    /// Channels of the deepest feature.
    pub(super) deepest: i64,
    /// Each step with the channels of its skip, 0 without one.
    pub(super) steps: Vec<(Step, i64)>,
}

impl Ladder {
    pub(super) fn new(spec: &NetworkSpec) -> Result<Self> {
        let features = spec.encoder.features();
        let Some(deepest) = features.last() else {
            fail!(Internal, "the encoder has no feature");
        };
        let skip = |step: Step| (step, step.skip.map_or(0, |index| features[index].channels));
        Ok(Self { deepest: deepest.channels, steps: spec.steps().into_iter().map(skip).collect() })
    }

    /// Steps with the channels that come into each, from what each gives.
    pub(super) fn with_inputs(&self, outputs: &[i64]) -> Vec<(Step, i64, i64)> {
        let inputs = std::iter::once(self.deepest).chain(outputs.iter().copied());
        self.steps.iter().zip(inputs).map(|(&(step, skip), inputs)| (step, skip, inputs)).collect()
    }
}
