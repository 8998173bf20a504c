//! The run itself, which trainings on surveys and on loose tiles have in common.

use std::time::Instant;

use super::options::{FitOptions, FitReport, Place};
use super::run_record::RunRecord;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::TileScores;
use crate::train::{Candidate, RunFolder, TileSource, Trainer, TrainingSetup};

/// A training whose tiles are known.
pub(super) struct Run<'a> {
    pub(super) tiles: &'a dyn TileSource,
    pub(super) validation: &'a dyn TileSource,
    pub(super) folder: &'a RunFolder,
    pub(super) options: &'a FitOptions,
    pub(super) place: Place,
}

impl Run<'_> {
    /// Trains, and leaves the record of the run. `leave_folds` says who was validated on what; it is called once it is sure that a training in the folder is
    /// this one. Gives what the validation tiles say too.
    pub(super) fn train(
        &self,
        leave_folds: impl FnOnce() -> Result<()>,
        control: &Control<'_>,
    ) -> Result<(FitReport, TileScores)> {
        let started = Instant::now();
        let Self { tiles, validation, folder, options, place: Place { device, kind } } = *self;
        control.info(&format!(
            "{} training tiles, {} validation tiles, {kind:?} on {device:?}",
            tiles.len(),
            validation.len()
        ));
        let initial = options.initial.as_deref();
        let recipe = options.recipe.to_toml()?;
        let training = &options.recipe.training;
        let setup = TrainingSetup { training, recipe: &recipe, folder, device, kind, initial };
        let trainer = Trainer::new(setup, tiles, validation)?;
        leave_folds()?;
        let mut record = RunRecord::new(options, self.place, tiles, validation);
        record.write(folder, &recipe)?;
        let outcome = trainer.run(control).inspect_err(|error| {
            record.stopped(error);
            // What stopped it matters more than that this could not be written.
            record.write(folder, &recipe).unwrap_or_else(|error| log::warn!("{error}"));
        })?;
        let Some(last) = outcome.epochs.last() else {
            fail!(Internal, "a training ended without an epoch");
        };
        for Candidate { name, figures } in &outcome.candidates {
            control.info(&format!("{name}: validation IoU {:.3}, score {:.3}", figures.iou, figures.score));
        }
        let figures = outcome.validation.figures()?;
        let report = FitReport {
            epochs: outcome.epochs.len(),
            steps: outcome.steps,
            tiles: tiles.len(),
            validation_tiles: validation.len(),
            loss: last.loss,
            validation_iou: figures.iou,
            validation_score: figures.score,
            best_threshold: figures.best_threshold,
            best_score: figures.best_score,
            calibration_error: figures.calibration_error,
            seconds: started.elapsed().as_secs_f64(),
        };
        record.finished(&report);
        record.write(folder, &recipe)?;
        Ok((report, outcome.validation))
    }
}
