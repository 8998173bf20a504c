//! Focal loss (Lin, Goyal, Girshick, He, Dollár, ICCV 2017, eq. 4), without class weights.

use tch::Tensor;

use super::bce::entropy;
use super::valid::mean;
use crate::error::Result;

/// Mean over the labelled pixels of `-(1 - q)^gamma log q`, q the probability given to the true class, computed from the logits
/// without overflow. `valid` as for [`super::bce`].
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn focal(logits: &Tensor, target: &Tensor, gamma: f64, valid: Option<&Tensor>) -> Result<Tensor> {
    let entropy = entropy(logits, target)?;
    let missed = entropy.f_neg()?.f_exp()?.f_neg()?.f_add_scalar(1.0)?;
    mean(&missed.f_pow_tensor_scalar(gamma)?.f_mul(&entropy)?, valid)
}
