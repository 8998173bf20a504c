//! Tiles predicted by a trained system.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::model::{DIAPIR_BATCH_OF_DEVICE, batch};
use super::needs::with_torch;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use crate::control::Control;
use crate::tileset::TileFolder;

/// Of a mirror image: averaged with it where the recipe of the trainings says so.
pub const DIAPIR_FLIP_OF_RECIPE: i32 = -1;

/// Which networks of a training predict.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_members {
    /// Those that the recipe of the trainings says.
    OfRecipe = -1,
    /// The one that it kept as its model.
    Model = 0,
    /// Its snapshots.
    Snapshots = 1,
}

/// How a trained system predicts tiles. Filled by diapir_predict_tiles_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_tiles_options {
    /// Size of this struct in bytes; set by diapir_predict_tiles_options_init.
    pub struct_size: u32,
    /// As in diapir_model_options.
    pub device: *const c_char,
    /// As in diapir_model_options.
    pub precision: *const c_char,
    /// Most tiles per forward pass, or DIAPIR_BATCH_OF_DEVICE.
    pub batch: i32,
    /// 1: each tile is averaged with its mirror image; 0: it is not; by default DIAPIR_FLIP_OF_RECIPE.
    pub flip: i32,
    /// Which networks of each training: a diapir_members.
    pub members: i32,
    /// 1: what an earlier call left in the folder is gone on with; 0: a folder with predictions is refused.
    pub resume: i32,
    /// 1: each tile's probabilities are written as a PNG file of 16 bits too, below probability/ in the
    /// folder.
    pub pictures: i32,
}

versioned!(
    diapir_predict_tiles_options { struct_size, device, precision, batch, flip, members, resume, pictures },
    device: text::AUTO.as_ptr(),
    precision: text::AUTO.as_ptr(),
    batch: DIAPIR_BATCH_OF_DEVICE,
    flip: DIAPIR_FLIP_OF_RECIPE,
    members: diapir_members::OfRecipe as i32
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_tiles_options_init(
    options: *mut diapir_predict_tiles_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What was predicted. The caller sets struct_size with diapir_predict_tiles_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_tiles_report {
    /// Size of this struct in bytes; set by diapir_predict_tiles_report_init.
    pub struct_size: u32,
    /// Tiles predicted.
    pub tiles: i64,
    /// Those that a training knew, each predicted only by networks that have not seen it.
    pub out_of_fold: i64,
    /// Networks.
    pub models: i64,
}

versioned!(diapir_predict_tiles_report { struct_size, tiles, out_of_fold, models });

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_tiles_report_init(
    report: *mut diapir_predict_tiles_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Predicts the tiles of a folder with the networks of a system, or of a cross-validation, below `run`: each
/// tile by the networks that have not been trained on it, averaged; trainings count as the recipe says, or by
/// their numbers of networks. Leaves `predictions.safetensors` in the folder `output`, and each network's own
/// below `members/`. `options`, `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: NOT_FOUND, DATASET when `run` holds no finished trainings, INVALID_ARGUMENT, MODEL_MISMATCH,
/// MODEL_MALFORMED, IO, OUT_OF_MEMORY, DEVICE_UNAVAILABLE, BACKEND, CANCELLED, NULL_ARGUMENT, POISONED;
/// UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_tiles(
    run: *const c_char,
    tileset: *const diapir_tileset,
    output: *const c_char,
    options: *const diapir_predict_tiles_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_predict_tiles_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let run = text::path(run, "run")?;
        let tileset = handle::borrow(tileset, "tileset")?;
        let output = text::path(output, "output")?;
        let options = options::read(options, "options")?;
        let device = text::required(options.device, "options.device")?;
        let precision = text::required(options.precision, "options.precision")?;
        let given = Given { options, device, precision };
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let folder = &tileset.folder;
        place.fill(with_torch!("predicting tiles", predict, run, folder, output, &given, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_tiles", error, body) }
}

/// The caller's options with their texts.
struct Given<'a> {
    options: diapir_predict_tiles_options,
    device: &'a str,
    precision: &'a str,
}

#[cfg(feature = "torch")]
fn predict(
    run: &Path,
    folder: &TileFolder,
    output: &Path,
    given: &Given<'_>,
    control: &Control<'_>,
) -> Result<diapir_predict_tiles_report, Failure> {
    use crate::infer::PredictorOptions;
    use crate::recipe::Members;
    use crate::systems::{TilePredictOptions, predict_tileset};
    let flip = match given.options.flip {
        DIAPIR_FLIP_OF_RECIPE => None,
        0 => Some(false),
        1 => Some(true),
        other => return Err(Failure::invalid(format!("options.flip is {other}, expected -1, 0 or 1"))),
    };
    let members = match given.options.members {
        -1 => None,
        0 => Some(Members::Model),
        1 => Some(Members::Snapshots),
        other => return Err(Failure::invalid(format!("options.members is {other}, expected -1, 0 or 1"))),
    };
    let options = TilePredictOptions {
        predictor: PredictorOptions {
            device: given.device.parse()?,
            precision: given.precision.parse()?,
            batch: batch(given.options.batch)?,
            ..PredictorOptions::default()
        },
        flip,
        members,
        resume: given.options.resume != 0,
        pictures: given.options.pictures != 0,
    };
    let found = predict_tileset(run, folder, output, &options, control)?;
    Ok(diapir_predict_tiles_report {
        tiles: found.tiles as i64,
        out_of_fold: found.out_of_fold as i64,
        models: found.models as i64,
        ..diapir_predict_tiles_report::defaults()
    })
}
