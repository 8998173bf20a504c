//! The figures of a network on the validation tiles.

use tch::{Kind, Tensor};

use super::{Recipe, TileSet, step};
use crate::control::Control;
use crate::error::Result;
use crate::loss::bce;
use crate::metrics::{Confusion, MeanPrecision, iou};
use crate::model::{Network, Pass};
use crate::tensor::to_f32;

/// Means over all validation tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    /// Binary cross-entropy.
    pub bce: f64,
    /// IoU over all pixels together.
    pub iou: f64,
    /// Mean precision over IoU 0.50..0.95.
    pub score: f64,
}

/// Runs the network over all tiles, unchanged, with running statistics.
pub(super) fn validate(
    network: &Network,
    tiles: &TileSet<'_>,
    recipe: &Recipe,
    kind: Kind,
    control: &Control<'_>,
) -> Result<Figures> {
    let _guard = tch::no_grad_guard();
    let indices: Vec<usize> = (0..tiles.len()).collect();
    let mut all = Confusion::default();
    let mut score = MeanPrecision::default();
    let (mut loss, mut done) = (0.0, 0);
    for part in indices.chunks(recipe.batch) {
        control.step("validate", done, tiles.len() as u64)?;
        let batch = step::plain_batch(tiles, part, network)?;
        let logits = step::logits(network, &batch, kind, &Pass::predict())?.mask;
        loss += bce(&logits, &batch.target)?.f_double_value(&[])? * part.len() as f64;
        let predicted = mask(&logits.f_sigmoid()?.f_gt(f64::from(recipe.threshold))?)?;
        let labelled = mask(&batch.target.f_ge(0.5)?)?;
        let valid = mask(&batch.valid)?;
        let pixels = tiles.contract().tile * tiles.contract().tile;
        for ((predicted, labelled), valid) in
            predicted.chunks_exact(pixels).zip(labelled.chunks_exact(pixels)).zip(valid.chunks_exact(pixels))
        {
            let tile = Confusion::of(predicted, labelled, Some(valid))?;
            score.add(&tile);
            all += tile;
        }
        done += part.len() as u64;
    }
    control.step("validate", done, tiles.len() as u64)?;
    let count = tiles.len() as f64;
    Ok(Figures { bce: loss / count, iou: iou(&all), score: score.mean().unwrap_or(0.0) })
}

fn mask(values: &Tensor) -> Result<Vec<bool>> {
    let mut out = vec![0.0; values.numel()];
    to_f32(values, &mut out)?;
    Ok(out.into_iter().map(|value| value > 0.5).collect())
}
