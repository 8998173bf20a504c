//! What a caller says of a training, and what it gives.

use std::path::PathBuf;

use serde::Serialize;
use tch::{Device, Kind};

use super::pseudo::PseudoSource;
use crate::error::{Result, fail};
use crate::recipe::SystemRecipe;
use crate::tensor::{DeviceChoice, Precision};

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
#[derive(Debug, Clone, Copy)]
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
