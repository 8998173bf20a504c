//! Soft Dice (Milletari, Navab, Ahmadi, 3DV 2016).

use tch::{Kind, Tensor};

use super::valid::quiet;
use crate::error::Result;

/// Added to both sides of the fraction, so that an empty image predicted empty has no loss.
const SMOOTH: f64 = 1.0;

/// Mean over the images of `1 - (2 sum(p y) + 1) / (sum(p) + sum(y) + 1)`, p the sigmoid of the logits, sums over the labelled
/// pixels (`valid` as for [`super::bce()`]; the others' targets must be 0).
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn soft_dice(logits: &Tensor, target: &Tensor, valid: Option<&Tensor>) -> Result<Tensor> {
    let probability = quiet(logits, valid)?.f_sigmoid()?.f_flatten(1, -1)?;
    let target = target.f_flatten(1, -1)?;
    let sum = |values: &Tensor| values.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    let both = sum(&probability.f_mul(&target)?)?.f_mul_scalar(2.0)?.f_add_scalar(SMOOTH)?;
    let either = sum(&probability)?.f_add(&sum(&target)?)?.f_add_scalar(SMOOTH)?;
    Ok(both.f_div(&either)?.f_neg()?.f_add_scalar(1.0)?.f_mean(Kind::Float)?)
}
