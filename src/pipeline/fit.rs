//! Labelled surveys to a model file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use tch::Kind;

use crate::control::Control;
use crate::error::{Result, fail};
use crate::tensor::{DeviceChoice, Precision};
use crate::tiling::InputContract;
use crate::train::{Area, LabelledSurvey, Recipe, TileSet, Trainer, TrainingSetup};
use crate::volume::{AmplitudeStats, Direction};

/// How to train.
#[derive(Debug, Clone)]
pub struct FitOptions {
    /// What to do.
    pub recipe: Recipe,
    /// Where the network runs.
    pub device: DeviceChoice,
    /// The number format that it computes in.
    pub precision: Precision,
    /// Go on from the run folder's checkpoint.
    pub resume: bool,
    /// A model file whose weights a new training starts from.
    pub initial: Option<PathBuf>,
}

/// What a training gave. Figures are those of the epoch whose weights were kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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
    /// Seconds of this run.
    pub seconds: f64,
}

/// Trains by the recipe and leaves `model.safetensors`, `history.jsonl` and `checkpoint.safetensors` in `folder`.
///
/// Without validation surveys the last inlines of each training survey are kept back, with the recipe's guard
/// band between, because neighbouring sections look alike.
///
/// # Errors
/// `Dataset` for surveys that do not fit each other or are too small; `Cancelled` (resumable); `Diverged`; `Io`.
pub fn fit(
    training: &[LabelledSurvey<'_>],
    validation: &[LabelledSurvey<'_>],
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<FitReport> {
    let started = Instant::now();
    let recipe = &options.recipe;
    recipe.check()?;
    let device = options.device.resolve()?;
    let kind = options.precision.kind(device)?;
    if kind == Kind::Half {
        fail!(InvalidArgument, "float16 has too small a range to train in: take bfloat16, float32 or auto");
    }
    let setup = TrainingSetup {
        recipe,
        folder,
        device,
        kind,
        resume: options.resume,
        initial: options.initial.as_deref(),
    };
    let contract = contract(training, recipe)?;
    // A folder that will not do is worth knowing of before the surveys are read.
    setup.prepare()?;
    let (mut learn, mut check) = (Vec::new(), Vec::new());
    for &survey in training {
        let stats = statistics(&survey, recipe, control)?;
        let count = survey.seismic.grid().inlines.count;
        let kept = if validation.is_empty() { validation_lines(recipe, count)? } else { 0 };
        let guard = if kept > 0 { recipe.tiles.guard_lines } else { 0 };
        learn.push(Area::new(survey, 0..count - kept - guard, &stats)?);
        if kept > 0 {
            check.push(Area::new(survey, count - kept..count, &stats)?);
        }
    }
    for &survey in validation {
        let stats = statistics(&survey, recipe, control)?;
        check.push(Area::new(survey, 0..survey.seismic.grid().inlines.count, &stats)?);
    }
    let tiles = TileSet::new(learn, contract.clone(), &recipe.tiles, control)?;
    let validation = TileSet::new(check, contract, &recipe.tiles, control)?;
    control.info(&format!(
        "{} training tiles, {} validation tiles, {kind:?} on {device:?}",
        tiles.len(),
        validation.len()
    ));
    let outcome = Trainer::new(setup, &tiles, &validation)?.run(control)?;
    let (Some(last), Some(best)) = (outcome.epochs.last(), outcome.epochs.iter().rfind(|epoch| epoch.kept))
    else {
        fail!(Internal, "a training ended without an epoch");
    };
    Ok(FitReport {
        epochs: outcome.epochs.len(),
        steps: outcome.steps,
        tiles: tiles.len(),
        validation_tiles: validation.len(),
        loss: last.loss,
        validation_iou: best.validation_iou,
        validation_score: best.validation_score,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn statistics(survey: &LabelledSurvey<'_>, recipe: &Recipe, control: &Control<'_>) -> Result<AmplitudeStats> {
    let scaling = recipe.input.scaling;
    AmplitudeStats::of(survey.seismic, [scaling.low_share, scaling.high_share], control)
}

/// Inlines kept back of `count`.
fn validation_lines(recipe: &Recipe, count: usize) -> Result<usize> {
    let kept = ((recipe.tiles.validation_share * count as f64).round() as usize).max(1);
    if kept + recipe.tiles.guard_lines >= count {
        fail!(
            Dataset,
            "a survey of {count} inlines leaves none to train on after {kept} for validation and a guard of {}: give a validation survey, or lower the recipe's guard_lines",
            recipe.tiles.guard_lines
        );
    }
    Ok(kept)
}

/// The contract that all training surveys share.
fn contract(training: &[LabelledSurvey<'_>], recipe: &Recipe) -> Result<InputContract> {
    let Some(first) = training.first() else {
        fail!(InvalidArgument, "there is no survey to train on");
    };
    let axis = first.seismic.grid().samples;
    let (mut shallow, mut deep) = (f64::INFINITY, f64::NEG_INFINITY);
    for survey in training {
        let here = survey.seismic.grid().samples;
        if here.unit != axis.unit || (here.step / axis.step - 1.0).abs() > 0.01 {
            fail!(
                Dataset,
                "the training surveys differ in their vertical axis: {} {} against {} {}; resample one of them",
                axis.step,
                axis.unit.symbol(),
                here.step,
                here.unit.symbol()
            );
        }
        shallow = shallow.min(here.value(0));
        deep = deep.max(here.value(here.count));
    }
    let spacing = first.seismic.grid().georef.as_ref().map(|georef| {
        let [inline, crossline] = georef.bin_size();
        if recipe.tiles.directions.first() == Some(&Direction::Crossline) { inline } else { crossline }
    });
    Ok(recipe.input.contract([shallow, deep], axis.unit, Some(axis.step), spacing))
}
