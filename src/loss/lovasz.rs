//! The Lovász hinge: a convex surrogate of 1 - IoU
//! (Berman, Triki, Blaschko, "The Lovász-Softmax loss", CVPR 2018, algorithm 1 and section 3).

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::valid::quiet;
use crate::error::Result;

/// What is applied to the sorted margin errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hinge {
    /// `max(0, e)`, as published.
    Relu,
    /// `elu(e) + 1`: pixels beyond the margin keep a small gradient (used by most TGS systems).
    EluPlusOne,
}

/// Mean over the images of the Lovász hinge with errors `1 - logit * (2 y - 1)`, over the labelled pixels (`valid` as for
/// [`super::bce()`]; the others' targets must be 0). An image without salt has the gradient of its highest logit alone.
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn lovasz_hinge(
    logits: &Tensor,
    target: &Tensor,
    hinge: Hinge,
    valid: Option<&Tensor>,
) -> Result<Tensor> {
    let logits = quiet(logits, valid)?.f_flatten(1, -1)?;
    let target = target.f_flatten(1, -1)?;
    let signs = target.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?;
    let errors = logits.f_mul(&signs)?.f_neg()?.f_add_scalar(1.0)?;
    let (sorted, order) = errors.f_sort(1, true)?;
    let gradient = tch::no_grad(|| extension_gradient(&target.f_gather(1, &order, false)?))?;
    let activated = match hinge {
        Hinge::Relu => sorted.f_relu()?,
        Hinge::EluPlusOne => sorted.f_elu()?.f_add_scalar(1.0)?,
    };
    Ok(activated
        .f_mul(&gradient)?
        .f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?
        .f_mean(Kind::Float)?)
}

/// Half the Lovász hinge of salt and half that of its absence, `(L(x, y) + L(-x, 1 - y)) / 2`: both kinds of images without
/// the other count.
///
/// # Errors
/// `Backend` for shapes that differ.
pub fn symmetric_lovasz(
    logits: &Tensor,
    target: &Tensor,
    hinge: Hinge,
    valid: Option<&Tensor>,
) -> Result<Tensor> {
    let absence = target.f_neg()?.f_add_scalar(1.0)?;
    let absence = match valid {
        Some(valid) => absence.f_mul(valid)?,
        None => absence,
    };
    let absent = lovasz_hinge(&logits.f_neg()?, &absence, hinge, valid)?;
    Ok(lovasz_hinge(logits, target, hinge, valid)?.f_add(&absent)?.f_mul_scalar(0.5)?)
}

/// Gradient of the Lovász extension of the Jaccard loss: `J_k - J_(k-1)` along labels sorted by falling error, with
/// `J_k = 1 - (G - cumsum(y)_k) / (G + cumsum(1 - y)_k)`.
fn extension_gradient(sorted_labels: &Tensor) -> Result<Tensor> {
    let total = sorted_labels.f_sum_dim_intlist([1i64].as_slice(), true, Kind::Float)?;
    let intersection = total.f_sub(&sorted_labels.f_cumsum(1, Kind::Float)?)?;
    let union = total.f_add(&sorted_labels.f_neg()?.f_add_scalar(1.0)?.f_cumsum(1, Kind::Float)?)?;
    let jaccard = intersection.f_div(&union)?.f_neg()?.f_add_scalar(1.0)?;
    let pixels = jaccard.size()[1];
    let first = jaccard.f_narrow(1, 0, 1)?;
    let steps = jaccard.f_narrow(1, 1, pixels - 1)?.f_sub(&jaccard.f_narrow(1, 0, pixels - 1)?)?;
    Ok(Tensor::f_cat(&[first, steps], 1)?)
}
