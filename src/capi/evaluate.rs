//! How good a probability volume is, measured against labels.

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::model::{Predictor, diapir_model};
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::tileset::diapir_tileset;
use crate::control::Control;
use crate::predict;

/// Figures of a probability volume. The caller sets struct_size with diapir_evaluation_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_evaluation {
    /// Size of this struct in bytes; set by diapir_evaluation_init.
    pub struct_size: u32,
    /// Intersection over union of salt over all samples at the threshold, 0 to 1.
    pub voxel_iou: f64,
    /// Dice coefficient of salt over all samples at the threshold, 0 to 1.
    pub voxel_dice: f64,
    /// Mean precision over IoU thresholds 0.5 to 0.95, averaged over 101 x 101 tiles, 0 to 1.
    pub tile_score: f64,
    /// The threshold with the largest voxel_iou.
    pub best_threshold: f64,
    /// The voxel_iou at best_threshold.
    pub best_iou: f64,
    /// Samples compared.
    pub samples: i64,
    /// Tiles compared.
    pub tiles: i64,
}

versioned!(diapir_evaluation {
    struct_size,
    voxel_iou,
    voxel_dice,
    tile_score,
    best_threshold,
    best_iou,
    samples,
    tiles,
});

/// Prepares `evaluation` to be filled. `size` is `sizeof *evaluation`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluation_init(
    evaluation: *mut diapir_evaluation,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(evaluation, size) }
}

/// Compares a probability volume with labels (0.5 or more is salt) on the same grid, over the traces that are live in both.
/// Samples above `threshold` (0 to 1) count as salt. `callbacks` may be NULL.
///
/// Thread: any, concurrently on the same surveys; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: GEOMETRY when the grids differ, INVALID_ARGUMENT, NULL_ARGUMENT, IO, TRUNCATED, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate(
    probability: *const diapir_survey,
    label: *const diapir_survey,
    threshold: f32,
    callbacks: *const diapir_callbacks,
    evaluation: *mut diapir_evaluation,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let probability = handle::borrow(probability, "probability")?;
        let label = handle::borrow(label, "label")?;
        let place = Place::required(evaluation, "evaluation")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let found = predict::evaluate(&probability.volume, &label.volume, threshold, &control)?;
        place.fill(diapir_evaluation {
            voxel_iou: found.voxel_iou,
            voxel_dice: found.voxel_dice,
            tile_score: found.tile_score,
            best_threshold: found.best_threshold,
            best_iou: found.best_iou,
            samples: found.samples as i64,
            tiles: found.tiles as i64,
            ..diapir_evaluation::defaults()
        });
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_evaluate", error, body) }
}

/// Figures of a model on labelled tiles. The caller sets struct_size with diapir_tile_evaluation_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_tile_evaluation {
    /// Size of this struct in bytes; set by diapir_tile_evaluation_init.
    pub struct_size: u32,
    /// Tiles compared.
    pub tiles: i64,
    /// Mean precision over IoU thresholds 0.5 to 0.95, mean over the tiles, 0 to 1.
    pub score: f64,
    /// Intersection over union over all pixels together, 0 to 1.
    pub iou: f64,
    /// Mean binary cross-entropy.
    pub cross_entropy: f64,
    /// The threshold with the best score.
    pub best_threshold: f64,
    /// That score: chosen on these tiles, so a little too good.
    pub best_score: f64,
    /// Expected calibration error of the probabilities, 0 to 1.
    pub calibration_error: f64,
    /// Dice coefficient of salt over all pixels together, 0 to 1.
    pub dice: f64,
    /// Mean of the IoU of salt and of what is no salt, each over all pixels together, 0 to 1.
    pub two_class_iou: f64,
}

versioned!(diapir_tile_evaluation {
    struct_size,
    tiles,
    score,
    iou,
    cross_entropy,
    best_threshold,
    best_score,
    calibration_error,
    dice,
    two_class_iou,
});

/// Prepares `evaluation` to be filled. `size` is `sizeof *evaluation`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tile_evaluation_init(
    evaluation: *mut diapir_tile_evaluation,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(evaluation, size) }
}

/// Predicts all tiles that have a mask and compares. Pixels above `threshold` count as salt; a negative one is the model's own.
/// `callbacks` may be NULL.
///
/// Thread: any, concurrently on the same model and tileset; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: DATASET for tiles that cannot be used or without masks, MODEL_MISMATCH, INVALID_ARGUMENT, NULL_ARGUMENT, OUT_OF_MEMORY,
/// BACKEND, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate_tiles(
    model: *const diapir_model,
    tileset: *const diapir_tileset,
    threshold: f32,
    callbacks: *const diapir_callbacks,
    evaluation: *mut diapir_tile_evaluation,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let tileset = handle::borrow(tileset, "tileset")?;
        if threshold.is_nan() || threshold > 1.0 {
            return Err(Failure::invalid(format!("threshold is {threshold}, expected at most 1")));
        }
        let place = Place::required(evaluation, "evaluation")?;
        let mut listener = HostListener::new(callbacks)?;
        place.fill(tiles(&model.predictor, &tileset, threshold, &Control::new(&mut listener))?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_evaluate_tiles", error, body) }
}

#[cfg(feature = "torch")]
fn tiles(
    predictor: &Predictor,
    tileset: &diapir_tileset,
    threshold: f32,
    control: &Control<'_>,
) -> Result<diapir_tile_evaluation, Failure> {
    let threshold = Some(threshold).filter(|threshold| *threshold >= 0.0);
    let (found, tiles) = crate::systems::evaluate_tiles(predictor, &tileset.folder, threshold, control)?;
    Ok(diapir_tile_evaluation {
        tiles: tiles as i64,
        score: found.score,
        iou: found.iou,
        cross_entropy: found.bce,
        best_threshold: found.best_threshold,
        best_score: found.best_score,
        calibration_error: found.calibration_error,
        dice: found.dice,
        two_class_iou: found.two_class_iou,
        ..diapir_tile_evaluation::defaults()
    })
}

#[cfg(not(feature = "torch"))]
fn tiles(
    predictor: &Predictor,
    _: &diapir_tileset,
    _: f32,
    _: &Control<'_>,
) -> Result<diapir_tile_evaluation, Failure> {
    match *predictor {}
}
