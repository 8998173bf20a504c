//! Batches, and one optimisation step on a batch.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use tch::{Kind, Tensor};

use super::{Adam, AugmentSpec, Recipe, TileSet};
use crate::error::{Result, fail};
use crate::loss::{LossSpec, Prediction};
use crate::model::{Logits, Network, Pass};
use crate::tensor::from_f32;

/// Logit given to pixels that have no label (dead traces, outside the survey): with target 0 they add nothing
/// to any loss and have no gradient.
const UNLABELLED_LOGIT: f64 = -20.0;

/// One batch on the network's device.
pub(super) struct Batch {
    /// (n, channels, padded, padded), float32.
    pub input: Tensor,
    /// (n, 1, tile, tile), 0 or 1.
    pub target: Tensor,
    /// (n, 1, tile, tile), whether the pixel has a label.
    pub valid: Tensor,
}

/// How a step is made.
pub(super) struct StepOptions {
    pub loss: LossSpec,
    /// Learning rate, and the encoder's as a share of it.
    pub rate: f64,
    pub encoder_rate: f64,
    /// The kind that the network computes in.
    pub kind: Kind,
}

/// How a training tile is changed before it is used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Change {
    /// Shift along the traces and along the samples.
    pub shift: [isize; 2],
    /// Mirror along the traces.
    pub flip: bool,
}

/// The order of `count` tiles in this epoch.
pub(super) fn order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut stream(seed, epoch, u64::MAX));
    order
}

/// The change of tile `tile` in this epoch: the same whatever the order or the number of threads.
fn change(seed: u64, epoch: usize, tile: usize, augment: &AugmentSpec) -> Change {
    let mut rng = stream(seed, epoch, tile as u64);
    let flip = rng.random_bool(augment.flip.clamp(0.0, 1.0));
    let reach = augment.shift as i64;
    let mut shift = || rng.random_range(-reach..=reach) as isize;
    Change { shift: [shift(), shift()], flip }
}

fn stream(seed: u64, epoch: usize, tile: u64) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(key([seed, epoch as u64, tile, 0]))
}

fn key(parts: [u64; 4]) -> [u8; 32] {
    let mut key = [0u8; 32];
    for (part, value) in key.chunks_exact_mut(8).zip(parts) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    key
}

/// The training pass of this step: the same dropout whenever the training is resumed.
pub(super) fn pass(seed: u64, epoch: usize, step: usize) -> Pass {
    Pass::train(key([seed, epoch as u64, step as u64, 1]))
}

/// Loads tiles without changes, for validation.
pub(super) fn plain_batch(tiles: &TileSet<'_>, indices: &[usize], network: &Network) -> Result<Batch> {
    load(tiles, indices, network, |_| Change::default())
}

/// Loads tiles with this epoch's changes.
pub(super) fn training_batch(
    tiles: &TileSet<'_>,
    indices: &[usize],
    network: &Network,
    recipe: &Recipe,
    epoch: usize,
) -> Result<Batch> {
    load(tiles, indices, network, |tile| change(recipe.seed, epoch, tile, &recipe.augment))
}

fn load(
    tiles: &TileSet<'_>,
    indices: &[usize],
    network: &Network,
    change: impl Fn(usize) -> Change + Sync,
) -> Result<Batch> {
    let contract = tiles.contract();
    let pixels = contract.tile * contract.tile;
    let planes = contract.channels.len() * contract.padded * contract.padded;
    let mut input = vec![0.0; indices.len() * planes];
    let mut target = vec![0.0; indices.len() * pixels];
    let mut valid = vec![0.0; indices.len() * pixels];
    let parts = input.par_chunks_exact_mut(planes).zip(target.par_chunks_exact_mut(pixels));
    let parts = parts.zip(valid.par_chunks_exact_mut(pixels)).zip(indices);
    parts.try_for_each(|(((input, target), valid), &tile)| {
        tiles.load(tile, change(tile), input, target, valid)
    })?;
    let device = network.weights().device();
    let [n, c] = [indices.len(), contract.channels.len()].map(|length| length as i64);
    let [tile, padded] = [contract.tile, contract.padded].map(|length| length as i64);
    Ok(Batch {
        input: from_f32(&input, &[n, c, padded, padded], device)?,
        target: from_f32(&target, &[n, 1, tile, tile], device)?,
        valid: from_f32(&valid, &[n, 1, tile, tile], device)?.f_gt(0.5)?,
    })
}

/// What the network says of a batch: maps cropped to the tile, pixels without a label neutralised.
pub(super) fn logits(network: &Network, batch: &Batch, kind: Kind, pass: &Pass) -> Result<Logits> {
    let Logits { mask, any_salt, stages } = network.forward(&batch.input.f_to_kind(kind)?, pass)?;
    let (tile, padded) = (batch.target.size()[2], mask.size()[2]);
    let before = (padded - tile) / 2;
    let unlabelled = batch.valid.f_logical_not()?;
    let cropped = |map: &Tensor| -> Result<Tensor> {
        let cropped = map.f_narrow(2, before, tile)?.f_narrow(3, before, tile)?;
        Ok(cropped.f_masked_fill(&unlabelled, UNLABELLED_LOGIT)?)
    };
    let stages = stages.iter().map(cropped).collect::<Result<_>>()?;
    Ok(Logits { mask: cropped(&mask)?, any_salt, stages })
}

/// One step; gives the loss.
///
/// # Errors
/// `Diverged` when the loss is not a finite number; nothing has changed then.
pub(super) fn step(
    network: &Network,
    adam: &mut Adam,
    batch: &Batch,
    how: &StepOptions,
    pass: &Pass,
) -> Result<f64> {
    let Logits { mask, any_salt, stages } = logits(network, batch, how.kind, pass)?;
    let prediction = Prediction { mask: &mask, any_salt: any_salt.as_ref(), stages: &stages };
    let value = how.loss.of(&prediction, &batch.target)?;
    let number = value.f_double_value(&[])?;
    if !number.is_finite() {
        fail!(
            Diverged,
            "the training loss became {number}: lower the recipe's rate, or look for absurd amplitudes"
        );
    }
    let weights = network.weights().trainable();
    for (_, weight) in &weights {
        let mut gradient = weight.grad();
        if gradient.defined() {
            let _ = gradient.f_zero_()?;
        }
    }
    value.f_backward()?;
    adam.step(&weights, |name| how.rate * if name.starts_with("encoder.") { how.encoder_rate } else { 1.0 })?;
    Ok(number)
}
