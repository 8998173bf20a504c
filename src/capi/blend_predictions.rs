//! Predictions of tiles averaged.

use std::ffi::c_char;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::memory;
use super::status::diapir_status;
use super::text;
use crate::control::Control;
use crate::ensemble;
use crate::tileset::PredictionFile;

/// Averages `count` files of predictions, each tile over the files that have it. `weights` has one number
/// from 0 on for each; NULL: equal ones. `callbacks` may be NULL.
///
/// Thread: any, concurrently with different outputs; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when the tiles differ in size, NOT_FOUND, IO, MALFORMED,
/// TRUNCATED, CANCELLED.
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

/// # Safety
/// `paths` is NULL or holds `count` texts.
pub(super) unsafe fn files(
    paths: *const *const c_char,
    count: usize,
) -> Result<Vec<PredictionFile>, Failure> {
    // SAFETY: as above.
    let paths = unsafe { memory::input(paths, count, "paths") }?;
    // SAFETY: as above, for each text.
    paths.iter().map(|&path| Ok(PredictionFile::open(unsafe { text::path(path, "paths") }?)?)).collect()
}
