//! Cross-validation.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::labelled_survey::{Data, Surveys, diapir_labelled_survey};
use super::needs::with_torch;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{TrainChoice, diapir_train_options};
use crate::control::Control;

/// What a cross-validation came to. The caller sets struct_size with diapir_cross_validate_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_cross_validate_report {
    /// Size of this struct in bytes; set by diapir_cross_validate_report_init.
    pub struct_size: u32,
    /// Folds trained.
    pub folds: i64,
    /// Mean of the folds' scores (mean precision over IoU thresholds), 0 to 1.
    pub mean_score: f64,
    /// Standard deviation (n - 1) of the folds' scores.
    pub score_deviation: f64,
    /// Mean of the folds' intersection over union.
    pub mean_iou: f64,
    /// Score of all tiles together, each predicted by the training that has not seen it.
    pub score: f64,
    /// The threshold with the best such score.
    pub best_threshold: f64,
    /// That score.
    pub best_score: f64,
    /// Expected calibration error of those probabilities, 0 to 1.
    pub calibration_error: f64,
}

versioned!(diapir_cross_validate_report {
    struct_size,
    folds,
    mean_score,
    score_deviation,
    mean_iou,
    score,
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
pub unsafe extern "C" fn diapir_cross_validate_report_init(
    report: *mut diapir_cross_validate_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Trains once for each of the recipe's folds of the surveys' inlines, into `fold-0`, `fold-1` .. below
/// `folder`, and leaves `cross-validation.json` there. With `options.resume` finished folds are not trained
/// again. `options`, `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the surveys stay the caller's.
/// Fails: as diapir_train.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_cross_validate(
    surveys: *const diapir_labelled_survey,
    count: usize,
    folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_cross_validate_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let data = Data::Surveys(Surveys::borrow(surveys, count, "surveys")?.some("count")?);
        let folder = text::path(folder, "folder")?;
        let choice = TrainChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("training", cross_validate, &data, folder, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_cross_validate", error, body) }
}

/// Cross-validates as diapir_cross_validate does, on the labelled tiles of a folder.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_train_tiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_cross_validate_tiles(
    tileset: *const diapir_tileset,
    folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_cross_validate_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let data = Data::Tiles(handle::borrow(tileset, "tileset")?);
        let folder = text::path(folder, "folder")?;
        let choice = TrainChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("training", cross_validate, &data, folder, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_cross_validate_tiles", error, body) }
}

#[cfg(feature = "torch")]
fn cross_validate(
    data: &Data<'_>,
    folder: &Path,
    choice: &TrainChoice<'_>,
    control: &Control<'_>,
) -> Result<diapir_cross_validate_report, Failure> {
    let options = choice.resolve()?;
    let found = data.with(|data| crate::fit::cross_validate(data, folder, &options, control))?;
    Ok(diapir_cross_validate_report {
        folds: found.folds.len() as i64,
        mean_score: found.mean_score,
        score_deviation: found.score_deviation,
        mean_iou: found.mean_iou,
        score: found.out_of_fold.score,
        best_threshold: found.out_of_fold.best_threshold,
        best_score: found.out_of_fold.best_score,
        calibration_error: found.out_of_fold.calibration_error,
        ..diapir_cross_validate_report::defaults()
    })
}
