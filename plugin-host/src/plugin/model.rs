//! A trained model, and prediction with it.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Plugin, Survey};
use crate::abi::{self, diapir_model, diapir_predict_options, diapir_predict_report};
use crate::failure::HostError;

/// Where a model runs; `None` and 0 are the library's defaults.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelChoice {
    pub(crate) device: Option<String>,
    pub(crate) precision: Option<String>,
    /// Tiles per forward pass.
    pub(crate) batch: i32,
    /// One tile per forward pass.
    pub(crate) deterministic: bool,
}

/// How to predict; `None` is the library's own.
pub(crate) struct PredictChoice<'a> {
    /// A `diapir_quality`; it sets what is not given of sections, tile, overlap and flip.
    pub(crate) quality: i32,
    /// A `diapir_sections`.
    pub(crate) sections: Option<i32>,
    /// A `diapir_fusion`.
    pub(crate) fusion: i32,
    /// Pixels, or -1 for whole sections.
    pub(crate) tile: Option<i32>,
    /// Samples that tiles overlap by.
    pub(crate) overlap: Option<i32>,
    /// A `diapir_edge`.
    pub(crate) edge: i32,
    /// A `diapir_window`.
    pub(crate) window: i32,
    pub(crate) flip: bool,
    pub(crate) dropout_passes: i32,
    pub(crate) resample: bool,
    pub(crate) predict_blank: bool,
    /// Models besides the one that predicts.
    pub(crate) more: &'a [Model],
    /// SEG-Y sample format code; 0: the library's default.
    pub(crate) sample_format: i32,
    pub(crate) uncertainty: bool,
    pub(crate) mask: bool,
    pub(crate) report: bool,
    pub(crate) threshold: Option<f32>,
    /// Go on with unfinished files.
    pub(crate) resume: bool,
    /// Which part of how many.
    pub(crate) part: [i32; 2],
}

impl PredictChoice<'_> {
    /// All of it, as the library does it.
    pub(crate) const PLAIN: Self = Self {
        quality: 1,
        sections: None,
        fusion: 0,
        tile: None,
        overlap: None,
        edge: 0,
        window: 0,
        flip: false,
        dropout_passes: 0,
        resample: false,
        predict_blank: false,
        more: &[],
        sample_format: 0,
        uncertainty: false,
        mask: false,
        report: false,
        threshold: None,
        resume: false,
        part: [1, 1],
    };
}

/// A section in memory, samples 4 ms apart.
pub(crate) struct SectionInput<'a> {
    /// Sample fastest.
    pub(crate) samples: &'a [f32],
    /// Traces, samples.
    pub(crate) shape: [i64; 2],
    /// What the network sees as lowest and highest.
    pub(crate) amplitudes: [f32; 2],
}

/// What stands in place of a path for the model that the library carries.
pub(crate) const BUILTIN: &str = "built-in";

/// A loaded model; ended when dropped.
pub(crate) struct Model {
    plugin: Plugin,
    handle: NonNull<diapir_model>,
    path: PathBuf,
}

impl Plugin {
    /// Loads a model file, or the model that the library carries.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn load_model(self, path: Option<&Path>, choice: &ModelChoice) -> Result<Model, HostError> {
        let c_path = path.map(c_path).transpose()?;
        let path = path.unwrap_or(Path::new(BUILTIN));
        let device = choice.device.as_deref().map(c_text).transpose()?;
        let precision = choice.precision.as_deref().map(c_text).transpose()?;
        let mut options = prepared(self.api.model_options_init)?;
        options.device = pointer(device.as_ref());
        options.precision = pointer(precision.as_ref());
        options.batch = choice.batch;
        options.deterministic = choice.deterministic.into();
        let mut handle = ptr::null_mut();
        // SAFETY: all pointers outlive the call.
        self.call(|error| unsafe {
            match &c_path {
                Some(path) => {
                    (self.api.model_load)(path.as_ptr(), &raw const options, &raw mut handle, error)
                }
                None => (self.api.model_load_builtin)(&raw const options, &raw mut handle, error),
            }
        })?;
        match NonNull::new(handle) {
            Some(handle) => Ok(Model { plugin: self, handle, path: path.to_owned() }),
            None => Err(HostError::status(abi::INTERNAL, "the library gave no model").at(path)),
        }
    }
}

impl Plugin {
    /// Ends a prediction that was done in parts.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn finish_survey(
        self,
        survey: &Survey,
        output: &Path,
        listener: &mut dyn Listener,
    ) -> Result<diapir_predict_report, HostError> {
        let output = c_path(output)?;
        let mut report = prepared(self.api.predict_report_init)?;
        self.heard(listener, |callbacks| {
            // SAFETY: the survey is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.finish_survey)(survey.handle(), output.as_ptr(), callbacks, &raw mut report, error)
            })
        })?;
        Ok(report)
    }
}

