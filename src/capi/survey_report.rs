//! What is to be known of a survey before anyone computes with it.

use std::ffi::c_char;

use serde::Serialize;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;
use crate::segy::Violation;
use crate::volume::Quality;

#[derive(Serialize)]
struct Report<'a> {
    violations: Vec<Violation>,
    quality: Option<&'a Quality>,
}

/// A quality report as one JSON object: `violations`, demands of common readers that the file does not meet,
/// each with its byte; and `quality`, figures of all samples (NaN, zeros, percentiles, histogram, constant
/// and clipped traces), null unless `samples` is 1. The samples are read once per survey handle, in the first
/// call that asks for them. `callbacks` may be NULL.
///
/// Thread: any, concurrently on one survey; callbacks come on the calling thread.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, IO, TRUNCATED, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_report_json(
    survey: *const diapir_survey,
    samples: i32,
    callbacks: *const diapir_callbacks,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let mut listener = HostListener::new(callbacks)?;
        let text = report(&survey, samples, &Control::new(&mut listener))?;
        text::copy_out(&text, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_report_json", error, body) }
}

fn report(survey: &diapir_survey, samples: i32, control: &Control<'_>) -> Result<String, Failure> {
    let quality = match samples {
        0 => None,
        1 => {
            if survey.quality.get().is_none() {
                let found = Quality::of(&survey.volume, control)?;
                // Two threads that ask at once both compute the same; the first result stays.
                survey.quality.set(found).ok();
            }
            survey.quality.get()
        }
        _ => return Err(Failure::invalid(format!("samples is {samples}, expected 0 or 1"))),
    };
    text::json(&Report { violations: survey.volume.violations()?, quality })
}
