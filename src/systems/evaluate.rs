//! A model against labelled tiles.

use crate::control::Control;
use crate::error::{Result, fail};
use crate::infer::{Predictor, predict_tiles};
use crate::metrics::{Figures, TileScores};
use crate::tileset::TileFolder;

/// The figures of a model on all tiles that have a mask; `None` is the model's threshold.
///
/// # Errors
/// `Dataset` when no tile has a mask; `ModelMismatch` for tiles that the model cannot take; `Cancelled`; `OutOfMemory`.
pub fn evaluate_tiles(
    predictor: &Predictor,
    folder: &TileFolder,
    threshold: Option<f32>,
    control: &Control<'_>,
) -> Result<(Figures, usize)> {
    folder.check()?;
    let numbers = folder.labelled();
    if numbers.is_empty() {
        fail!(Dataset, "{}: no tile has a mask to compare with", folder.path().display());
    }
    let mut scores = TileScores::new(threshold.unwrap_or(predictor.model().threshold));
    predict_tiles(predictor, folder, &numbers, false, control, |tile| {
        let truth = &folder.tiles()[tile.number];
        scores.add(tile.probability, &truth.salt_flags(), Some(&truth.labelled_flags()))
    })?;
    Ok((scores.figures()?, numbers.len()))
}
