//! A loss as data: a weighted sum.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Hinge, bce, lovasz_hinge};
use crate::error::{Result, fail};

/// Weights of the terms; those that are 0 are not computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossSpec {
    /// Weight of the binary cross-entropy.
    #[serde(default)]
    pub bce: f64,
    /// Weight of the Lovász hinge, per image.
    #[serde(default)]
    pub lovasz: f64,
    /// The form of the Lovász hinge.
    #[serde(default = "elu_plus_one")]
    pub hinge: Hinge,
}

fn elu_plus_one() -> Hinge {
    Hinge::EluPlusOne
}

impl LossSpec {
    /// Refuses negative weights and a sum of nothing.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check(&self) -> Result<()> {
        let weights = [self.bce, self.lovasz];
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0)
            || weights.iter().sum::<f64>() <= 0.0
        {
            fail!(
                InvalidArgument,
                "loss weights bce {} and lovasz {}: expected none negative, one positive",
                self.bce,
                self.lovasz
            );
        }
        Ok(())
    }

    /// The weighted sum, one number that gradients flow from.
    ///
    /// # Errors
    /// `Backend` for shapes that differ; `OutOfMemory`.
    pub fn of(&self, logits: &Tensor, target: &Tensor) -> Result<Tensor> {
        let mut sum = Tensor::f_zeros([], (tch::Kind::Float, logits.device()))?;
        if self.bce > 0.0 {
            sum = sum.f_add(&bce(logits, target)?.f_mul_scalar(self.bce)?)?;
        }
        if self.lovasz > 0.0 {
            sum = sum.f_add(&lovasz_hinge(logits, target, self.hinge)?.f_mul_scalar(self.lovasz)?)?;
        }
        Ok(sum)
    }
}
