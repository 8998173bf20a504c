//! Cross-validation: as many trainings as there are folds.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::options::{self, Place, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{Choice, Pair, diapir_labelled_survey, diapir_train_options, pairs, some};
use crate::control::Control;
#[cfg(feature = "torch")]
use {
    super::options::Versioned as _,
    super::train::sources,
    crate::fit::{self, LabelledData},
};

/// What a cross-validation came to. The caller sets struct_size with diapir_cross_validation_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_cross_validation {
    /// Size of this struct in bytes; set by diapir_cross_validation_init.
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

versioned!(diapir_cross_validation {
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

/// Prepares `result` to be filled. `size` is `sizeof *result`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_cross_validation_init(
    result: *mut diapir_cross_validation,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(result, size) }
}

/// Trains once for each of the recipe's folds of the surveys' inlines, into `fold-0`, `fold-1` .. below `folder`, and leaves
/// `cross-validation.json` there. With `options.resume` finished folds are not trained again. `options`, `callbacks` and
/// `result` may be NULL.
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
    result: *mut diapir_cross_validation,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let surveys = pairs(surveys, count, "surveys")?;
        some(&surveys, "count")?;
        let folder = text::path(folder, "folder")?;
        let choice = Choice::read(options)?;
        let place = Place::optional(result, "result")?;
        let mut listener = HostListener::new(callbacks)?;
        place.fill(cross_validate(Data::Surveys(&surveys), folder, &choice, &Control::new(&mut listener))?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_cross_validate", error, body) }
}

/// The same for the labelled tiles of a folder.
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
    result: *mut diapir_cross_validation,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        let folder = text::path(folder, "folder")?;
        let choice = Choice::read(options)?;
        let place = Place::optional(result, "result")?;
        let mut listener = HostListener::new(callbacks)?;
        place.fill(cross_validate(Data::Tiles(&tileset), folder, &choice, &Control::new(&mut listener))?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_cross_validate_tiles", error, body) }
}

/// What is learnt from.
#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "read by the build with torch"))]
pub(super) enum Data<'a, 'b> {
    Surveys(&'a [Pair<'b>]),
    Tiles(&'a diapir_tileset),
}

#[cfg(feature = "torch")]
impl Data<'_, '_> {
    /// Does `work` with it in Rust's terms.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(LabelledData<'_>) -> crate::error::Result<T>,
    ) -> crate::error::Result<T> {
        match self {
            Data::Surveys(pairs) => work(LabelledData::Surveys(&sources(pairs))),
            Data::Tiles(tileset) => work(LabelledData::Tiles(&tileset.folder)),
        }
    }
}

#[cfg(feature = "torch")]
fn cross_validate(
    data: Data<'_, '_>,
    folder: &Path,
    choice: &Choice<'_>,
    control: &Control<'_>,
) -> Result<diapir_cross_validation, Failure> {
    let options = choice.resolve()?;
    let found = data.with(|data| fit::cross_validate(data, folder, &options, control))?;
    Ok(diapir_cross_validation {
        folds: found.folds.len() as i64,
        mean_score: found.mean_score,
        score_deviation: found.score_deviation,
        mean_iou: found.mean_iou,
        score: found.out_of_fold.score,
        best_threshold: found.out_of_fold.best_threshold,
        best_score: found.out_of_fold.best_score,
        calibration_error: found.out_of_fold.calibration_error,
        ..diapir_cross_validation::defaults()
    })
}

#[cfg(not(feature = "torch"))]
fn cross_validate(
    _: Data<'_, '_>,
    _: &Path,
    _: &Choice<'_>,
    _: &Control<'_>,
) -> Result<diapir_cross_validation, Failure> {
    Err(Failure::lacks("torch", "training"))
}
