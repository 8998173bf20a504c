//! Systems of trainings on tiles, and predictions: made, blended, stacked, measured, turned into masks.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;

use super::call::{c_path, c_text, pointer, prepared};
use super::train::Texts;
use super::{Listener, Plugin, Tileset, TrainChoice};
use crate::abi::{
    diapir_finish_options, diapir_finish_report, diapir_tile_predict_options, diapir_tile_predict_report,
    diapir_tileset,
};
use crate::failure::HostError;

/// How a trained system predicts tiles; `None` is what its recipe says.
#[derive(Debug, Clone)]
pub(crate) struct TilePredictChoice {
    pub(crate) device: String,
    pub(crate) precision: String,
    pub(crate) batch: i32,
    pub(crate) flip: Option<bool>,
    /// The trainings' snapshots, not the models that they kept.
    pub(crate) snapshots: Option<bool>,
    pub(crate) resume: bool,
    pub(crate) pictures: bool,
}

/// How predictions become masks.
#[derive(Debug, Clone)]
pub(crate) struct FinishChoice {
    /// The recipe's table of rules as TOML.
    pub(crate) rules: String,
    pub(crate) threshold: f64,
    pub(crate) mosaics: Option<PathBuf>,
    pub(crate) submission: Option<PathBuf>,
    pub(crate) masks: Option<PathBuf>,
}

impl Plugin {
    /// Trains a whole system on tiles.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn train_system(
        self,
        tiles: &Tileset,
        folder: &Path,
        choice: &TrainChoice,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let folder = c_path(folder)?;
        let texts = Texts::new(choice)?;
        let options = texts.options(self, choice)?;
        self.heard(listener, |callbacks| {
            // SAFETY: the tileset is open, all pointers outlive the call.
            self.call(|error| unsafe {
                let options = &raw const options;
                (self.api.train_system)(tiles.handle(), folder.as_ptr(), options, callbacks, error)
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
        choice: &TilePredictChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_tile_predict_report, HostError> {
        let (run, output) = (c_path(run)?, c_path(output)?);
        let (device, precision) = (c_text(&choice.device)?, c_text(&choice.precision)?);
        let mut options: diapir_tile_predict_options = prepared(self.api.tile_predict_options_init)?;
        options.device = device.as_ptr();
        options.precision = precision.as_ptr();
        options.batch = choice.batch;
        options.flip = choice.flip.map_or(-1, i32::from);
        options.members = choice.snapshots.map_or(-1, i32::from);
        options.resume = choice.resume.into();
        options.pictures = choice.pictures.into();
        let mut report = prepared(self.api.tile_predict_report_init)?;
        self.heard(listener, |callbacks| {
            // SAFETY: the tileset is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.predict_tiles)(
                    run.as_ptr(),
                    tiles.handle(),
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
        let (_texts, paths) = texts(files)?;
        let output = c_path(output)?;
        if let Some(weights) = weights.filter(|weights| weights.len() != files.len()) {
            let message = format!("{} weights for {} files of predictions", weights.len(), files.len());
            return Err(HostError::usage(message));
        }
        let weights = weights.map_or(ptr::null(), <[f64]>::as_ptr);
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many paths and weights as it says, and all outlive the call.
            self.call(|error| unsafe {
                let paths = (paths.as_ptr(), paths.len());
                (self.api.blend_predictions)(paths.0, weights, paths.1, output.as_ptr(), callbacks, error)
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
        let (_texts, paths) = texts(files)?;
        let report = c_path(report)?;
        let mut weights = vec![0.0; files.len()];
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many paths and places for weights as it says, and all outlive the call.
            self.call(|error| unsafe {
                (self.api.stack_predictions)(
                    paths.as_ptr(),
                    paths.len(),
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
        choice: &FinishChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_finish_report, HostError> {
        let predictions = c_path(predictions)?;
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        let texts = FinishTexts::new(choice)?;
        let options = texts.options(self, choice)?;
        let mut report = prepared(self.api.finish_report_init)?;
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many tilesets as it says, and all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.finish_tiles)(
                    predictions.as_ptr(),
                    handles.as_ptr(),
                    handles.len(),
                    &raw const options,
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
        choice: &FinishChoice,
        report: &Path,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (predictions, report) = (c_path(predictions)?, c_path(report)?);
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        let texts = FinishTexts::new(choice)?;
        let options = texts.options(self, choice)?;
        self.heard(listener, |callbacks| {
            // SAFETY: there are as many tilesets as it says, and all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.report_tiles)(
                    predictions.as_ptr(),
                    handles.as_ptr(),
                    handles.len(),
                    &raw const options,
                    report.as_ptr(),
                    callbacks,
                    error,
                )
            })
        })
    }
}

/// Paths for the library, with what they point into.
fn texts(files: &[PathBuf]) -> Result<(Vec<CString>, Vec<*const c_char>), HostError> {
    let texts: Vec<CString> = files.iter().map(|path| c_path(path)).collect::<Result<_, _>>()?;
    let pointers = texts.iter().map(|text| text.as_ptr()).collect();
    Ok((texts, pointers))
}

/// The texts that options point to.
struct FinishTexts {
    rules: CString,
    mosaics: Option<CString>,
    submission: Option<CString>,
    masks: Option<CString>,
}

impl FinishTexts {
    fn new(choice: &FinishChoice) -> Result<Self, HostError> {
        let path = |path: &Option<PathBuf>| path.as_deref().map(c_path).transpose();
        Ok(Self {
            rules: c_text(&choice.rules)?,
            mosaics: path(&choice.mosaics)?,
            submission: path(&choice.submission)?,
            masks: path(&choice.masks)?,
        })
    }

    fn options(&self, plugin: Plugin, choice: &FinishChoice) -> Result<diapir_finish_options, HostError> {
        let mut options: diapir_finish_options = prepared(plugin.api.finish_options_init)?;
        options.rules = self.rules.as_ptr();
        options.threshold = choice.threshold;
        options.mosaics = pointer(self.mosaics.as_ref());
        options.submission = pointer(self.submission.as_ref());
        options.masks = pointer(self.masks.as_ref());
        Ok(options)
    }
}
