//! Recipes and training.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::{Path, PathBuf};

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Plugin, Survey};
use crate::abi::{diapir_labelled_survey, diapir_train_report};
use crate::failure::HostError;

/// How to train.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrainChoice {
    /// The recipe's TOML text.
    pub(crate) recipe: String,
    pub(crate) device: Option<String>,
    pub(crate) precision: Option<String>,
    /// Go on from the checkpoint of the run folder.
    pub(crate) resume: bool,
    /// A model file to start from.
    pub(crate) initial: Option<PathBuf>,
}

impl Plugin {
    /// Names of the recipes that the library carries.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn recipe_names(self) -> Result<Vec<String>, HostError> {
        let text = self.text(|buffer, size, needed, error| {
            // SAFETY: `text` gives a buffer of this size.
            unsafe { (self.api.recipe_names)(buffer, size, needed, error) }
        })?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The TOML text of a recipe that the library carries.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn recipe_text(self, name: &str) -> Result<String, HostError> {
        let name = c_text(name)?;
        self.text(|buffer, size, needed, error| {
            // SAFETY: the name outlives the call; `text` gives a buffer of this size.
            unsafe { (self.api.recipe_text)(name.as_ptr(), buffer, size, needed, error) }
        })
    }

    /// Trains on pairs of seismic and label; without `validation` the library keeps a part of each back.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn train(
        self,
        [training, validation]: [&[[Survey; 2]]; 2],
        run_folder: &Path,
        choice: &TrainChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_train_report, HostError> {
        let run_folder = c_path(run_folder)?;
        let recipe = c_text(&choice.recipe)?;
        let device = choice.device.as_deref().map(c_text).transpose()?;
        let precision = choice.precision.as_deref().map(c_text).transpose()?;
        let mut options = prepared(self.api.train_options_init)?;
        options.recipe = recipe.as_ptr();
        options.device = pointer(device.as_ref());
        options.precision = pointer(precision.as_ref());
        options.resume = choice.resume.into();
        let initial = choice.initial.as_deref().map(c_path).transpose()?;
        options.initial_model = pointer(initial.as_ref());
        let mut report = prepared(self.api.train_report_init)?;
        let (training, validation) = (handles(training), handles(validation));
        self.heard(listener, |callbacks| {
            // SAFETY: the surveys are open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.train)(
                    first(&training),
                    training.len(),
                    first(&validation),
                    validation.len(),
                    run_folder.as_ptr(),
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

fn handles(pairs: &[[Survey; 2]]) -> Vec<diapir_labelled_survey> {
    let handles = |[seismic, label]: &[Survey; 2]| diapir_labelled_survey {
        seismic: seismic.handle(),
        label: label.handle(),
    };
    pairs.iter().map(handles).collect()
}

/// NULL for an empty list.
fn first(pairs: &[diapir_labelled_survey]) -> *const diapir_labelled_survey {
    if pairs.is_empty() { std::ptr::null() } else { pairs.as_ptr() }
}
