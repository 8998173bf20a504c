//! The figures of networks on the validation tiles.

use tch::{Kind, Tensor};

use super::batch::{Batch, Changes};
use super::loader::{Reading, each_batch};
use super::{Figures, Recipe, TileSource, step};
use crate::control::Control;
use crate::error::{Result, fail};
use crate::loss::bce;
use crate::metrics::{Calibration, Confusion, MeanPrecision, PrecisionSweep, iou, tile_precision};
use crate::model::{Network, Pass};
use crate::tensor::to_f32;

/// What the validation tiles say.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// The figures over all tiles.
    pub figures: Figures,
    /// Reliability of the probabilities.
    pub calibration: Calibration,
    /// The score at each threshold.
    pub sweep: PrecisionSweep,
    /// Score and IoU of each tile, at the recipe's threshold.
    pub tiles: Vec<[f64; 2]>,
}

/// How a validation is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    pub(super) recipe: &'a Recipe,
    /// The kind that networks compute in.
    pub(super) kind: Kind,
}

/// Runs the networks over all tiles, unchanged, with running statistics; their probabilities are averaged.
pub(super) fn validate(
    networks: &[&Network],
    tiles: &dyn TileSource,
    how: &How<'_>,
    control: &Control<'_>,
) -> Result<Validation> {
    let _guard = tch::no_grad_guard();
    let indices: Vec<usize> = (0..tiles.len()).collect();
    let batches: Vec<&[usize]> = indices.chunks(how.recipe.batch).collect();
    let mut found = Validation::default();
    let mut sums = Sums::default();
    let mut done = 0;
    each_batch(&Reading { source: tiles, batches, changes: Changes::None }, |_, batch, _| {
        control.step("validate", done, tiles.len() as u64)?;
        done += batch.len() as u64;
        found.add(&batch, &probabilities(networks, &batch, how, &mut sums)?, how.recipe.threshold, &mut sums)
    })?;
    control.step("validate", done, tiles.len() as u64)?;
    found.finish(&sums, networks.len())?;
    Ok(found)
}

/// The mean probability (n, 1, tile, tile) of these tiles, float32 on the CPU.
pub(super) fn predict(
    networks: &[&Network],
    tiles: &dyn TileSource,
    indices: &[usize],
    how: &How<'_>,
) -> Result<Vec<f32>> {
    let _guard = tch::no_grad_guard();
    let batch = Batch::read(tiles, indices, Changes::None)?;
    values(&probabilities(networks, &batch, how, &mut Sums::default())?)
}

/// What is added up besides.
#[derive(Default)]
struct Sums {
    entropy: f64,
    pixels: Confusion,
    score: MeanPrecision,
}

fn probabilities(networks: &[&Network], batch: &Batch, how: &How<'_>, sums: &mut Sums) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for network in networks {
        let batch = batch.to(network.weights().device())?;
        let logits = step::logits(network, &batch, how.kind, &Pass::predict())?.mask;
        let entropy = bce(&logits, &batch.target, Some(&batch.valid))?.f_double_value(&[])?;
        sums.entropy += entropy * batch.len() as f64;
        let probability = logits.f_sigmoid()?;
        sum = Some(match sum {
            Some(sum) => sum.f_add(&probability)?,
            None => probability,
        });
    }
    let Some(sum) = sum else {
        fail!(Internal, "a validation without a network");
    };
    Ok(sum.f_div_scalar(networks.len() as f64)?)
}

impl Validation {
    fn add(&mut self, batch: &Batch, probability: &Tensor, threshold: f32, sums: &mut Sums) -> Result<()> {
        let probability = values(probability)?;
        let flags = |tensor: &Tensor| -> Result<Vec<bool>> {
            Ok(values(tensor)?.into_iter().map(|value| value > 0.5).collect())
        };
        let (target, valid) = (flags(&batch.target)?, flags(&batch.valid)?);
        let pixels = probability.len() / batch.len();
        let tiles = probability.chunks_exact(pixels).zip(target.chunks_exact(pixels));
        for ((probability, target), valid) in tiles.zip(valid.chunks_exact(pixels)) {
            let predicted: Vec<bool> = probability.iter().map(|value| *value > threshold).collect();
            let counts = Confusion::of(&predicted, target, Some(valid))?;
            self.tiles.push([tile_precision(&counts), iou(&counts)]);
            sums.pixels += counts;
            sums.score.add(&counts);
            self.sweep.add_tile(probability, target, Some(valid))?;
            self.calibration.add(probability, target, Some(valid))?;
        }
        Ok(())
    }

    fn finish(&mut self, sums: &Sums, networks: usize) -> Result<()> {
        let bce = sums.entropy / (self.tiles.len() * networks) as f64;
        if !bce.is_finite() {
            fail!(Diverged, "the validation's cross-entropy became {bce}: lower the recipe's rate");
        }
        let best = self.sweep.best();
        self.figures = Figures {
            bce,
            iou: iou(&sums.pixels),
            score: sums.score.mean().unwrap_or(0.0),
            best_threshold: best.map_or(0.5, |best| f64::from(best.threshold)),
            best_score: best.map_or(0.0, |best| best.score),
            calibration_error: self.calibration.error().unwrap_or(0.0),
            brier: self.calibration.brier().unwrap_or(0.0),
        };
        Ok(())
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    let mut out = vec![0.0; tensor.numel()];
    to_f32(tensor, &mut out)?;
    Ok(out)
}
