//! The end of a prediction that was done in parts.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::needs::with_torch;
use super::options::Place;
use super::predict_report::diapir_predict_report;
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;

/// Ends a prediction that was done in parts: sees to it that every line is there, fuses directions if there
/// are two, and gives the files their names. `survey` is the one that was predicted, `output_path` the output
/// of the parts. `callbacks` and `report` may be NULL; the report is of all parts.
///
/// Thread: any; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NOT_FOUND when there is no unfinished prediction, TRUNCATED when lines are missing,
/// INVALID_ARGUMENT when a part is still being done or the survey is another, IO, CANCELLED, POISONED,
/// NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_finish_survey(
    survey: *const diapir_survey,
    output_path: *const c_char,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        let output = text::path(output_path, "output_path")?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("prediction", finish, &survey, output, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_finish_survey", error, body) }
}

#[cfg(feature = "torch")]
fn finish(
    survey: &diapir_survey,
    output: &Path,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    Ok(crate::predict::finish_survey(&survey.volume, output, control)?.into())
}
