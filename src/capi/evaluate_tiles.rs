//! How good a model is on labelled tiles.

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::model::{diapir_model, threshold_or_model};
use super::needs::{Predictor, with_torch};
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::tileset::diapir_tileset;
use crate::control::Control;

/// Figures of a model on labelled tiles. The caller sets struct_size with diapir_evaluate_tiles_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_evaluate_tiles_report {
    /// Size of this struct in bytes; set by diapir_evaluate_tiles_report_init.
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
}

versioned!(diapir_evaluate_tiles_report {
    struct_size,
    tiles,
    score,
    iou,
    cross_entropy,
    best_threshold,
    best_score,
    calibration_error,
});

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate_tiles_report_init(
    report: *mut diapir_evaluate_tiles_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Predicts all tiles that have a mask and compares. Pixels above `threshold` (0 to 1, or
/// DIAPIR_THRESHOLD_OF_MODEL) count as salt. `callbacks` may be NULL.
///
/// Thread: any, concurrently on the same model and tileset; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: DATASET for tiles that cannot be used or without masks, MODEL_MISMATCH, INVALID_ARGUMENT,
/// NULL_ARGUMENT, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate_tiles(
    model: *const diapir_model,
    tileset: *const diapir_tileset,
    threshold: f32,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_evaluate_tiles_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let tileset = handle::borrow(tileset, "tileset")?;
        let threshold = threshold_or_model(threshold, "threshold")?;
        let place = Place::required(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let (predictor, control) = (&model.predictor, Control::new(&mut listener));
        place.fill(with_torch!("predicting tiles", evaluate, predictor, &tileset, threshold, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_evaluate_tiles", error, body) }
}

#[cfg(feature = "torch")]
fn evaluate(
    predictor: &Predictor,
    tileset: &diapir_tileset,
    threshold: Option<f32>,
    control: &Control<'_>,
) -> Result<diapir_evaluate_tiles_report, Failure> {
    let (found, tiles) = crate::systems::evaluate_tiles(predictor, &tileset.folder, threshold, control)?;
    Ok(diapir_evaluate_tiles_report {
        tiles: tiles as i64,
        score: found.score,
        iou: found.iou,
        cross_entropy: found.bce,
        best_threshold: found.best_threshold,
        best_score: found.best_score,
        calibration_error: found.calibration_error,
        ..diapir_evaluate_tiles_report::defaults()
    })
}
