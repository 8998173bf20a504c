//! Predictions of tiles measured.

use std::ffi::c_char;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::finish_tiles::{diapir_finish_tiles_options, finish_options};
use super::guard::guard;
use super::status::diapir_status;
use super::text;
use super::tileset::{Tilesets, diapir_tileset};
use crate::control::Control;
use crate::output::write_file;
use crate::systems::{self, FinishOptions};
use crate::tileset::PredictionFile;

/// Measures predictions, which must be out of fold, on the tiles that have masks in the `count` tilesets, and
/// writes a JSON file: figures, the score when each fifth of the tiles is judged at the threshold best for
/// the others, the score by coverage, what each rule changes by itself, and what the rules of `options` give
/// together. For the rules of mosaics a fifth of the labels is hidden in turn; predicted tiles without masks
/// are neighbours there. `options` (whose outputs are passed over) and `callbacks` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when no predicted tile has a mask or a tileset does not go
/// with the predictions, NOT_FOUND, IO, MALFORMED, TRUNCATED, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_report_tiles(
    predictions: *const c_char,
    tilesets: *const *const diapir_tileset,
    count: usize,
    options: *const diapir_finish_tiles_options,
    report: *const c_char,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let file = PredictionFile::open(text::path(predictions, "predictions")?)?;
        let tilesets = Tilesets::borrow(tilesets, count)?;
        let FinishOptions { rules, threshold, mosaics, .. } = finish_options(options)?;
        let report = text::path(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let how = (&rules, threshold);
        let found = systems::report_tiles(&file, &tilesets.folders(), how, mosaics.as_deref(), &control)?;
        Ok(write_file(report, text::json(&found)?.as_bytes())?)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_report_tiles", error, body) }
}
