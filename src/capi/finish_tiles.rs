//! Predictions of tiles turned into masks.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::options::{self, Place, Versioned as _, share, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::{Tilesets, diapir_tileset};
use crate::control::Control;
use crate::error::{Error, ErrorKind};
use crate::rules::TileRules;
use crate::systems::{self, FinishOptions, FinishReport};
use crate::tileset::PredictionFile;

/// How predictions become masks. Filled by diapir_finish_tiles_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_finish_tiles_options {
    /// Size of this struct in bytes; set by diapir_finish_tiles_options_init.
    pub struct_size: u32,
    /// The rules as TOML, with the keys of a recipe's table [rules]; NULL: none.
    pub rules: *const c_char,
    /// Probability above which a pixel is salt, 0 to 1. The default is 0.5.
    pub threshold: f64,
    /// The table of mosaics that diapir_mosaic_tiles writes; NULL: none, and rules that need it are refused.
    pub mosaics: *const c_char,
    /// Where the masks go as id,rle_mask (CSV); NULL: nowhere.
    pub submission: *const c_char,
    /// A folder, new or without pictures, where the masks go as PNG, 255 for salt; NULL: nowhere.
    pub masks: *const c_char,
}

versioned!(
    diapir_finish_tiles_options { struct_size, rules, threshold, mosaics, submission, masks },
    threshold: 0.5
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_tiles_options_init(
    options: *mut diapir_finish_tiles_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What masks were made. The caller sets struct_size with diapir_finish_tiles_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_finish_tiles_report {
    /// Size of this struct in bytes; set by diapir_finish_tiles_report_init.
    pub struct_size: u32,
    /// Masks written.
    pub tiles: i64,
    /// Those without salt.
    pub empty: i64,
    /// Those that a rule of mosaics changed.
    pub by_mosaics: i64,
}

versioned!(diapir_finish_tiles_report { struct_size, tiles, empty, by_mosaics });

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_tiles_report_init(
    report: *mut diapir_finish_tiles_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Turns a file of predictions into masks by threshold and rules, and writes those of the tiles that have no
/// mask in any of the `count` tilesets, whose masks the rules of mosaics lean on. `options.submission` or
/// `options.masks` must be given. `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when each predicted tile has a mask already, a tile for a
/// submission has no prediction, or a tileset does not go with the predictions, NOT_FOUND, IO, MALFORMED,
/// TRUNCATED, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_tiles(
    predictions: *const c_char,
    tilesets: *const *const diapir_tileset,
    count: usize,
    options: *const diapir_finish_tiles_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_finish_tiles_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let file = PredictionFile::open(text::path(predictions, "predictions")?)?;
        let tilesets = Tilesets::borrow(tilesets, count)?;
        let options = finish_options(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(finished(&systems::finish_tiles(&file, &tilesets.folders(), &options, &control)?));
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_finish_tiles", error, body) }
}

/// # Safety
/// `options` is NULL or the caller's struct.
pub(super) unsafe fn finish_options(
    options: *const diapir_finish_tiles_options,
) -> Result<FinishOptions, Failure> {
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
    Ok(FinishOptions {
        rules,
        threshold: share(given.threshold as f32, "options.threshold")?,
        mosaics,
        submission,
        masks,
    })
}

fn finished(found: &FinishReport) -> diapir_finish_tiles_report {
    diapir_finish_tiles_report {
        tiles: found.tiles as i64,
        empty: found.empty as i64,
        by_mosaics: found.by_mosaics as i64,
        ..diapir_finish_tiles_report::defaults()
    }
}
