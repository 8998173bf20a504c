//! Binary cross-entropy.

use tch::{Reduction, Tensor};

use crate::error::Result;

/// Mean over all pixels of `-(y log p + (1 - y) log(1 - p))`, p the sigmoid of the logits, computed from the
/// logits without overflow.
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn bce(logits: &Tensor, target: &Tensor) -> Result<Tensor> {
    Ok(logits.f_binary_cross_entropy_with_logits::<&Tensor>(target, None, None, Reduction::Mean)?)
}
