//! Predictions of tiles averaged, and weights for that fitted to masks.

use std::ffi::c_char;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::finish_tiles::share;
use super::guard::guard;
use super::handle;
use super::memory;
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use crate::control::Control;
use crate::ensemble;
use crate::output::write_file;
use crate::tileset::PredictionFile;

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

/// # Safety
/// `paths` is NULL or holds `count` texts.
unsafe fn files(paths: *const *const c_char, count: usize) -> Result<Vec<PredictionFile>, Failure> {
    // SAFETY: as above.
    let paths = unsafe { memory::input(paths, count, "paths") }?;
    // SAFETY: as above, for each text.
    paths.iter().map(|&path| Ok(PredictionFile::open(unsafe { text::path(path, "paths") }?)?)).collect()
}
