//! Systems of trainings on tiles, and predictions: made, blended, stacked, measured, turned into masks.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use super::tileset::Tileset;
use crate::abi::{
    diapir_finish_tiles_options, diapir_finish_tiles_report, diapir_predict_tiles_options,
    diapir_predict_tiles_report, diapir_tileset, diapir_train_options,
};
use crate::failure::HostError;

impl Plugin {
    /// Trains a whole system on tiles.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn train_system(
        self,
        tiles: &Tileset,
        folder: &Path,
        options: &Options<'_, diapir_train_options>,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let folder = c_text(folder)?;
        self.heard(listener, |callbacks| {
            // SAFETY: the tileset is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.train_system)(tiles.handle(), folder.as_ptr(), options.as_ptr(), callbacks, error)
            })
        })
    }

    /// Predicts tiles with a trained system.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn predict_tiles(
        self,
        run: &Path,
        tiles: &Tileset,
        output: &Path,
        options: &Options<'_, diapir_predict_tiles_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_predict_tiles_report, HostError> {
        let (run, output) = (c_text(run)?, c_text(output)?);
        let mut report: diapir_predict_tiles_report = self.prepared()?;
        self.heard(listener, |callbacks| {
            // SAFETY: the tileset is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.predict_tiles)(
                    run.as_ptr(),
                    tiles.handle(),
                    output.as_ptr(),
                    options.as_ptr(),
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }

    /// Averages files of predictions; without weights all count alike.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn blend_predictions(
        self,
        files: &[PathBuf],
        weights: Option<&[f64]>,
        output: &Path,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let files = Paths::new(files)?;
        let output = c_text(output)?;
        let count = files.pointers.len();
        if let Some(weights) = weights.filter(|weights| weights.len() != count) {
            let message = format!("{} weights for {count} files of predictions", weights.len());
            return Err(HostError::usage(message));
        }
        let weights = weights.map_or(ptr::null(), <[f64]>::as_ptr);
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many paths and weights as it says, and all outlive the call.
            self.call(|error| unsafe {
                let paths = files.pointers.as_ptr();
                (self.api.blend_predictions)(paths, weights, count, output.as_ptr(), callbacks, error)
            })
        })
    }

    /// Weights for a blend, fitted to the tiles' masks; figures go to the file `report`.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn stack_predictions(
        self,
        files: &[PathBuf],
        tiles: &Tileset,
        threshold: f64,
        report: &Path,
        listener: &mut dyn Listener,
    ) -> Result<Vec<f64>, HostError> {
        let files = Paths::new(files)?;
        let report = c_text(report)?;
        let mut weights = vec![0.0; files.pointers.len()];
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many paths and places for weights as it says, and all outlive the call.
            self.call(|error| unsafe {
                (self.api.stack_predictions)(
                    files.pointers.as_ptr(),
                    files.pointers.len(),
                    tiles.handle(),
                    threshold,
                    report.as_ptr(),
                    callbacks,
                    weights.as_mut_ptr(),
                    error,
                )
            })
        })?;
        Ok(weights)
    }

    /// Makes masks of predictions, leaning on the masks of the tilesets.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn finish_tiles(
        self,
        predictions: &Path,
        tilesets: &[Tileset],
        options: &Options<'_, diapir_finish_tiles_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_finish_tiles_report, HostError> {
        let predictions = c_text(predictions)?;
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        let mut report: diapir_finish_tiles_report = self.prepared()?;
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many tilesets as it says, and all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.finish_tiles)(
                    predictions.as_ptr(),
                    handles.as_ptr(),
                    handles.len(),
                    options.as_ptr(),
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }

    /// Measures predictions on the tiles' masks into the JSON file `report`.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn report_tiles(
        self,
        predictions: &Path,
        tilesets: &[Tileset],
        options: &Options<'_, diapir_finish_tiles_options>,
        report: &Path,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (predictions, report) = (c_text(predictions)?, c_text(report)?);
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many tilesets as it says, and all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.report_tiles)(
                    predictions.as_ptr(),
                    handles.as_ptr(),
                    handles.len(),
                    options.as_ptr(),
                    report.as_ptr(),
                    callbacks,
                    error,
                )
            })
        })
    }
}

/// Paths for the library.
struct Paths {
    pointers: Vec<*const c_char>,
    /// What the pointers point into.
    _texts: Vec<CString>,
}

impl Paths {
    fn new(files: &[PathBuf]) -> Result<Self, HostError> {
        let texts: Vec<CString> = files.iter().map(c_text).collect::<Result<_, _>>()?;
        Ok(Self { pointers: texts.iter().map(|text| text.as_ptr()).collect(), _texts: texts })
    }
}
