//! Labelled surveys to a model file.

use std::path::Path;

use super::areas::{statistics, whole};
use super::options::{FitOptions, FitReport};
use super::run::Run;
use super::run_record::{LineFold, write_line_folds};
use super::sections::fit_sections;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::TileScores;
use crate::tiling::InputContract;
use crate::train::{Area, LabelledSurvey, RunFolder, SurveyTiles, TrainingSpec, line_fold};

/// Trains by the recipe and leaves the model, the history, the checkpoint and a report in `folder`.
///
/// Without validation surveys the last inlines of each training survey are kept back, with the recipe's guard
/// band between, because neighbouring sections look alike. Without training surveys the recipe's random sections are learnt
/// from, and validated on where there is no survey for it.
///
/// # Errors
/// `Dataset` for surveys that do not fit each other or are too small; `Cancelled` (resumable); `Diverged`; `Io`.
pub fn fit_surveys(
    training: &[LabelledSurvey<'_>],
    validation: &[LabelledSurvey<'_>],
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<FitReport> {
    let spec = &options.recipe.training;
    let place = options.place()?;
    if options.pseudo.is_some() {
        fail!(InvalidArgument, "pseudo-labels are for trainings on loose tiles, this one is on surveys");
    }
    if training.is_empty() {
        return fit_sections(validation, folder, options, control);
    }
    let contract = contract(training, spec)?;
    // A folder that will not do is worth knowing of before the surveys are read.
    let folder = RunFolder::prepare(folder, options.resume)?;
    let (mut learn, mut check, mut folds) = (Vec::new(), Vec::new(), Vec::new());
    for &survey in training {
        let stats = statistics(&survey, spec, control)?;
        let lines = survey.seismic.grid().inlines;
        let kept = if validation.is_empty() { validation_lines(spec, lines.count)? } else { 0 };
        let guard = if kept > 0 { spec.tiles.guard_lines } else { 0 };
        let first = 0..lines.count - kept - guard;
        let last = (kept > 0).then_some(lines.count - kept..lines.count);
        folds.push(LineFold::new(&lines, std::slice::from_ref(&first), last.as_ref()));
        learn.push(Area::new(survey, first, &stats)?);
        if let Some(last) = last {
            check.push(Area::new(survey, last, &stats)?);
        }
    }
    for &survey in validation {
        check.push(whole(survey, spec, control)?);
    }
    let tiles = SurveyTiles::new(learn, contract.clone(), spec, control)?;
    let validation = SurveyTiles::new(check, contract, spec, control)?;
    let leave_folds = || write_line_folds(&folder, &folds);
    let run = Run { tiles: &tiles, validation: &validation, folder: &folder, options, place };
    Ok(run.train(leave_folds, control)?.0)
}

/// As [`fit_surveys`], with fold `recipe.folds.fold` of each survey's inlines to validate on.
///
/// # Errors
/// As [`fit_surveys`].
pub(super) fn fit_fold(
    surveys: &[LabelledSurvey<'_>],
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<(FitReport, TileScores)> {
    let spec = &options.recipe.training;
    let place = options.place()?;
    if options.pseudo.is_some() {
        fail!(InvalidArgument, "pseudo-labels are for trainings on loose tiles, this one is on surveys");
    }
    let contract = contract(surveys, spec)?;
    let folder = RunFolder::prepare(folder, options.resume)?;
    let (mut learn, mut check, mut folds) = (Vec::new(), Vec::new(), Vec::new());
    for &survey in surveys {
        let stats = statistics(&survey, spec, control)?;
        let lines = survey.seismic.grid().inlines;
        let (training, block) = line_fold(lines.count, &options.recipe.folds, spec.tiles.guard_lines)?;
        folds.push(LineFold::new(&lines, &training, Some(&block)));
        for range in training {
            learn.push(Area::new(survey, range, &stats)?);
        }
        check.push(Area::new(survey, block, &stats)?);
    }
    let tiles = SurveyTiles::new(learn, contract.clone(), spec, control)?;
    let validation = SurveyTiles::new(check, contract, spec, control)?;
    let leave_folds = || write_line_folds(&folder, &folds);
    let run = Run { tiles: &tiles, validation: &validation, folder: &folder, options, place };
    run.train(leave_folds, control)
}

/// All of these surveys' tiles to learn from.
pub(super) fn whole_surveys<'a>(
    surveys: &[LabelledSurvey<'a>],
    spec: &TrainingSpec,
    control: &Control<'_>,
) -> Result<SurveyTiles<'a>> {
    let contract = contract(surveys, spec)?;
    let areas = surveys.iter().map(|&survey| whole(survey, spec, control)).collect::<Result<_>>()?;
    SurveyTiles::new(areas, contract, spec, control)
}

/// Inlines kept back of `count`.
fn validation_lines(spec: &TrainingSpec, count: usize) -> Result<usize> {
    let kept = ((spec.tiles.validation_share * count as f64).round() as usize).max(1);
    if kept + spec.tiles.guard_lines >= count {
        fail!(
            Dataset,
            "a survey of {count} inlines leaves none to train on after {kept} for validation and a guard of {}: give a validation survey, or lower the recipe's guard_lines",
            spec.tiles.guard_lines
        );
    }
    Ok(kept)
}

/// The contract that all training surveys share.
fn contract(training: &[LabelledSurvey<'_>], spec: &TrainingSpec) -> Result<InputContract> {
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
    let direction = spec.tiles.directions.first().copied().unwrap_or_default();
    let spacing = first.seismic.grid().trace_spacing(direction);
    Ok(spec.input.contract([shallow, deep], axis.unit, Some(axis.step), spacing))
}
