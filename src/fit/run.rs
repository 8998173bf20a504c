//! What trainings on surveys and on loose tiles have in common: options, report, the run itself.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use tch::{Device, Kind};

use super::pseudo::PseudoSource;
use super::run_record::RunRecord;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::TileScores;
use crate::recipe::SystemRecipe;
use crate::tensor::{DeviceChoice, Precision};
use crate::train::{Candidate, RunFolder, TileSource, Trainer, TrainingSetup};

/// How to train.
#[derive(Debug, Clone)]
pub struct FitOptions {
    /// What to do.
    pub recipe: SystemRecipe,
    /// Where the network runs.
    pub device: DeviceChoice,
    /// The number format that it computes in.
    pub precision: Precision,
    /// Go on from the run folder's checkpoint.
    pub resume: bool,
    /// A model file whose weights a new training starts from.
    pub initial: Option<PathBuf>,
    /// Predicted tiles to train on too; for trainings on loose tiles.
    pub pseudo: Option<PseudoSource>,
}

/// What a training gave. Figures are those of the model file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FitReport {
    /// Epochs trained, earlier runs included.
    pub epochs: usize,
    /// Optimizer steps.
    pub steps: u64,
    /// Training tiles.
    pub tiles: usize,
    /// Validation tiles.
    pub validation_tiles: usize,
    /// Mean training loss of the last epoch.
    pub loss: f64,
    /// IoU over all validation pixels.
    pub validation_iou: f64,
    /// Mean precision over IoU 0.50..0.95 of the validation tiles.
    pub validation_score: f64,
    /// The threshold with the best score on the validation tiles.
    pub best_threshold: f64,
    /// That score.
    pub best_score: f64,
    /// Expected calibration error of the probabilities.
    pub calibration_error: f64,
    /// Seconds of this run.
    pub seconds: f64,
}

/// Where and in what a training computes.
pub(super) struct Place {
    pub(super) device: Device,
    pub(super) kind: Kind,
}

impl FitOptions {
    /// Checks the recipe and chooses.
    pub(super) fn place(&self) -> Result<Place> {
        self.recipe.check()?;
        let device = self.device.resolve()?;
        let kind = self.precision.kind(device)?;
        if kind == Kind::Half {
            fail!(
                InvalidArgument,
                "float16 has too small a range to train in: take bfloat16, float32 or auto"
            );
        }
        Ok(Place { device, kind })
    }
}

/// Trains, and leaves the record of the run. `leave_folds` says who was validated on what; it is called once it is sure that a training in the folder is
/// this one. Gives what the validation tiles say too.
pub(super) fn train(
    tiles: &dyn TileSource,
    validation: &dyn TileSource,
    folder: &RunFolder,
    (options, place): (&FitOptions, &Place),
    leave_folds: impl FnOnce() -> Result<()>,
    control: &Control<'_>,
) -> Result<(FitReport, TileScores)> {
    let started = Instant::now();
    let Place { device, kind } = *place;
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
    let mut record = RunRecord::new(options, (device, kind), [tiles, validation]);
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
