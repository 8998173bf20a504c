//! How good a probability volume is.

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::guard::guard;
use super::handle;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::survey::diapir_survey;
use crate::control::Control;
use crate::predict;

/// Figures of a probability volume. The caller sets struct_size with diapir_evaluate_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_evaluate_report {
    /// Size of this struct in bytes; set by diapir_evaluate_report_init.
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

versioned!(diapir_evaluate_report {
    struct_size,
    voxel_iou,
    voxel_dice,
    tile_score,
    best_threshold,
    best_iou,
    samples,
    tiles,
});

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate_report_init(
    report: *mut diapir_evaluate_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Compares a probability volume with labels (0.5 or more is salt) on the same grid, over the traces that are
/// live in both. Samples above `threshold` (0 to 1) count as salt. `callbacks` may be NULL.
///
/// Thread: any, concurrently on the same surveys; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: GEOMETRY when the grids differ, INVALID_ARGUMENT, NULL_ARGUMENT, IO, TRUNCATED, CANCELLED,
/// POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_evaluate(
    probability: *const diapir_survey,
    label: *const diapir_survey,
    threshold: f32,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_evaluate_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let probability = handle::borrow(probability, "probability")?;
        let label = handle::borrow(label, "label")?;
        let place = Place::required(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let found = predict::evaluate(&probability.volume, &label.volume, threshold, &control)?;
        place.fill(diapir_evaluate_report {
            voxel_iou: found.voxel_iou,
            voxel_dice: found.voxel_dice,
            tile_score: found.tile_score,
            best_threshold: found.best_threshold,
            best_iou: found.best_iou,
            samples: found.samples as i64,
            tiles: found.tiles as i64,
            ..diapir_evaluate_report::defaults()
        });
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_evaluate", error, body) }
}
