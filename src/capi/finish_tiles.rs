//! Predictions of tiles turned into masks, and measured.

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
use crate::control::Control;
use crate::error::{Error, ErrorKind};
use crate::output::write_file;
use crate::rules::TileRules;
use crate::systems::{self, FinishOptions, FinishReport};
use crate::tileset::{PredictionFile, TileFolder};

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
    /// A folder, new or without pictures, where the masks go as PNG, 255 for salt; NULL: nowhere.
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

/// Turns a file of predictions into masks by threshold and rules, and writes those of the tiles that have no mask in any of the `count` tilesets, whose
/// masks the rules of mosaics lean on. `options.submission` or `options.masks` must be given. `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when each predicted tile has a mask already, a tile for a submission has no prediction, or a tileset does not go with the predictions, NOT_FOUND, IO, MALFORMED, TRUNCATED, CANCELLED, POISONED.
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
        place.fill(finished(&systems::finish_tiles(&file, &folders, &options, &control)?));
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
        let found = systems::report_tiles(&file, &folders, how, mosaics.as_deref(), &control)?;
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

pub(super) fn share(threshold: f64) -> Result<f32, Failure> {
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
