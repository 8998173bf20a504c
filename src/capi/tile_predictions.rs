//! Predictions of loose tiles: by a trained system, blended, stacked, measured, turned into masks.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle::{self, InUse};
use super::memory;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{Choice, diapir_train_options};
use crate::control::Control;
use crate::ensemble;
use crate::error::{Error, ErrorKind};
use crate::output::write_file;
use crate::pipeline::{self, FinishOptions, FinishReport};
use crate::postprocess::TileRules;
use crate::tileset::{PredictionFile, TileFolder};

/// How a trained system predicts tiles. Filled by diapir_tile_predict_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_tile_predict_options {
    /// Size of this struct in bytes; set by diapir_tile_predict_options_init.
    pub struct_size: u32,
    /// "auto", "cpu", "cuda", "cuda:1" ..; NULL: auto.
    pub device: *const c_char,
    /// "auto", "float32", "bfloat16" or "float16"; NULL: auto.
    pub precision: *const c_char,
    /// Most tiles per forward pass; 0: 8 on a CPU, 32 on a GPU.
    pub batch: i32,
    /// 1: each tile is averaged with its mirror image; 0: it is not; -1 (the default): as the recipe of the trainings says.
    pub flip: i32,
    /// Which networks of each training: 0 the one that it kept as its model, 1 its snapshots, -1 (the default) as the recipe of the
    /// trainings says.
    pub members: i32,
    /// 1: what an earlier call left in the folder is gone on with; 0: a folder with predictions is refused.
    pub resume: i32,
    /// 1: each tile's probabilities are written as a PNG file of 16 bits too, below probability/ in the folder.
    pub pictures: i32,
}

