//! Binary cross-entropy.

use tch::{Reduction, Tensor};

use super::valid::mean;
use crate::error::Result;

/// Mean over the labelled pixels of `-(y log p + (1 - y) log(1 - p))`, p the sigmoid of the logits, computed from the
/// logits without overflow. `valid` is 1 where a pixel has a label and 0 elsewhere; `None`: all have.
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn bce(logits: &Tensor, target: &Tensor, valid: Option<&Tensor>) -> Result<Tensor> {
    if valid.is_none() {
        return Ok(logits.f_binary_cross_entropy_with_logits::<&Tensor>(
            target,
            None,
            None,
            Reduction::Mean,
        )?);
    }
    mean(&entropy(logits, target)?, valid)
}

/// The cross-entropy of each pixel.
pub(super) fn entropy(logits: &Tensor, target: &Tensor) -> Result<Tensor> {
    Ok(logits.f_binary_cross_entropy_with_logits::<&Tensor>(target, None, None, Reduction::None)?)
}
