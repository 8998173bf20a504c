//! Weights trained elsewhere.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use crate::abi::{diapir_weights_options, diapir_weights_report};
use crate::failure::HostError;

impl Plugin {
    /// Makes a model file with the weights of a file.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn weights_import(
        self,
        weights: &Path,
        model: &Path,
        options: &Options<'_, diapir_weights_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_weights_report, HostError> {
        let (weights, model) = (c_text(weights)?, c_text(model)?);
        let mut report: diapir_weights_report = self.prepared()?;
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.weights_import)(
                    weights.as_ptr(),
                    model.as_ptr(),
                    options.as_ptr(),
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }

    /// Writes a model file anew, half as large.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn weights_halve(self, model: &Path, halved: &Path) -> Result<(), HostError> {
        let (model, halved) = (c_text(model)?, c_text(halved)?);
        // SAFETY: all pointers outlive the call.
        self.call(|error| unsafe { (self.api.weights_halve)(model.as_ptr(), halved.as_ptr(), error) })
    }

    /// Writes the weights of a model file.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn weights_export(
        self,
        model: &Path,
        weights: &Path,
        options: &Options<'_, diapir_weights_options>,
    ) -> Result<(), HostError> {
        let (model, weights) = (c_text(model)?, c_text(weights)?);
        // SAFETY: all pointers outlive the call.
        self.call(|error| unsafe {
            (self.api.weights_export)(model.as_ptr(), weights.as_ptr(), options.as_ptr(), error)
        })
    }
}
