//! Pixels without a label: dead traces, outside the survey, marked as unknown.

use tch::{Kind, Tensor};

use crate::error::Result;

/// Logit given to them in losses that are no mean over pixels: held against 0 it adds nothing and has no gradient.
const QUIET: f64 = -20.0;

/// The mean over the labelled pixels; 0 when there is none.
pub(super) fn mean(values: &Tensor, valid: Option<&Tensor>) -> Result<Tensor> {
    let Some(valid) = valid else {
        return Ok(values.f_mean(Kind::Float)?);
    };
    let valid = valid.f_to_kind(Kind::Float)?;
    let count = valid.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
    Ok(values.f_mul(&valid)?.f_sum(Kind::Float)?.f_div(&count)?)
}

/// The logits with those of unlabelled pixels out of the way.
pub(super) fn quiet(logits: &Tensor, valid: Option<&Tensor>) -> Result<Tensor> {
    Ok(match valid {
        Some(valid) => logits.f_masked_fill(&valid.f_logical_not()?, QUIET)?,
        None => logits.shallow_clone(),
    })
}
