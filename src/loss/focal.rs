//! Focal loss (Lin, Goyal, Girshick, He, Dollár, ICCV 2017, eq. 4), without class weights.

use tch::{Kind, Reduction, Tensor};

use crate::error::Result;

/// Mean over all pixels of `-(1 - q)^gamma log q`, q the probability given to the true class, computed from the logits
/// without overflow.
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn focal(logits: &Tensor, target: &Tensor, gamma: f64) -> Result<Tensor> {
    let entropy =
        logits.f_binary_cross_entropy_with_logits::<&Tensor>(target, None, None, Reduction::None)?;
    let missed = entropy.f_neg()?.f_exp()?.f_neg()?.f_add_scalar(1.0)?;
    Ok(missed.f_pow_tensor_scalar(gamma)?.f_mul(&entropy)?.f_mean(Kind::Float)?)
}
