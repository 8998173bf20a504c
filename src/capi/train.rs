//! Trainings of one network.

use std::ffi::{CStr, c_char};
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle::{self, InUse};
use super::labelled_survey::{Surveys, diapir_labelled_survey};
use super::needs::with_torch;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use crate::control::Control;
#[cfg(feature = "torch")]
use {
    crate::fit::{self, FitOptions, FitReport, PseudoSource},
    crate::recipe::SystemRecipe,
};

/// The recipe of a caller that names none: the built-in `diapir-fast`.
const DEFAULT_RECIPE: &CStr = {
    let text = concat!(include_str!("../../recipes/diapir-fast.toml"), "\0");
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
};

/// How to train. Filled by diapir_train_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_train_options {
    /// Size of this struct in bytes; set by diapir_train_options_init.
    pub struct_size: u32,
    /// The recipe as TOML text (see diapir_recipe_text); by default the built-in "diapir-fast".
    pub recipe: *const c_char,
    /// As in diapir_model_options.
    pub device: *const c_char,
    /// As in diapir_model_options.
    pub precision: *const c_char,
    /// 1: go on from the checkpoint in the run folder; 0: start anew.
    pub resume: i32,
    /// A model file, such as diapir_weights_import makes, whose weights a new training starts from; NULL:
    /// from random ones.
    pub initial_model: *const c_char,
    /// A folder of diapir_predict_tiles whose confident predictions are trained on too (the recipe's [pseudo]
    /// says which), by networks that have not seen the fold's validation tiles; for trainings on tilesets.
    /// NULL: none.
    pub pseudo_predictions: *const c_char,
    /// The tiles that were predicted there; needed with pseudo_predictions. Groups say which of them are
    /// neighbours of validation tiles, which are left out; without groups the recipe must say
    /// pseudo.without_groups.
    pub pseudo_tiles: *const diapir_tileset,
}

