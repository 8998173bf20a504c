//! Systems of trainings on tiles, and their predictions.

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
use super::train::{Choice, diapir_train_options};
use crate::control::Control;
use crate::tileset::TileFolder;

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

#[cfg(feature = "torch")]
fn train_system(
    folder: &TileFolder,
    place: &Path,
    choice: &Choice<'_>,
    control: &Control<'_>,
) -> Result<(), Failure> {
    crate::systems::train_system(folder, place, &choice.resolve()?, control)?;
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
    use super::memory;
    use super::options::Versioned as _;
    use crate::infer::PredictorOptions;
    use crate::recipe::Members;
    use crate::systems::{TilePredictOptions, predict_tileset};
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
    let found = predict_tileset(run, folder, output, &options, control)?;
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
