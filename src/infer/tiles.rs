//! Loose tiles to probabilities.

use super::Predictor;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tileset::TileFolder;
use crate::tiling::{Channel, TileDepth, crop, extract_loose};

/// Gives the tiles with these numbers and their probabilities (tile x tile, row-major) to `take`, in order.
///
/// # Errors
/// `ModelMismatch` for tiles of another size than the model's, or without the depth that it needs; `Cancelled`; `OutOfMemory`;
/// what `take` answers.
pub fn predict_tiles(
    predictor: &Predictor,
    folder: &TileFolder,
    numbers: &[usize],
    control: &Control<'_>,
    mut take: impl FnMut(usize, &[f32]) -> Result<()>,
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
    let mut tile = vec![0.0; contract.tile * contract.tile];
    let mut done = 0;
    for part in numbers.chunks(predictor.batch()) {
        control.step("predict", done, numbers.len() as u64)?;
        let mut input = vec![0.0; part.len() * predictor.input_len()];
        for (&number, input) in part.iter().zip(input.chunks_exact_mut(predictor.input_len())) {
            let Some(found) = folder.tiles().get(number) else {
                fail!(OutOfRange, "there is no tile number {number} in {}", folder.path().display());
            };
            if found.depth.is_none() && contract.channels.contains(&Channel::RelativeDepth) {
                fail!(ModelMismatch, "tile {}: the model needs its depth; give depths.csv", found.id);
            }
            let depth = TileDepth::Constant(found.depth.unwrap_or(contract.depth_range[0]));
            let amplitude: Vec<f32> = found.amplitude().collect();
            extract_loose(&amplitude, depth, contract, None, input)?;
        }
        let mut out = vec![0.0; part.len() * padded];
        predictor.forward(&input, &mut out)?;
        for (&number, out) in part.iter().zip(out.chunks_exact(padded)) {
            crop(out, contract, &mut tile)?;
            take(number, &tile)?;
        }
        done += part.len() as u64;
    }
    control.step("predict", done, numbers.len() as u64)
}
