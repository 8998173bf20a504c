//! What becomes of a probability volume: figures, maps, pictures.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::CString;
use std::path::Path;
use std::ptr;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::model::Model;
use super::options::Options;
use super::survey::Survey;
use super::tileset::Tileset;
use crate::abi::{
    DIAPIR_THRESHOLD_OF_MODEL, diapir_evaluate_report, diapir_evaluate_tiles_report,
    diapir_export_maps_options, diapir_export_section_options,
};
use crate::failure::HostError;

/// Where maps go, as far as they are wanted.
#[derive(Clone, Copy)]
pub(crate) struct MapPaths<'a> {
    /// Top of salt.
    pub(crate) top: Option<&'a Path>,
    /// Largest probability.
    pub(crate) max: Option<&'a Path>,
}

/// What is outlined over a section, as far as it is there.
#[derive(Clone, Copy)]
pub(crate) struct Over<'a> {
    pub(crate) probability: Option<&'a Survey>,
    pub(crate) label: Option<&'a Survey>,
}

impl Plugin {
    /// Compares probabilities with labels.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn evaluate(
        self,
        probability: &Survey,
        label: &Survey,
        threshold: f64,
        listener: &mut dyn Listener,
    ) -> Result<diapir_evaluate_report, HostError> {
        let mut evaluation: diapir_evaluate_report = self.prepared()?;
        let (probability, label) = (probability.handle(), label.handle());
        self.heard(listener, |callbacks| {
            // SAFETY: the surveys are open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.evaluate)(
                    probability,
                    label,
                    threshold as f32,
                    callbacks,
                    &raw mut evaluation,
                    error,
                )
            })
        })?;
        Ok(evaluation)
    }

    /// Compares a model's predictions with the masks of tiles; `None` is the model's own threshold.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn evaluate_tiles(
        self,
        model: &Model,
        tiles: &Tileset,
        threshold: Option<f64>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_evaluate_tiles_report, HostError> {
        let mut evaluation: diapir_evaluate_tiles_report = self.prepared()?;
        let threshold = threshold.unwrap_or(DIAPIR_THRESHOLD_OF_MODEL) as f32;
        let (model, tiles) = (model.handle(), tiles.handle());
        self.heard(listener, |callbacks| {
            // SAFETY: both handles are open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.evaluate_tiles)(model, tiles, threshold, callbacks, &raw mut evaluation, error)
            })
        })?;
        Ok(evaluation)
    }

    /// Writes the map of the top of salt and that of the largest probability, as GeoTIFF.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn export_maps(
        self,
        probability: &Survey,
        paths: MapPaths<'_>,
        options: &Options<'_, diapir_export_maps_options>,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (top, max) = (paths.top.map(c_text).transpose()?, paths.max.map(c_text).transpose()?);
        let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        let (top, max, options) = (pointer(&top), pointer(&max), options.as_ptr());
        self.heard(listener, |callbacks| {
            // SAFETY: the survey is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.export_maps)(probability.handle(), top, max, options, callbacks, error)
            })
        })
    }

    /// Draws a section as PNG: amplitudes, and outlines of probable salt and of labels if given.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn export_section_png(
        self,
        seismic: &Survey,
        over: Over<'_>,
        path: &Path,
        options: &Options<'_, diapir_export_section_options>,
    ) -> Result<(), HostError> {
        let path = c_text(path)?;
        let handle = |survey: Option<&Survey>| survey.map_or(ptr::null(), Survey::handle);
        let (probability, label) = (handle(over.probability), handle(over.label));
        // SAFETY: the surveys are open, all pointers outlive the call.
        self.call(|error| unsafe {
            (self.api.export_section_png)(
                seismic.handle(),
                probability,
                label,
                path.as_ptr(),
                options.as_ptr(),
                error,
            )
        })
    }
}
