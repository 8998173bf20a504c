//! What becomes of a probability volume: figures, maps, pictures.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;
use std::ptr;

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Model, Plugin, Survey, Tileset};
use crate::abi::{diapir_evaluation, diapir_tile_evaluation};
use crate::failure::HostError;

/// How to make maps; 0 is the library's default.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MapChoice {
    pub(crate) threshold: f32,
    /// Samples that salt must be thick to count.
    pub(crate) min_thickness: i32,
}

/// How to draw a section.
#[derive(Debug, Clone, Default)]
pub(crate) struct PictureChoice {
    /// A `diapir_direction`.
    pub(crate) direction: i32,
    /// Line number; `None`: the middle one.
    pub(crate) line: Option<i32>,
    /// 0: the library's default.
    pub(crate) threshold: f32,
    pub(crate) title: Option<String>,
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
        threshold: f32,
        listener: &mut dyn Listener,
    ) -> Result<diapir_evaluation, HostError> {
        let mut evaluation = prepared(self.api.evaluation_init)?;
        let (probability, label) = (probability.handle(), label.handle());
        self.heard(listener, |callbacks| {
            // SAFETY: the surveys are open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.evaluate)(probability, label, threshold, callbacks, &raw mut evaluation, error)
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
        threshold: Option<f32>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_tile_evaluation, HostError> {
        let mut evaluation = prepared(self.api.tile_evaluation_init)?;
        let (model, tiles, threshold) = (model.handle(), tiles.handle(), threshold.unwrap_or(-1.0));
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
        [top, max]: [Option<&Path>; 2],
        choice: &MapChoice,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (top, max) = (top.map(c_path).transpose()?, max.map(c_path).transpose()?);
        let mut options = prepared(self.api.map_options_init)?;
        options.threshold = choice.threshold;
        options.min_thickness = choice.min_thickness;
        let (top, max) = (pointer(top.as_ref()), pointer(max.as_ref()));
        self.heard(listener, |callbacks| {
            // SAFETY: the survey is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.export_maps)(probability.handle(), top, max, &raw const options, callbacks, error)
            })
        })
    }

    /// Draws a section as PNG: amplitudes, and outlines of probable salt and of labels if given.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn export_picture(
        self,
        seismic: &Survey,
        [probability, label]: [Option<&Survey>; 2],
        path: &Path,
        choice: &PictureChoice,
    ) -> Result<(), HostError> {
        let path = c_path(path)?;
        let title = choice.title.as_deref().map(c_text).transpose()?;
        let mut options = prepared(self.api.picture_options_init)?;
        options.direction = choice.direction;
        options.line = choice.line.unwrap_or(options.line);
        options.threshold = choice.threshold;
        options.title = pointer(title.as_ref());
        let handle = |survey: Option<&Survey>| survey.map_or(ptr::null(), Survey::handle);
        let (probability, label) = (handle(probability), handle(label));
        // SAFETY: the surveys are open, all pointers outlive the call.
        self.call(|error| unsafe {
            (self.api.export_section_png)(
                seismic.handle(),
                probability,
                label,
                path.as_ptr(),
                &raw const options,
                error,
            )
        })
    }
}
