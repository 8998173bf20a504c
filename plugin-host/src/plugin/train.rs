//! Recipes and training.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::ptr;

use super::call::{c_path, c_text, pointer, prepared};
use super::{Listener, Plugin, Survey, Tileset};
use crate::abi::{
    diapir_cross_validation, diapir_labelled_survey, diapir_status, diapir_train_options, diapir_train_report,
};
use crate::failure::HostError;

/// How to train.
#[derive(Default)]
pub(crate) struct TrainChoice {
    /// The recipe's TOML text.
    pub(crate) recipe: String,
    pub(crate) device: Option<String>,
    pub(crate) precision: Option<String>,
    /// Go on from the checkpoint of the run folder.
    pub(crate) resume: bool,
    /// A model file to start from.
    pub(crate) initial: Option<PathBuf>,
    /// A folder of predictions to learn from too, and the tiles that were predicted.
    pub(crate) pseudo: Option<(PathBuf, Tileset)>,
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

    /// Refuses a recipe that the library would not train by; a build without training takes any.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn check_recipe(self, text: &str) -> Result<(), HostError> {
        if !self.has_torch() {
            return Ok(());
        }
        let text = c_text(text)?;
        // SAFETY: the text outlives the call.
        self.call(|error| unsafe { (self.api.recipe_check)(text.as_ptr(), error) })
    }

    /// Trains.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn train(
        self,
        data: &TrainingData,
        run_folder: &Path,
        choice: &TrainChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_train_report, HostError> {
        let run_folder = c_path(run_folder)?;
        let texts = Texts::new(choice)?;
        let options = texts.options(self, choice)?;
        let mut report = prepared(self.api.train_report_init)?;
        self.heard(listener, |callbacks| {
            self.call(|error| match data {
                TrainingData::Surveys { training, validation } => {
                    let (training, validation) = (handles(training), handles(validation));
                    // SAFETY: the surveys are open, all pointers outlive the call.
                    unsafe {
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
                    }
                }
                // SAFETY: the tileset is open, all pointers outlive the call.
                TrainingData::Tiles(tiles) => unsafe {
                    (self.api.train_tiles)(
                        tiles.handle(),
                        run_folder.as_ptr(),
                        &raw const options,
                        callbacks,
                        &raw mut report,
                        error,
                    )
                },
            })
        })?;
        Ok(report)
    }

    /// Trains once for each fold; validation surveys are not used.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn cross_validate(
        self,
        data: &TrainingData,
        folder: &Path,
        choice: &TrainChoice,
        listener: &mut dyn Listener,
    ) -> Result<diapir_cross_validation, HostError> {
        let folder = c_path(folder)?;
        let texts = Texts::new(choice)?;
        let options = texts.options(self, choice)?;
        let mut result = prepared(self.api.cross_validation_init)?;
        self.heard(listener, |callbacks| {
            self.call(|error| -> diapir_status {
                match data {
                    TrainingData::Surveys { training, .. } => {
                        let surveys = handles(training);
                        // SAFETY: the surveys are open, all pointers outlive the call.
                        unsafe {
                            (self.api.cross_validate)(
                                first(&surveys),
                                surveys.len(),
                                folder.as_ptr(),
                                &raw const options,
                                callbacks,
                                &raw mut result,
                                error,
                            )
                        }
                    }
                    // SAFETY: the tileset is open, all pointers outlive the call.
                    TrainingData::Tiles(tiles) => unsafe {
                        (self.api.cross_validate_tiles)(
                            tiles.handle(),
                            folder.as_ptr(),
                            &raw const options,
                            callbacks,
                            &raw mut result,
                            error,
                        )
                    },
                }
            })
        })?;
        Ok(result)
    }

    /// Trains for `steps` steps at rates from `range[0]` to `range[1]`, writes the losses to `table`, and gives the rates of the steepest fall and of the lowest
    /// loss, 0 where there is none.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn test_rates(
        self,
        data: &TrainingData,
        choice: &TrainChoice,
        (range, steps): ([f64; 2], i64),
        table: &Path,
        listener: &mut dyn Listener,
    ) -> Result<[f64; 2], HostError> {
        let table = c_path(table)?;
        let texts = Texts::new(choice)?;
        let options = texts.options(self, choice)?;
        let (surveys, tiles) = match data {
            TrainingData::Surveys { training, .. } => (handles(training), ptr::null()),
            TrainingData::Tiles(tiles) => (Vec::new(), tiles.handle()),
        };
        let [mut steepest, mut lowest] = [0.0; 2];
        self.heard(listener, |callbacks| {
            // SAFETY: what is learnt from is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.test_rates)(
                    first(&surveys),
                    surveys.len(),
                    tiles,
                    &raw const options,
                    range[0],
                    range[1],
                    steps,
                    table.as_ptr(),
                    callbacks,
                    &raw mut steepest,
                    &raw mut lowest,
                    error,
                )
            })
        })?;
        Ok([steepest, lowest])
    }
}

/// What is learnt from.
pub(crate) enum TrainingData {
    /// Pairs of seismic and label; without `validation` the library keeps a part of each back.
    Surveys { training: Vec<[Survey; 2]>, validation: Vec<[Survey; 2]> },
    /// Loose tiles.
    Tiles(Tileset),
}

/// The texts that options point to.
pub(super) struct Texts {
    recipe: CString,
    device: Option<CString>,
    precision: Option<CString>,
    initial: Option<CString>,
    pseudo: Option<CString>,
}

impl Texts {
    pub(super) fn new(choice: &TrainChoice) -> Result<Self, HostError> {
        Ok(Self {
            recipe: c_text(&choice.recipe)?,
            device: choice.device.as_deref().map(c_text).transpose()?,
            precision: choice.precision.as_deref().map(c_text).transpose()?,
            initial: choice.initial.as_deref().map(c_path).transpose()?,
            pseudo: choice.pseudo.as_ref().map(|(folder, _)| c_path(folder)).transpose()?,
        })
    }

    pub(super) fn options(
        &self,
        plugin: Plugin,
        choice: &TrainChoice,
    ) -> Result<diapir_train_options, HostError> {
        let mut options: diapir_train_options = prepared(plugin.api.train_options_init)?;
        options.recipe = self.recipe.as_ptr();
        options.device = pointer(self.device.as_ref());
        options.precision = pointer(self.precision.as_ref());
        options.resume = choice.resume.into();
        options.initial_model = pointer(self.initial.as_ref());
        options.pseudo_predictions = pointer(self.pseudo.as_ref());
        options.pseudo_tiles = choice.pseudo.as_ref().map_or(std::ptr::null(), |(_, tiles)| tiles.handle());
        Ok(options)
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
