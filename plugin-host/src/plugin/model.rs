//! A trained model, and prediction with it.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Plugin, Survey};
use crate::abi::{self, diapir_model, diapir_predict_report};
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

/// How to predict; `None` is the model's own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PredictChoice {
    /// A `diapir_direction`.
    pub(crate) direction: i32,
    /// Samples that tiles overlap by.
    pub(crate) overlap: Option<i32>,
    pub(crate) flip: bool,
    /// Go on with an unfinished file.
    pub(crate) resume: bool,
    /// SEG-Y sample format code; 0: the library's default.
    pub(crate) sample_format: i32,
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

    /// Writes the probability of salt of each sample of `survey` to `output`, as SEG-Y.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict(
        &self,
        survey: &Survey,
        output: &Path,
        choice: &PredictChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_predict_report, HostError> {
        let api = self.plugin.api;
        let output = c_path(output)?;
        let mut options = prepared(api.predict_options_init)?;
        options.direction = choice.direction;
        options.overlap = choice.overlap.unwrap_or(options.overlap);
        options.flip = choice.flip.into();
        options.resume = choice.resume.into();
        options.sample_format = choice.sample_format;
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
