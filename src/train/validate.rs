//! The figures of networks on the validation tiles.

use tch::{Kind, Tensor};

use super::batch::{Batch, Changes};
use super::loader::{Reading, each_batch};
use super::{TileSource, TrainingSpec, step};
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::TileScores;
use crate::model::{Network, Pass};
use crate::tensor::to_f32;

/// How a validation is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    pub(super) training: &'a TrainingSpec,
    /// The kind that networks compute in.
    pub(super) kind: Kind,
}

/// Runs the networks over all tiles, unchanged, with running statistics; their probabilities are averaged.
pub(super) fn validate(
    networks: &[&Network],
    tiles: &dyn TileSource,
    how: &How<'_>,
    control: &Control<'_>,
) -> Result<TileScores> {
    let _guard = tch::no_grad_guard();
    let indices: Vec<usize> = (0..tiles.len()).collect();
    let batches: Vec<&[usize]> = indices.chunks(how.training.batch).collect();
    let mut scores = TileScores::new(how.training.threshold);
    let mut done = 0;
    each_batch(&Reading { source: tiles, batches, changes: Changes::None }, |_, batch, _| {
        control.step("validate", done, tiles.len() as u64)?;
        done += batch.len() as u64;
        add(&mut scores, &batch, &probabilities(networks, &batch, how)?)
    })?;
    control.step("validate", done, tiles.len() as u64)?;
    Ok(scores)
}

/// The mean probability (n, 1, tile, tile) of these tiles.
pub(super) fn predict(
    networks: &[&Network],
    tiles: &dyn TileSource,
    indices: &[usize],
    how: &How<'_>,
) -> Result<Vec<f32>> {
    let _guard = tch::no_grad_guard();
    probabilities(networks, &Batch::read(tiles, indices, Changes::None)?, how)
}

fn probabilities(networks: &[&Network], batch: &Batch, how: &How<'_>) -> Result<Vec<f32>> {
    let mut sum: Option<Tensor> = None;
    for network in networks {
        let batch = batch.to(network.weights().device())?;
        let probability =
            step::logits(network, &batch, how.kind, how.training.input.padding, &Pass::predict())?
                .mask
                .f_sigmoid()?;
        sum = Some(match sum {
            Some(sum) => sum.f_add(&probability)?,
            None => probability,
        });
    }
    let Some(sum) = sum else {
        fail!(Internal, "a validation without a network");
    };
    values(&sum.f_div_scalar(networks.len() as f64)?)
}

fn add(scores: &mut TileScores, batch: &Batch, probability: &[f32]) -> Result<()> {
    let flags = |tensor: &Tensor| -> Result<Vec<bool>> {
        Ok(values(tensor)?.into_iter().map(|value| value > 0.5).collect())
    };
    let (target, valid) = (flags(&batch.target)?, flags(&batch.valid)?);
    let pixels = probability.len() / batch.len();
    let tiles = probability.chunks_exact(pixels).zip(target.chunks_exact(pixels));
    tiles
        .zip(valid.chunks_exact(pixels))
        .try_for_each(|((probability, target), valid)| scores.add(probability, target, Some(valid)))
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    let mut out = vec![0.0; tensor.numel()];
    to_f32(tensor, &mut out)?;
    Ok(out)
}
