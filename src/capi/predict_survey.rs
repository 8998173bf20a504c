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
#[cfg(feature = "torch")]
use crate::segy::{SampleFormat, SegyWriter, WriteOptions};

/// Predicts the salt probability (0 to 1) of each sample of a survey and writes it as SEG-Y, trace for trace
/// as the survey's file. The file appears only when it is whole. With `options->resume` a prediction that was stopped goes on. `options`, `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently on one model and one survey; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: MODEL_MISMATCH, IO, TRUNCATED, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED, INVALID_ARGUMENT,
/// NULL_ARGUMENT; UNSUPPORTED without the torch feature (without it there is no model to call this with).
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

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    survey: &diapir_survey,
    output: &Path,
    choice: &Choice,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    let mut writer = writer(model, survey, output, choice)?;
    let report = crate::infer::predict_volume(
        &model.predictor,
        &survey.volume,
        &mut writer,
        &choice.options(),
        control,
    )?;
    writer.finish()?;
    Ok(report.into())
}

/// The output: the survey's own traces and headers, and a note of what was done.
#[cfg(feature = "torch")]
fn writer(
    model: &diapir_model,
    survey: &diapir_survey,
    output: &Path,
    choice: &Choice,
) -> Result<SegyWriter, Failure> {
    let about = model.predictor.model();
    let format = SampleFormat::from_code(choice.format as u16).unwrap_or(SampleFormat::Ieee32);
    let history = vec![
        format!("DIAPIR {}: SALT PROBABILITY 0 TO 1", env!("CARGO_PKG_VERSION")),
        format!(
            "MODEL RECIPE {} SEED {} DATA {:.16}",
            about.training.recipe, about.training.seed, about.training.data_hash
        ),
        format!(
            "{:?} SECTIONS, {} X {} TILES",
            choice.options().direction,
            about.contract.tile,
            about.contract.tile
        )
        .to_uppercase(),
    ];
    let resume = choice.resume.then(|| format!("{:?} {about:?}", choice.options()));
    let options = WriteOptions { format, history, resume, ..WriteOptions::default() };
    Ok(SegyWriter::from_template(&survey.volume, output, &options)?)
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
