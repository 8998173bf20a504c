//! Weighted means of predictions.

use std::collections::BTreeSet;
use std::path::Path;

use crate::control::Control;
use crate::error::{Result, fail};
use crate::tileset::{PredictionFile, PredictionHead, PredictionWriter};

/// Tiles between two reports of progress.
const STRIDE: usize = 256;

/// Writes the mean of each tile over the files that have it, weighted, in order of id. The probability of any salt is averaged over the
/// files that say it, and left out unless each tile has one.
///
/// # Errors
/// `InvalidArgument` without files, for a weight that is not a number from 0 on, or a tile whose weights are all 0; `Dataset` when the
/// tiles differ in size; `Io`; `Cancelled`.
pub fn blend(files: &[PredictionFile], weights: &[f64], path: &Path, control: &Control<'_>) -> Result<()> {
    let size = check(files, weights)?;
    let ids: BTreeSet<&String> = files.iter().flat_map(|file| &file.head().ids).collect();
    let parts = |id: &str| {
        let with = files.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
        with.filter_map(|(file, &weight)| Some((file, weight, file.number(id)?))).collect::<Vec<_>>()
    };
    let mut says = true;
    for id in &ids {
        let parts = parts(id);
        if parts.is_empty() {
            fail!(InvalidArgument, "tile {id} is only in predictions whose weight is 0");
        }
        says &= parts.iter().any(|(file, _, _)| file.head().any_salt);
    }
    let made_of = files.iter().zip(weights).map(|(file, weight)| {
        format!("{weight} of {} ({})", file.path().display(), file.head().made_of.join("; "))
    });
    let head = PredictionHead {
        ids: ids.iter().map(|id| (*id).clone()).collect(),
        size,
        any_salt: says,
        made_of: made_of.collect(),
        unseen: Vec::new(),
    };
    let mut writer = PredictionWriter::create(path, head)?;
    for (done, id) in ids.iter().enumerate() {
        if done % STRIDE == 0 {
            control.step("blend", done as u64, ids.len() as u64)?;
        }
        let parts = parts(id);
        let mut mean = Mean::default();
        let mut any = Mean::default();
        for &(file, weight, number) in &parts {
            mean.add(&file.probability(number)?, weight);
            if let Some(any_salt) = file.any_salt(number) {
                any.add(&[any_salt], weight);
            }
        }
        writer.add(&mean.value(), any.value().first().copied())?;
    }
    control.step("blend", ids.len() as u64, ids.len() as u64)?;
    writer.finish()
}

/// The tiles' size.
pub(super) fn check(files: &[PredictionFile], weights: &[f64]) -> Result<usize> {
    let Some(first) = files.first() else {
        fail!(InvalidArgument, "there are no predictions to blend");
    };
    if files.len() != weights.len() {
        fail!(InvalidArgument, "{} weights for {} predictions", weights.len(), files.len());
    }
    if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        fail!(InvalidArgument, "a weight is {weight}, expected a number from 0 on");
    }
    let size = first.head().size;
    if let Some(other) = files.iter().find(|file| file.head().size != size) {
        fail!(
            Dataset,
            "the tiles of {} have {size} pixels each way, those of {} {}",
            first.path().display(),
            other.path().display(),
            other.head().size
        );
    }
    Ok(size)
}

/// A weighted mean of planes.
#[derive(Debug, Default)]
pub(super) struct Mean {
    sum: Vec<f64>,
    weight: f64,
}

impl Mean {
    pub(super) fn add(&mut self, values: &[f32], weight: f64) {
        self.sum.resize(values.len(), 0.0);
        self.sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * f64::from(*value));
        self.weight += weight;
    }

    pub(super) fn value(&self) -> Vec<f32> {
        self.sum.iter().map(|sum| (sum / self.weight) as f32).collect()
    }
}
