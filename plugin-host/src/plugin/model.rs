//! A trained model, and prediction with it.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use super::survey::Survey;
use crate::abi::{
    self, diapir_model, diapir_model_options, diapir_predict_options, diapir_predict_report,
    diapir_predict_survey_output, diapir_section,
};
use crate::failure::HostError;

/// A section in memory, samples 4 ms apart.
pub(crate) struct SectionInput<'a> {
    /// Sample fastest.
    pub(crate) samples: &'a [f32],
    pub(crate) traces: i64,
    pub(crate) samples_per_trace: i64,
    /// Amplitude that the network sees as its lowest.
    pub(crate) lowest: f32,
    /// Amplitude that it sees as its highest.
    pub(crate) highest: f32,
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
    /// Names of the models that the library carries.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn model_names(self) -> Result<Vec<String>, HostError> {
        let text = self.text(|buffer, size, needed, error| {
            // SAFETY: `text` gives a buffer of this size.
            unsafe { (self.api.model_names)(buffer, size, needed, error) }
        })?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Loads a model file, or a model that the library carries: by name, or without one that for surveys.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn load_model(
        self,
        path: Option<&Path>,
        options: &Options<'_, diapir_model_options>,
    ) -> Result<Model, HostError> {
        let names = self.model_names()?;
        let is_file = path.is_some_and(|path| !names.iter().any(|name| name.as_str() == path.as_os_str()));
        let text = path.map(c_text).transpose()?;
        let text = text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        let path = path.unwrap_or(Path::new(BUILTIN));
        let mut handle = ptr::null_mut();
        // SAFETY: all pointers outlive the call.
        self.call(|error| unsafe {
            let load = if is_file { self.api.model_load } else { self.api.model_load_builtin };
            load(text, options.as_ptr(), &raw mut handle, error)
        })?;
        match NonNull::new(handle) {
            Some(handle) => Ok(Model { plugin: self, handle, path: path.to_owned() }),
            None => Err(HostError::status(abi::DIAPIR_STATUS_INTERNAL, "the library gave no model").at(path)),
        }
    }
}

impl Plugin {
    /// Options with what a `diapir_quality` stands for.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict_options<'a>(
        self,
        quality: i32,
    ) -> Result<Options<'a, diapir_predict_options>, HostError> {
        let mut options: Options<'a, diapir_predict_options> = self.options()?;
        // SAFETY: the options outlive the call.
        self.call(|error| unsafe {
            (self.api.predict_options_set_quality)(&raw mut *options, quality, error)
        })?;
        Ok(options)
    }

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
        let output = c_text(output)?;
        let mut report: diapir_predict_report = self.prepared()?;
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
            HostError::status(
                abi::DIAPIR_STATUS_INTERNAL,
                format!("the model's description is not JSON: {error}"),
            )
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

    /// The probability of salt of each sample of a section.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict_section(
        &self,
        input: &SectionInput<'_>,
        options: &Options<'_, diapir_predict_options>,
        listener: &mut dyn Listener,
    ) -> Result<Vec<f32>, HostError> {
        let api = self.plugin.api;
        let mut section: diapir_section = self.plugin.prepared()?;
        section.samples = input.samples.as_ptr();
        (section.trace_count, section.sample_count) = (input.traces, input.samples_per_trace);
        section.sample_interval = 4.0;
        (section.amplitude_low, section.amplitude_high) = (input.lowest, input.highest);
        let mut probability = vec![0.0; input.samples.len()];
        self.plugin.heard(listener, |callbacks| {
            // SAFETY: the handle is open, all pointers outlive the call, the arrays are as long as the
            // library is told.
            self.plugin.call(|error| unsafe {
                (api.predict_section)(
                    self.handle.as_ptr(),
                    &raw const section,
                    options.as_ptr(),
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

    /// Writes the probability of salt of each sample of `survey` to `path`, as SEG-Y.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict_survey(
        &self,
        survey: &Survey,
        path: &Path,
        options: &Options<'_, diapir_predict_options>,
        output: &Options<'_, diapir_predict_survey_output>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_predict_report, HostError> {
        let api = self.plugin.api;
        let path = c_text(path)?;
        let mut report: diapir_predict_report = self.plugin.prepared()?;
        self.plugin.heard(listener, |callbacks| {
            let (model, survey) = (self.handle.as_ptr(), survey.handle());
            // SAFETY: both handles are open, all pointers outlive the call.
            self.plugin.call(|error| unsafe {
                (api.predict_survey)(
                    model,
                    survey,
                    path.as_ptr(),
                    options.as_ptr(),
                    output.as_ptr(),
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }
}

impl<'a> Options<'a, diapir_predict_options> {
    /// Averages with the predictions of these models too.
    pub(crate) fn set_more_models(&mut self, models: &'a [Model]) {
        self.keep_models(models.iter().map(Model::handle).collect());
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { (self.plugin.api.model_free)(self.handle.as_ptr()) };
    }
}