versioned!(
    diapir_train_options {
        struct_size,
        recipe,
        device,
        precision,
        resume,
        initial_model,
        pseudo_predictions,
        pseudo_tiles,
    },
    recipe: DEFAULT_RECIPE.as_ptr(),
    device: text::AUTO.as_ptr(),
    precision: text::AUTO.as_ptr()
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_train_options_init(
    options: *mut diapir_train_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What a training came to. The caller sets struct_size with diapir_train_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_train_report {
    /// Size of this struct in bytes; set by diapir_train_report_init.
    pub struct_size: u32,
    /// Epochs done, those before a resume included.
    pub epochs: i64,
    /// Optimisation steps done.
    pub steps: i64,
    /// Training tiles.
    pub tiles: i64,
    /// Validation tiles.
    pub validation_tiles: i64,
    /// Mean training loss of the last epoch.
    pub loss: f64,
    /// Intersection over union of the model kept, over all validation samples, 0 to 1.
    pub validation_iou: f64,
    /// Mean precision over IoU thresholds of the model kept, over validation tiles, 0 to 1.
    pub validation_score: f64,
    /// Wall-clock seconds of this call.
    pub seconds: f64,
    /// The threshold with the best score on the validation tiles.
    pub best_threshold: f64,
    /// That score.
    pub best_score: f64,
    /// Expected calibration error of the probabilities, 0 to 1.
    pub calibration_error: f64,
}

versioned!(diapir_train_report {
    struct_size,
    epochs,
    steps,
    tiles,
    validation_tiles,
    loss,
    validation_iou,
    validation_score,
    seconds,
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
pub unsafe extern "C" fn diapir_train_report_init(
    report: *mut diapir_train_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Trains a network. Writes `model.safetensors`, `report.html`, `history.jsonl` and a checkpoint into
/// `run_folder`, which is made if needed. Without training surveys (NULL, 0) the recipe's random sections are
/// drawn and learnt from. Without validation surveys (NULL, 0) a block of inlines of each training survey, or
/// other random sections, are kept back, with a guard band. `options`, `callbacks` and `report` may be NULL.
/// A cancelled training can be resumed.
///
/// Thread: any, concurrently with different run folders; callbacks come on the calling thread.
/// Owns: nothing; the surveys stay the caller's.
/// Fails: DATASET, GEOMETRY, DIVERGED, IO, OUT_OF_MEMORY, DEVICE_UNAVAILABLE, BACKEND, CANCELLED, POISONED,
/// INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_train(
    training: *const diapir_labelled_survey,
    training_count: usize,
    validation: *const diapir_labelled_survey,
    validation_count: usize,
    run_folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_train_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let training = Surveys::borrow(training, training_count, "training")?;
        let validation = Surveys::borrow(validation, validation_count, "validation")?;
        let run_folder = text::path(run_folder, "run_folder")?;
        let choice = TrainChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("training", fit, &training, &validation, run_folder, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_train", error, body) }
}

/// Trains a network on the labelled tiles of a folder; the recipe's `folds` say which are kept back for
/// validation. Otherwise as diapir_train.
///
/// Thread: any, concurrently with different run folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_train; DATASET for tiles that cannot be used or do not fit the recipe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_train_tiles(
    tileset: *const diapir_tileset,
    run_folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_train_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        let run_folder = text::path(run_folder, "run_folder")?;
        let choice = TrainChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("training", fit_tiles, &tileset, run_folder, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_train_tiles", error, body) }
}

/// What the caller chose, in Rust's terms.
pub(super) struct TrainChoice<'a> {
    recipe: &'a str,
    device: &'a str,
    precision: &'a str,
    resume: bool,
    initial: Option<&'a Path>,
    pseudo: Option<Pseudo<'a>>,
}

/// Predictions to learn from, and the tiles that were predicted.
struct Pseudo<'a> {
    predictions: &'a Path,
    tiles: InUse<'a, diapir_tileset>,
}

impl TrainChoice<'_> {
    /// The caller's struct over the defaults.
    ///
    /// # Safety
    /// `options` is NULL or the caller's struct; its texts live during the call.
    pub(super) unsafe fn read(options: *const diapir_train_options) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let options = unsafe { options::read(options, "options") }?;
        // SAFETY: the same contract, for the texts and the handle.
        unsafe {
            let predictions = text::optional_path(options.pseudo_predictions, "options.pseudo_predictions")?;
            let tiles = handle::borrow_optional(options.pseudo_tiles, "options.pseudo_tiles")?;
            let pseudo = match (predictions, tiles) {
                (Some(predictions), Some(tiles)) => Some(Pseudo { predictions, tiles }),
                (None, None) => None,
                _ => {
                    let message = "options.pseudo_predictions and options.pseudo_tiles need each other";
                    return Err(Failure::invalid(message.to_owned()));
                }
            };
            Ok(Self {
                pseudo,
                recipe: text::required(options.recipe, "options.recipe")?,
                device: text::required(options.device, "options.device")?,
                precision: text::required(options.precision, "options.precision")?,
                resume: options.resume != 0,
                initial: text::optional(options.initial_model, "options.initial_model")?.map(Path::new),
            })
        }
    }

    #[cfg(feature = "torch")]
    pub(super) fn resolve(&self) -> Result<FitOptions, Failure> {
        Ok(FitOptions {
            recipe: SystemRecipe::from_toml(self.recipe)?,
            device: self.device.parse()?,
            precision: self.precision.parse()?,
            resume: self.resume,
            initial: self.initial.map(Path::to_owned),
            pseudo: self.pseudo.as_ref().map(|pseudo| PseudoSource {
                predictions: pseudo.predictions.to_owned(),
                tiles: std::sync::Arc::clone(&pseudo.tiles.folder),
            }),
        })
    }
}

#[cfg(feature = "torch")]
fn fit(
    training: &Surveys<'_>,
    validation: &Surveys<'_>,
    run_folder: &Path,
    choice: &TrainChoice<'_>,
    control: &Control<'_>,
) -> Result<diapir_train_report, Failure> {
    let options = choice.resolve()?;
    let report = fit::fit_surveys(&training.sources(), &validation.sources(), run_folder, &options, control)?;
    Ok((&report).into())
}

#[cfg(feature = "torch")]
fn fit_tiles(
    tileset: &diapir_tileset,
    run_folder: &Path,
    choice: &TrainChoice<'_>,
    control: &Control<'_>,
) -> Result<diapir_train_report, Failure> {
    let report = fit::fit_tiles(&tileset.folder, run_folder, &choice.resolve()?, control)?;
    Ok((&report).into())
}

#[cfg(feature = "torch")]
impl From<&FitReport> for diapir_train_report {
    fn from(report: &FitReport) -> Self {
        Self {
            epochs: report.epochs as i64,
            steps: report.steps as i64,
            tiles: report.tiles as i64,
            validation_tiles: report.validation_tiles as i64,
            loss: report.loss,
            validation_iou: report.validation_iou,
            validation_score: report.validation_score,
            seconds: report.seconds,
            best_threshold: report.best_threshold,
            best_score: report.best_score,
            calibration_error: report.calibration_error,
            ..Self::defaults()
        }
    }
}
