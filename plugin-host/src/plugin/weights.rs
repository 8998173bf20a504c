//! Weights trained elsewhere.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Plugin};
use crate::abi::diapir_weights_report;
use crate::failure::HostError;

/// What is imported or exported; the default is the encoder with torchvision's names.
#[derive(Debug, Clone, Default)]
pub(crate) struct WeightsChoice {
    /// The recipe's TOML text; needed to import.
    pub(crate) recipe: Option<String>,
    /// A `diapir_weights_part`.
    pub(crate) part: i32,
    /// Pass over what does not fit.
    pub(crate) partial: bool,
    /// A `diapir_weights_names`.
    pub(crate) names: i32,
}

impl Plugin {
    /// Makes a model file with the weights of a file.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn import_weights(
        self,
        [weights, model]: [&Path; 2],
        choice: &WeightsChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_weights_report, HostError> {
        let (weights, model) = (c_path(weights)?, c_path(model)?);
        let recipe = choice.recipe.as_deref().map(c_text).transpose()?;
        let mut options = prepared(self.api.weights_options_init)?;
        options.recipe = pointer(recipe.as_ref());
        options.part = choice.part;
        options.partial = choice.partial.into();
        let mut report = prepared(self.api.weights_report_init)?;
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.weights_import)(
                    weights.as_ptr(),
                    model.as_ptr(),
                    &raw const options,
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }

    /// Writes the weights of a model file.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn export_weights(
        self,
        [model, weights]: [&Path; 2],
        choice: &WeightsChoice,
    ) -> Result<(), HostError> {
        let (model, weights) = (c_path(model)?, c_path(weights)?);
        let mut options = prepared(self.api.weights_options_init)?;
        options.part = choice.part;
        options.names = choice.names;
        // SAFETY: all pointers outlive the call.
        self.call(|error| unsafe {
            (self.api.weights_export)(model.as_ptr(), weights.as_ptr(), &raw const options, error)
        })
    }
}
