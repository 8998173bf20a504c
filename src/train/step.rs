//! One optimisation step on a batch.

use tch::{Kind, Tensor};

use super::Optimizer;
use super::batch::Batch;
use crate::error::{Result, fail};
use crate::loss::{LossSpec, Prediction, Target};
use crate::model::{Logits, Network, Pass};
use crate::tensor::cut;
use crate::tiling::Padding;

/// How a step is made.
pub(super) struct StepOptions {
    pub(super) loss: LossSpec,
    pub(super) rate: f64,
    /// The kind that the network computes in.
    pub(super) kind: Kind,
    /// How tiles became inputs.
    pub(super) padding: Padding,
    /// Most tiles in one pass; the gradients of several are added up.
    pub(super) pass_tiles: usize,
}

/// What the network says of a batch: maps brought to the size of its labels as `padding` undoes it.
pub(super) fn logits(
    network: &Network,
    batch: &Batch,
    kind: Kind,
    padding: Padding,
    pass: &Pass,
) -> Result<Logits> {
    let Logits { mask, any_salt, stages } = network.forward(&batch.input_as(kind)?, pass)?;
    let (size, padded) = (batch.target.size()[2], mask.size()[2]);
    let before = (padded - size) / 2;
    let cropped = |map: &Tensor| match padding {
        Padding::Resize if size != padded => Ok(map.f_upsample_bilinear2d([size; 2], false, None, None)?),
        _ => cut(map, [before; 2], [size; 2]),
    };
    let stages = stages.iter().map(cropped).collect::<Result<_>>()?;
    Ok(Logits { mask: cropped(&mask)?, any_salt, stages })
}

/// One step; gives the loss. `pass(k)` is the training pass of the batch's k-th part.
///
/// # Errors
/// `Diverged` when the loss is not a finite number; no weight has changed then.
pub(super) fn step(
    network: &Network,
    optimizer: &mut Optimizer,
    batch: &Batch,
    how: &StepOptions,
    pass: impl Fn(usize) -> Pass,
) -> Result<f64> {
    let mut weights = network.weights().trainable();
    weights.retain(|(_, weight)| weight.requires_grad());
    let (mut sum, mut gradients, mut first) = (0.0, Vec::new(), 0);
    while first < batch.len() {
        let count = how.pass_tiles.min(batch.len() - first);
        let part = batch.part(first, count)?;
        let Logits { mask, any_salt, stages } =
            logits(network, &part, how.kind, how.padding, &pass(first / how.pass_tiles))?;
        let prediction = Prediction { mask: &mask, any_salt: any_salt.as_ref(), stages: &stages };
        let target = Target { label: &part.target, valid: Some(&part.valid) };
        let share = count as f64 / batch.len() as f64;
        let value = how.loss.of(&prediction, &target)?.f_mul_scalar(share)?;
        let number = value.f_double_value(&[])?;
        if !number.is_finite() {
            fail!(
                Diverged,
                "the training loss became {number}: lower the recipe's rate, or look for absurd amplitudes"
            );
        }
        gradients = sum_of(gradients, gradients_of(&value, &weights)?)?;
        sum += number;
        first += count;
    }
    optimizer.step(&weights, gradients, how.rate)?;
    Ok(sum)
}

/// The gradient of each weight; not defined where the loss does not depend on it.
fn gradients_of(loss: &Tensor, weights: &[(String, Tensor)]) -> Result<Vec<Tensor>> {
    let weights: Vec<&Tensor> = weights.iter().map(|(_, weight)| weight).collect();
    Ok(Tensor::f_run_backward(&[loss], &weights, false, false)?)
}

/// The gradients of the parts before (none at first) and of this one. Not in place: two gradients may share their memory.
fn sum_of(before: Vec<Tensor>, part: Vec<Tensor>) -> Result<Vec<Tensor>> {
    if before.is_empty() {
        return Ok(part);
    }
    let sums = before.into_iter().zip(part).map(|(before, part)| match (before.defined(), part.defined()) {
        (true, true) => Ok(before.f_add(&part)?),
        (true, false) => Ok(before),
        (false, _) => Ok(part),
    });
    sums.collect()
}
