//! Loose tiles to probabilities.

use std::sync::Arc;

use rayon::prelude::*;

use super::Predictor;
use super::predictor::{Outputs, Passage};
use super::report::Stopwatches;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tileset::TileFolder;
use crate::tiling::{Channel, InputContract, TileDepth, crop, extract_loose};

/// What a network says of a tile.
#[derive(Debug, Clone, Copy)]
pub struct TilePrediction<'a> {
    /// The tile's number in its folder.
    pub number: usize,
    /// Salt probability of its pixels, 0..=1, row-major.
    pub probability: &'a [f32],
    /// Probability that it has any, if the network has a classifier.
    pub any_salt: Option<f32>,
}

/// Predicts the tiles with these numbers, in order; with `flip` each is averaged with its mirrored mirror image.
///
/// # Errors
/// `ModelMismatch` for tiles of another size than the model's, or without the depth that it needs; `Cancelled`; `OutOfMemory`;
/// what `take` answers.
pub fn predict_tiles(
    predictor: &Predictor,
    folder: &TileFolder,
    numbers: &[usize],
    flip: bool,
    control: &Control<'_>,
    mut take: impl FnMut(TilePrediction<'_>) -> Result<()>,
) -> Result<()> {
    let contract = &predictor.model().contract;
    if folder.size() != contract.tile {
        fail!(
            ModelMismatch,
            "{}: the tiles have {size} x {size} pixels, the model was trained on {trained} x {trained}",
            folder.path().display(),
            size = folder.size(),
            trained = contract.tile
        );
    }
    let padded = contract.padded * contract.padded;
    let size = contract.padded.into();
    let len = predictor.input_len(size);
    let watches = Stopwatches::default();
    let mut tile = vec![0.0; contract.tile * contract.tile];
    let mut done = 0;
    for part in numbers.chunks(predictor.batch()) {
        control.step("predict", done, numbers.len() as u64)?;
        let mut input = vec![0.0; part.len() * len];
        let made = part.par_iter().zip(input.par_chunks_exact_mut(len));
        made.try_for_each(|(&number, input)| make_input(folder, number, contract, input))?;
        let mut out = vec![0.0; part.len() * padded];
        let mut any_salt = vec![0.0; if predictor.classifies() { part.len() } else { 0 }];
        let classes = predictor.classifies().then_some(&mut *any_salt);
        let plain = Passage::plain(0, Arc::new(input), part.len(), size);
        predictor.forward(&plain, &mut Outputs { mask: &mut out, any_salt: classes }, &watches)?;
        if flip {
            let mut mirrored = (vec![0.0; out.len()], vec![0.0; any_salt.len()]);
            let classes = predictor.classifies().then_some(&mut *mirrored.1);
            let outputs = &mut Outputs { mask: &mut mirrored.0, any_salt: classes };
            predictor.forward(&Passage { mirrored: true, ..plain.clone() }, outputs, &watches)?;
            average(&mut out, &mirrored.0);
            average(&mut any_salt, &mirrored.1);
        }
        for (turn, (&number, out)) in part.iter().zip(out.chunks_exact(padded)).enumerate() {
            crop(out, contract, &mut tile)?;
            take(TilePrediction { number, probability: &tile, any_salt: any_salt.get(turn).copied() })?;
        }
        done += part.len() as u64;
    }
    control.step("predict", done, numbers.len() as u64)
}

/// What the network takes of a tile.
fn make_input(folder: &TileFolder, number: usize, contract: &InputContract, input: &mut [f32]) -> Result<()> {
    let Some(found) = folder.tiles().get(number) else {
        fail!(OutOfRange, "there is no tile number {number} in {}", folder.path().display());
    };
    if found.depth.is_none() && contract.channels.contains(&Channel::RelativeDepth) {
        fail!(ModelMismatch, "tile {}: the model needs its depth; give depths.csv", found.id);
    }
    let depth = TileDepth::Constant(found.depth.unwrap_or(contract.depth_range[0]));
    let amplitude: Vec<f32> = found.amplitude().collect();
    extract_loose(&amplitude, depth, contract, None, input)
}

/// The mean of both, in the first.
fn average(these: &mut [f32], others: &[f32]) {
    these.iter_mut().zip(others).for_each(|(this, other)| *this = 0.5 * (*this + other));
}