versioned!(
    diapir_tile_predict_options { struct_size, device, precision, batch, flip, members, resume, pictures },
    flip: -1, members: -1
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tile_predict_options_init(
    options: *mut diapir_tile_predict_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What was predicted. The caller sets struct_size with diapir_tile_predict_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_tile_predict_report {
    /// Size of this struct in bytes; set by diapir_tile_predict_report_init.
    pub struct_size: u32,
    /// Tiles predicted.
    pub tiles: i64,
    /// Those that a training knew, each predicted only by networks that have not seen it.
    pub out_of_fold: i64,
    /// Networks.
    pub models: i64,
}

versioned!(diapir_tile_predict_report { struct_size, tiles, out_of_fold, models });

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tile_predict_report_init(
    report: *mut diapir_tile_predict_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// How predictions become masks. Filled by diapir_finish_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_finish_options {
    /// Size of this struct in bytes; set by diapir_finish_options_init.
    pub struct_size: u32,
    /// The rules as TOML, with the keys of a recipe's table [rules]; NULL: none.
    pub rules: *const c_char,
    /// Probability above which a pixel is salt, 0 to 1. The default is 0.5.
    pub threshold: f64,
    /// The table of mosaics that diapir_mosaic_tiles writes; NULL: none, and rules that need it are refused.
    pub mosaics: *const c_char,
    /// Where the masks go as id,rle_mask (CSV); NULL: nowhere.
    pub submission: *const c_char,
    /// A folder where the masks go as PNG, 255 for salt; NULL: nowhere.
    pub masks: *const c_char,
}

versioned!(
    diapir_finish_options { struct_size, rules, threshold, mosaics, submission, masks },
    threshold: 0.5
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_options_init(
    options: *mut diapir_finish_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What masks were made. The caller sets struct_size with diapir_finish_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_finish_report {
    /// Size of this struct in bytes; set by diapir_finish_report_init.
    pub struct_size: u32,
    /// Masks written.
    pub tiles: i64,
    /// Those without salt.
    pub empty: i64,
    /// Those that a rule of mosaics changed.
    pub by_mosaics: i64,
}

versioned!(diapir_finish_report { struct_size, tiles, empty, by_mosaics });

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_report_init(
    report: *mut diapir_finish_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Trains the recipe's whole system on the labelled tiles of a folder: each of its trainings on all its folds, in `folder` or, where the recipe names
/// them, in folders below; then predicts each tile by the networks that have not seen it (`out-of-fold/predictions.safetensors`) and measures that
/// (`system.json`). With `options.resume` what is finished is not done again. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_train_tiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_train_system(
    tileset: *const diapir_tileset,
    folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        let folder = text::path(folder, "folder")?;
        let choice = Choice::read(options)?;
        let mut listener = HostListener::new(callbacks)?;
        train_system(&tileset.folder, folder, &choice, &Control::new(&mut listener))
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_train_system", error, body) }
}

/// Predicts the tiles of a folder with the networks of a system, or of a cross-validation, below `run`: each tile by the networks that have not been trained
/// on it, averaged; trainings count as the recipe says, or by their numbers of networks. Leaves `predictions.safetensors` in the folder `output`, and each network's own below `members/`. `options`, `callbacks` and
/// `report` may be NULL.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: NOT_FOUND, DATASET when `run` holds no finished trainings, INVALID_ARGUMENT, MODEL_MISMATCH, MODEL_MALFORMED, IO, OUT_OF_MEMORY,
/// DEVICE_UNAVAILABLE, BACKEND, CANCELLED, NULL_ARGUMENT, POISONED; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_tiles(
    run: *const c_char,
    tileset: *const diapir_tileset,
    output: *const c_char,
    options: *const diapir_tile_predict_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_tile_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let run = text::path(run, "run")?;
        let tileset = handle::borrow(tileset, "tileset")?;
        let output = text::path(output, "output")?;
        let given = options::read(options, "options")?;
        let names = [
            text::optional(given.device, "options.device")?.unwrap_or("auto"),
            text::optional(given.precision, "options.precision")?.unwrap_or("auto"),
        ];
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(predict(run, &tileset.folder, output, (&given, names), &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_tiles", error, body) }
}

/// Averages `count` files of predictions, each tile over the files that have it. `weights` has one number from 0 on for each; NULL: equal ones.
/// `callbacks` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when the tiles differ in size, NOT_FOUND, IO, MALFORMED, TRUNCATED, CANCELLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_blend_predictions(
    paths: *const *const c_char,
    weights: *const f64,
    count: usize,
    output: *const c_char,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let files = files(paths, count)?;
        let weights = match weights.is_null() {
            true => vec![1.0; count],
            false => memory::input(weights, count, "weights")?.to_vec(),
        };
        let output = text::path(output, "output")?;
        let mut listener = HostListener::new(callbacks)?;
        Ok(ensemble::blend(&files, &weights, output, &Control::new(&mut listener))?)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_blend_predictions", error, body) }
}

/// Fits weights for diapir_blend_predictions to the masks of the tileset's tiles that all files have: least squares with weights from 0 on whose sum is 1.
/// The predictions must be out of fold. `weights` gets `count` numbers; `report`, if not NULL, names a JSON file for the figures of each file, of
/// the plain mean and of the stack, each tile judged with weights fitted without it and its group. Probabilities above `threshold` count as salt
/// there. `callbacks` may be NULL.
///
/// Thread: any, concurrently; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_blend_predictions; DATASET when fewer than 10 tiles with masks are in all files; POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_stack_predictions(
    paths: *const *const c_char,
    count: usize,
    tileset: *const diapir_tileset,
    threshold: f64,
    report: *const c_char,
    callbacks: *const diapir_callbacks,
    weights: *mut f64,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let files = files(paths, count)?;
        let tileset = handle::borrow(tileset, "tileset")?;
        let report = text::optional_path(report, "report")?;
        let place = memory::Output::new(weights, count, count, "weights")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let found = ensemble::stack(&files, &tileset.folder, share(threshold)?, &control)?;
        if let Some(path) = report {
            write_file(path, text::json(&found)?.as_bytes())?;
        }
        place.fill(&found.weights);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_stack_predictions", error, body) }
}

/// Turns a file of predictions into masks by threshold and rules, and writes those of the tiles that have no mask in any of the `count` tilesets, whose
/// masks the rules of mosaics lean on. `options.submission` or `options.masks` must be given. `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when each predicted tile has a mask already or a tileset does not go with the predictions, NOT_FOUND, IO, MALFORMED, TRUNCATED, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_tiles(
    predictions: *const c_char,
    tilesets: *const *const diapir_tileset,
    count: usize,
    options: *const diapir_finish_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_finish_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let file = PredictionFile::open(text::path(predictions, "predictions")?)?;
        let tilesets = borrowed(tilesets, count)?;
        let folders: Vec<&TileFolder> = tilesets.iter().map(|tileset| &*tileset.folder).collect();
        let options = finish_options(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(finished(&pipeline::finish_tiles(&file, &folders, &options, &control)?));
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_finish_tiles", error, body) }
}

/// Measures predictions, which must be out of fold, on the tiles that have masks in the `count` tilesets, and writes a JSON file: figures, the score when each
/// fifth of the tiles is judged at the threshold best for the others, the score by coverage, what each rule changes by itself, and what the rules of `options`
/// give together. For the rules of mosaics a fifth of the labels is hidden in turn; predicted tiles without masks are neighbours there. `options` (whose outputs
/// are passed over) and `callbacks` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when no predicted tile has a mask or a tileset does not go with the predictions, NOT_FOUND, IO, MALFORMED,
/// TRUNCATED, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_report_tiles(
    predictions: *const c_char,
    tilesets: *const *const diapir_tileset,
    count: usize,
    options: *const diapir_finish_options,
    report: *const c_char,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let file = PredictionFile::open(text::path(predictions, "predictions")?)?;
        let tilesets = borrowed(tilesets, count)?;
        let folders: Vec<&TileFolder> = tilesets.iter().map(|tileset| &*tileset.folder).collect();
        let FinishOptions { rules, threshold, mosaics, .. } = finish_options(options)?;
        let report = text::path(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let how = (&rules, threshold);
        let found = pipeline::report_tiles(&file, &folders, how, mosaics.as_deref(), &control)?;
        Ok(write_file(report, text::json(&found)?.as_bytes())?)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_report_tiles", error, body) }
}

/// # Safety
/// `tilesets` is NULL or holds `count` handles.
unsafe fn borrowed<'a>(
    tilesets: *const *const diapir_tileset,
    count: usize,
) -> Result<Vec<InUse<'a, diapir_tileset>>, Failure> {
    // SAFETY: as above.
    let tilesets = unsafe { memory::input(tilesets, count, "tilesets") }?;
    // SAFETY: as above, for each handle.
    tilesets.iter().map(|&tileset| unsafe { handle::borrow(tileset, "tilesets") }).collect()
}

/// # Safety
/// `paths` is NULL or holds `count` texts.
unsafe fn files(paths: *const *const c_char, count: usize) -> Result<Vec<PredictionFile>, Failure> {
    // SAFETY: as above.
    let paths = unsafe { memory::input(paths, count, "paths") }?;
    // SAFETY: as above, for each text.
    paths.iter().map(|&path| Ok(PredictionFile::open(unsafe { text::path(path, "paths") }?)?)).collect()
}

/// # Safety
/// `options` is NULL or the caller's struct.
unsafe fn finish_options(options: *const diapir_finish_options) -> Result<FinishOptions, Failure> {
    // SAFETY: as above.
    let (given, rules, paths) = unsafe {
        let given = options::read(options, "options")?;
        let path = |path, name: &str| -> Result<_, Failure> {
            Ok(text::optional_path(path, name)?.map(Path::to_owned))
        };
        let paths = [
            path(given.mosaics, "options.mosaics")?,
            path(given.submission, "options.submission")?,
            path(given.masks, "options.masks")?,
        ];
        (given, text::optional(given.rules, "options.rules")?, paths)
    };
    let rules: TileRules = toml::from_str(rules.unwrap_or_default()).map_err(|error| {
        Error::new(ErrorKind::InvalidArgument, format!("rules: {}", error.to_string().trim_end()))
    })?;
    let [mosaics, submission, masks] = paths;
    Ok(FinishOptions { rules, threshold: share(given.threshold)?, mosaics, submission, masks })
}

fn share(threshold: f64) -> Result<f32, Failure> {
    match (0.0..=1.0).contains(&threshold) {
        true => Ok(threshold as f32),
        false => Err(Failure::invalid(format!("the threshold is {threshold}, expected 0 to 1"))),
    }
}

fn finished(found: &FinishReport) -> diapir_finish_report {
    diapir_finish_report {
        tiles: found.tiles as i64,
        empty: found.empty as i64,
        by_mosaics: found.by_mosaics as i64,
        ..diapir_finish_report::defaults()
    }
}

#[cfg(feature = "torch")]
fn train_system(
    folder: &TileFolder,
    place: &Path,
    choice: &Choice<'_>,
    control: &Control<'_>,
) -> Result<(), Failure> {
    pipeline::train_system(folder, place, &choice.resolve()?, control)?;
    Ok(())
}

#[cfg(feature = "torch")]
fn predict(
    run: &Path,
    folder: &TileFolder,
    output: &Path,
    (given, [device, precision]): (&diapir_tile_predict_options, [&str; 2]),
    control: &Control<'_>,
) -> Result<diapir_tile_predict_report, Failure> {
    use crate::infer::PredictorOptions;
    use crate::pipeline::TilePredictOptions;
    use crate::train::Members;
    let flip = match given.flip {
        -1 => None,
        0 => Some(false),
        1 => Some(true),
        other => return Err(Failure::invalid(format!("options.flip is {other}, expected -1, 0 or 1"))),
    };
    let members = match given.members {
        -1 => None,
        0 => Some(Members::Model),
        1 => Some(Members::Snapshots),
        other => return Err(Failure::invalid(format!("options.members is {other}, expected -1, 0 or 1"))),
    };
    let batch = match memory::size(i64::from(given.batch), "options.batch")? {
        0 => None,
        batch => Some(batch),
    };
    let options = TilePredictOptions {
        predictor: PredictorOptions {
            device: device.parse()?,
            precision: precision.parse()?,
            batch,
            ..PredictorOptions::default()
        },
        flip,
        members,
        resume: given.resume != 0,
        pictures: given.pictures != 0,
    };
    let found = pipeline::predict_tileset(run, folder, output, &options, control)?;
    Ok(diapir_tile_predict_report {
        tiles: found.tiles as i64,
        out_of_fold: found.out_of_fold as i64,
        models: found.models as i64,
        ..diapir_tile_predict_report::defaults()
    })
}

#[cfg(not(feature = "torch"))]
fn train_system(_: &TileFolder, _: &Path, _: &Choice<'_>, _: &Control<'_>) -> Result<(), Failure> {
    Err(Failure::lacks("torch", "training"))
}

#[cfg(not(feature = "torch"))]
fn predict(
    _: &Path,
    _: &TileFolder,
    _: &Path,
    _: (&diapir_tile_predict_options, [&str; 2]),
    _: &Control<'_>,
) -> Result<diapir_tile_predict_report, Failure> {
    Err(Failure::lacks("torch", "predicting tiles"))
}
