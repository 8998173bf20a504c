//! Prediction of a survey on disk.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory;
use super::model::{DIAPIR_THRESHOLD_OF_MODEL, diapir_model, threshold_or_model};
use super::needs::with_torch;
use super::options::{self, Place, versioned};
use super::predict::{PredictChoice, diapir_predict_options};
use super::predict_report::diapir_predict_report;
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;
use crate::segy::SampleFormat;

/// What a prediction of a survey leaves on disk, and which part of the work is done. Filled by
/// diapir_predict_survey_output_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_survey_output {
    /// Size of this struct in bytes; set by diapir_predict_survey_output_init.
    pub struct_size: u32,
    /// SEG-Y sample format code of probability and uncertainty: 5 (IEEE float, the default), 1 (IBM float), 3
    /// (2-byte integer, the value times 32767) or 8 (1-byte integer, the value times 127).
    pub sample_format: i32,
    /// 1: write NAME-uncertainty.sgy beside NAME.sgy too: the standard deviation of all predictions of each
    /// sample, by all tiles that cover it, directions, models, mirrored images and passes with dropout (0 to
    /// 0.5).
    pub uncertainty: i32,
    /// 1: write NAME-mask.sgy too: 1-byte integers, 1 where the probability exceeds mask_threshold, else 0.
    pub mask: i32,
    /// Probability above which the mask is 1, 0 to 1, or DIAPIR_THRESHOLD_OF_MODEL.
    pub mask_threshold: f32,
    /// 1: write NAME-report.html too: sections, maps, histogram, seams, times.
    pub report: i32,
    /// 1: go on with what an earlier run of the same prediction left, and leave it in the hidden folder
    /// .NAME.sgy.work when stopped; 0: begin anew, leave nothing. In several parts always 1.
    pub resume: i32,
    /// Which part of the work to do, from 1 to part_count. Parts may be done by any processes on machines
    /// that share the file system; diapir_finish_survey after the last.
    pub part: i32,
    /// In how many parts the work is done; 1: at once.
    pub part_count: i32,
}

versioned!(
    diapir_predict_survey_output {
        struct_size,
        sample_format,
        uncertainty,
        mask,
        mask_threshold,
        report,
        resume,
        part,
        part_count,
    },
    sample_format: i32::from(SampleFormat::Ieee32.code()),
    mask_threshold: DIAPIR_THRESHOLD_OF_MODEL,
    part: 1,
    part_count: 1
);

/// Fills `output` with its defaults. `size` is `sizeof *output`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_survey_output_init(
    output: *mut diapir_predict_survey_output,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(output, size) }
}

/// Predicts the salt probability (0 to 1) of each sample of a survey and writes it as SEG-Y, trace for trace
/// as the survey's file, with NAME-run.json beside NAME.sgy, which says what was done. The file appears only
/// when it is whole; what is unfinished stands in the hidden folder .NAME.sgy.work. With `output->resume` a
/// prediction that was stopped, by whatever, goes on. Of several parts (`output->part`) each is done by a
/// call of its own and diapir_finish_survey ends the work; the samples are the same. `options`, `output`,
/// `callbacks` and `report` may be NULL. While the progress callback does not return, the work rests: so a
/// host pauses it.
///
/// Thread: any, concurrently on one model and one survey; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: MODEL_MISMATCH, IO, TRUNCATED, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED, INVALID_ARGUMENT (also
/// when another process works on the same part), NULL_ARGUMENT; UNSUPPORTED without the torch feature
/// (without it there is no model to call this with).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_survey(
    model: *const diapir_model,
    survey: *const diapir_survey,
    output_path: *const c_char,
    options: *const diapir_predict_options,
    output: *const diapir_predict_survey_output,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let survey = handle::borrow(survey, "survey")?;
        let path = text::path(output_path, "output_path")?;
        let choice = PredictChoice::read(options)?;
        let written = Written { path, output: options::read(output, "output")? };
        written.check()?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        place.fill(with_torch!("prediction", predict, &model, &survey, &written, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_survey", error, body) }
}

/// Where a prediction goes, and as what.
struct Written<'a> {
    path: &'a Path,
    output: diapir_predict_survey_output,
}

impl Written<'_> {
    /// Refuses a sample format that is not written.
    fn check(&self) -> Result<(), Failure> {
        match self.output.sample_format {
            1 | 3 | 5 | 8 => Ok(()),
            code => Err(Failure::invalid(format!(
                "output.sample_format is {code}, expected 5 (IEEE float), 1 (IBM float), 3 (2-byte integer) \
                 or 8 (1-byte integer)"
            ))),
        }
    }
}

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    survey: &diapir_survey,
    Written { path, output }: &Written<'_>,
    choice: &PredictChoice,
    control: &Control<'_>,
) -> Result<diapir_predict_report, Failure> {
    use crate::predict::{Part, SurveyOptions, predict_survey};
    let size = |value: i32, name: &str| memory::size(i64::from(value), name);
    let options = SurveyOptions {
        predict: choice.predict()?,
        sections: choice.sections()?,
        uncertainty: output.uncertainty != 0,
        mask: output.mask != 0,
        threshold: threshold_or_model(output.mask_threshold, "output.mask_threshold")?,
        format: SampleFormat::from_code(output.sample_format as u16).unwrap_or(SampleFormat::Ieee32),
        report: output.report != 0,
        resume: output.resume != 0,
        part: Part {
            index: size(output.part, "output.part")?,
            count: size(output.part_count, "output.part_count")?,
        },
    };
    Ok(predict_survey(&choice.ensemble(model)?, &survey.volume, path, &options, control)?.into())
}