impl Model {
    /// For calls.
    pub(super) fn handle(&self) -> *const diapir_model {
        self.handle.as_ptr()
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Network, input contract, threshold and training.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn info(&self) -> Result<Value, HostError> {
        let text = self.plugin.text(|buffer, size, needed, error| {
            // SAFETY: the handle is open; `text` gives a buffer of this size.
            unsafe { (self.plugin.api.model_info_json)(self.handle.as_ptr(), buffer, size, needed, error) }
        })?;
        serde_json::from_str(&text).map_err(|error| {
            HostError::status(abi::INTERNAL, format!("the model's description is not JSON: {error}"))
        })
    }

    /// Runs an empty batch.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn warm_up(&self) -> Result<(), HostError> {
        // SAFETY: the handle is open.
        self.plugin.call(|error| unsafe { (self.plugin.api.model_warm_up)(self.handle.as_ptr(), error) })
    }

    /// The library's options; `more` are the further models that they name.
    fn options(
        &self,
        choice: &PredictChoice<'_>,
        more: &[*const diapir_model],
    ) -> Result<diapir_predict_options, HostError> {
        let api = self.plugin.api;
        let mut options = prepared(api.predict_options_init)?;
        // SAFETY: the options outlive the call.
        self.plugin.call(|error| unsafe {
            (api.predict_options_set_quality)(&raw mut options, choice.quality, error)
        })?;
        options.sections = choice.sections.unwrap_or(options.sections);
        options.fusion = choice.fusion;
        options.tile = choice.tile.unwrap_or(options.tile);
        options.overlap = choice.overlap.unwrap_or(options.overlap);
        options.edge = choice.edge;
        options.window = choice.window;
        options.flip |= i32::from(choice.flip);
        options.dropout_passes = choice.dropout_passes;
        options.resample = choice.resample.into();
        options.predict_blank = choice.predict_blank.into();
        (options.more_models, options.more_model_count) = (more.as_ptr(), more.len());
        options.sample_format = choice.sample_format;
        options.uncertainty = choice.uncertainty.into();
        options.mask = choice.mask.into();
        options.report = choice.report.into();
        options.mask_threshold = choice.threshold.unwrap_or(options.mask_threshold);
        options.resume = choice.resume.into();
        [options.part, options.part_count] = choice.part;
        Ok(options)
    }

    /// The probability of salt of each sample of a section.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict_section(
        &self,
        input: &SectionInput<'_>,
        choice: &PredictChoice<'_>,
        listener: &mut dyn Listener,
    ) -> Result<Vec<f32>, HostError> {
        let api = self.plugin.api;
        let more: Vec<*const diapir_model> = choice.more.iter().map(Model::handle).collect();
        let options = self.options(choice, &more)?;
        let mut section = prepared(api.section_init)?;
        section.samples = input.samples.as_ptr();
        [section.trace_count, section.sample_count] = input.shape;
        section.sample_interval = 4.0;
        [section.amplitude_low, section.amplitude_high] = input.amplitudes;
        let mut probability = vec![0.0; input.samples.len()];
        self.plugin.heard(listener, |callbacks| {
            // SAFETY: the handle is open, all pointers outlive the call, the arrays are as long as the library is told.
            self.plugin.call(|error| unsafe {
                (api.predict_section)(
                    self.handle.as_ptr(),
                    &raw const section,
                    &raw const options,
                    callbacks,
                    probability.as_mut_ptr(),
                    ptr::null_mut(),
                    probability.len(),
                    error,
                )
            })
        })?;
        Ok(probability)
    }

    /// Writes the probability of salt of each sample of `survey` to `output`, as SEG-Y.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict(
        &self,
        survey: &Survey,
        output: &Path,
        choice: &PredictChoice<'_>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_predict_report, HostError> {
        let api = self.plugin.api;
        let output = c_path(output)?;
        let more: Vec<*const diapir_model> = choice.more.iter().map(Model::handle).collect();
        let options = self.options(choice, &more)?;
        let mut report = prepared(api.predict_report_init)?;
        self.plugin.heard(listener, |callbacks| {
            let (model, survey) = (self.handle.as_ptr(), survey.handle());
            // SAFETY: both handles are open, all pointers outlive the call.
            self.plugin.call(|error| unsafe {
                (api.predict_survey)(
                    model,
                    survey,
                    output.as_ptr(),
                    &raw const options,
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { (self.plugin.api.model_free)(self.handle.as_ptr()) };
    }
}
