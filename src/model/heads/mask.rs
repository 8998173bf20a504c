//! The mask head: one logit per pixel.

use tch::Tensor;

use crate::error::Result;
use crate::model::blocks::Conv;
use crate::model::weights::Scope;

#[derive(Debug)]
pub(in crate::model) struct MaskHead(Conv);

impl MaskHead {
    pub(in crate::model) fn new(scope: &Scope<'_>, inputs: i64) -> Result<Self> {
        Ok(Self(Conv::new(scope, inputs, 1, 1)?))
    }

    /// (n, inputs, h, w) to (n, 1, h, w) logits.
    pub(in crate::model) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0.forward(x)
    }
}
