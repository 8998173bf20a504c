//! Weights for averages of predictions, fitted to masks.

use std::ffi::c_char;

use super::blend_predictions::files;
use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::guard::guard;
use super::handle;
use super::memory;
use super::options::share;
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use crate::control::Control;
use crate::ensemble;
use crate::output::write_file;

/// Fits weights for diapir_blend_predictions to the masks of the tileset's tiles that all files have: least
/// squares with weights from 0 on whose sum is 1. The predictions must be out of fold. `weights` gets `count`
/// numbers; `report`, if not NULL, names a JSON file for the figures of each file, of the plain mean and of
/// the stack, each tile judged with weights fitted without it and its group. Probabilities above `threshold`
/// count as salt there. `callbacks` may be NULL.
///
/// Thread: any, concurrently; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_blend_predictions; DATASET when fewer than 10 tiles with masks are in all files;
/// POISONED.
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
        let found =
            ensemble::stack(&files, &tileset.folder, share(threshold as f32, "threshold")?, &control)?;
        if let Some(path) = report {
            write_file(path, text::json(&found)?.as_bytes())?;
        }
        place.fill(&found.weights);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_stack_predictions", error, body) }
}
