//! A decoder at work.

use tch::Tensor;

use crate::error::{Result, fail};
use crate::model::blocks::size_of;
use crate::model::describe::Field;
use crate::model::encoders::Features;
use crate::model::pass::Pass;
use crate::model::spec::Step;

/// A forward pass on its way up.
pub(super) struct Climb<'a> {
    pub(super) features: &'a Features,
    pub(super) size: [i64; 2],
    pub(super) pass: &'a Pass,
    /// Where it stands, and what a pixel there sees.
    pub(super) x: Tensor,
    pub(super) field: Field,
    pub(super) maps: Features,
}

impl<'a> Climb<'a> {
    pub(super) fn new(features: &'a Features, size: [i64; 2], pass: &'a Pass) -> Result<Self> {
        let (Some(x), Some(&field)) = (features.maps.last(), features.fields.last()) else {
            fail!(Internal, "the decoder was given no features");
        };
        Ok(Self { features, size, pass, x: x.shallow_clone(), field, maps: Features::default() })
    }

    /// The skip of a step with its field.
    pub(super) fn skip(&self, step: Step) -> Option<(&'a Tensor, Field)> {
        let index = step.skip?;
        Some((self.features.maps.get(index)?, *self.features.fields.get(index)?))
    }

    /// Rows and columns after a step: the skip's, or, without one, those of the input divided by the stride, rounded up.
    pub(super) fn target(&self, step: Step) -> Result<[i64; 2]> {
        match self.skip(step) {
            Some((skip, _)) => size_of(skip),
            None => Ok(self.size.map(|length| (length + step.stride - 1) / step.stride)),
        }
    }

    /// Ends a step with the map `x`.
    pub(super) fn arrive(&mut self, x: Tensor, field: Field) -> Result<()> {
        if let Some(recorder) = self.pass.recorder() {
            recorder.stage(format!("decoder.{}", self.maps.maps.len()), &x, field)?;
        }
        self.maps.push(&x, field);
        self.x = x;
        self.field = field;
        Ok(())
    }
}
