//! Prediction of a survey on disk, into a SEG-Y file of the same traces.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::model::diapir_model;
use super::options::Place;
use super::predict::{Choice, diapir_predict_options, diapir_predict_report};
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;

/// Predicts the salt probability (0 to 1) of each sample of a survey and writes it as SEG-Y, trace for trace
/// as the survey's file, with NAME-run.json beside NAME.sgy, which says what was done. The file appears only when it is whole; what is unfinished stands in the hidden folder
/// .NAME.sgy.work. With `options->resume` a prediction that was stopped, by whatever, goes on. Of several parts (`options->part`) each is done by a call of its own and
/// diapir_finish_survey ends the work; the samples are the same. `options`, `callbacks` and `report` may be NULL.
/// While the progress callback does not return, the work rests: so a host pauses it.
///
/// Thread: any, concurrently on one model and one survey; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: MODEL_MISMATCH, IO, TRUNCATED, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED, INVALID_ARGUMENT (also when another process works on the
/// same part), NULL_ARGUMENT; UNSUPPORTED without the torch feature (without it there is no model to call this with).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_survey(
    model: *const diapir_model,
    survey: *const diapir_survey,
    output_path: *const c_char,
    options: *const diapir_predict_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let survey = handle::borrow(survey, "survey")?;
        let output = text::path(output_path, "output_path")?;
        let choice = Choice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        place.fill(predict(&model, &survey, output, &choice, &Control::new(&mut listener))?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_survey", error, body) }
}

/// Ends a prediction that was done in parts: sees to it that every line is there, fuses directions if there are two, and gives the files their
/// names. `survey` is the one that was predicted, `output_path` the output of the parts. `callbacks` and `report` may be NULL; the report
/// is of all parts.
///
/// Thread: any; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NOT_FOUND when there is no unfinished prediction, TRUNCATED when lines are missing, INVALID_ARGUMENT when a part is still being done or the survey
/// is another, IO, CANCELLED, POISONED, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
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
        place.fill(finish(&survey, output, &Control::new(&mut listener))?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_finish_survey", error, body) }
}

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    survey: &diapir_survey,
    output: &Path,
    choice: &Choice,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    let (ensemble, options) = (choice.ensemble(model)?, choice.segment()?);
    Ok(crate::predict::predict_survey(&ensemble, &survey.volume, output, &options, control)?.into())
}

#[cfg(not(feature = "torch"))]
fn predict(
    model: &diapir_model,
    _: &diapir_survey,
    _: &Path,
    _: &Choice,
    _: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    match model.predictor {}
}

#[cfg(feature = "torch")]
fn finish(
    survey: &diapir_survey,
    output: &Path,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    Ok(crate::predict::finish_survey(&survey.volume, output, control)?.into())
}

#[cfg(not(feature = "torch"))]
fn finish(_: &diapir_survey, _: &Path, _: &Control<'_>) -> Result<diapir_predict_report, Failure> {
    Err(Failure::lacks("torch", "prediction"))
}
