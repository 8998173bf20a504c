//! Recipes and training.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;
use std::ptr;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use super::survey::Survey;
use super::tileset::Tileset;
use crate::abi::{
    diapir_cross_validate_report, diapir_labelled_survey, diapir_status, diapir_train_options,
    diapir_train_report,
};
use crate::failure::HostError;

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
        options: &Options<'_, diapir_train_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_train_report, HostError> {
        let run_folder = c_text(run_folder)?;
        let mut report: diapir_train_report = self.prepared()?;
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
                            options.as_ptr(),
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
                        options.as_ptr(),
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
        options: &Options<'_, diapir_train_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_cross_validate_report, HostError> {
        let folder = c_text(folder)?;
        let mut result: diapir_cross_validate_report = self.prepared()?;
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
                                options.as_ptr(),
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
                            options.as_ptr(),
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

    /// Trains for the steps and rates of `range`, writes the losses to `table`, and gives the rates of the
    /// steepest fall and of the lowest loss, 0 where there is none.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn test_rates(
        self,
        data: &TrainingData,
        options: &Options<'_, diapir_train_options>,
        range: &RateRange,
        table: &Path,
        listener: &mut dyn Listener,
    ) -> Result<Rates, HostError> {
        let table = c_text(table)?;
        let (surveys, tiles) = match data {
            TrainingData::Surveys { training, .. } => (handles(training), ptr::null()),
            TrainingData::Tiles(tiles) => (Vec::new(), tiles.handle()),
        };
        let (mut steepest, mut lowest) = (0.0, 0.0);
        self.heard(listener, |callbacks| {
            // SAFETY: what is learnt from is open, all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.test_rates)(
                    first(&surveys),
                    surveys.len(),
                    tiles,
                    options.as_ptr(),
                    range.from,
                    range.to,
                    range.steps,
                    table.as_ptr(),
                    callbacks,
                    &raw mut steepest,
                    &raw mut lowest,
                    error,
                )
            })
        })?;
        Ok(Rates { steepest, lowest })
    }
}

/// A survey and its labels.
pub(crate) struct LabelledSurvey {
    pub(crate) seismic: Survey,
    pub(crate) label: Survey,
}

/// Learning rates to test.
pub(crate) struct RateRange {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) steps: i64,
}

/// What a test of rates found; 0 where the loss never falls.
pub(crate) struct Rates {
    /// Where the loss falls fastest.
    pub(crate) steepest: f64,
    /// Where it is lowest.
    pub(crate) lowest: f64,
}

/// What is learnt from.
pub(crate) enum TrainingData {
    /// Without `validation` the library keeps a part of each back.
    Surveys { training: Vec<LabelledSurvey>, validation: Vec<LabelledSurvey> },
    /// Loose tiles.
    Tiles(Tileset),
}

impl<'a> Options<'a, diapir_train_options> {
    /// Learns from predictions in a folder too; `tiles` are those that were predicted.
    ///
    /// # Errors
    /// For a path that the library does not take.
    pub(crate) fn set_pseudo(&mut self, predictions: &Path, tiles: &'a Tileset) -> Result<(), HostError> {
        self.set_pseudo_predictions(predictions)?;
        self.pseudo_tiles = tiles.handle();
        Ok(())
    }
}

fn handles(surveys: &[LabelledSurvey]) -> Vec<diapir_labelled_survey> {
    let handles = |survey: &LabelledSurvey| diapir_labelled_survey {
        seismic: survey.seismic.handle(),
        label: survey.label.handle(),
    };
    surveys.iter().map(handles).collect()
}

/// NULL for an empty list.
fn first(pairs: &[diapir_labelled_survey]) -> *const diapir_labelled_survey {
    if pairs.is_empty() { std::ptr::null() } else { pairs.as_ptr() }
}
