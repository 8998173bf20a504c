//! Maps of live traces.

use std::ffi::c_char;

use super::error::diapir_error;
use super::guard::guard;
use super::handle;
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::export::live_map_png;

/// Draws a map of the survey's live traces as PNG picture: inlines downwards, crosslines to the right.
///
/// Thread: any, concurrently on one survey with different paths.
/// Owns: nothing.
/// Fails: IO, NOT_FOUND, POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_live_map_png(
    survey: *const diapir_survey,
    path: *const c_char,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        live_map_png(&survey.volume, text::path(path, "path")?)?;
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_export_live_map_png", error, body) }
}
