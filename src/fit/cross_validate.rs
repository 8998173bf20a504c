//! As many trainings as there are folds, each validated on another.

use std::path::Path;

use serde::Serialize;

use super::fold_folder::FoldFolder;
use super::options::{FitOptions, FitReport};
use super::surveys::fit_fold;
use super::tiles::fit_tile_fold;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::metrics::{Figures, TileScores};
use crate::output::{create_folder, write_file};
use crate::tileset::TileFolder;
use crate::train::LabelledSurvey;

/// What is trained and validated on.
#[derive(Clone, Copy)]
pub enum LabelledData<'a> {
    /// Surveys, divided into blocks of inlines.
    Surveys(&'a [LabelledSurvey<'a>]),
    /// Loose tiles, divided by the recipe's rule.
    Tiles(&'a TileFolder),
}

/// What the folds gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossValidation {
    /// Each fold's training.
    pub folds: Vec<FitReport>,
    /// Mean of the folds' scores.
    pub mean_score: f64,
    /// Their standard deviation (n - 1).
    pub score_deviation: f64,
    /// Mean of the folds' IoU.
    pub mean_iou: f64,
    /// All tiles together, each predicted by the training that has not seen it.
    pub out_of_fold: Figures,
}

/// Trains every fold of `options.recipe.folds` in `folder/fold-0`, `folder/fold-1` .., and leaves `cross-validation.json`. With
/// `options.resume` finished folds are not trained again.
///
/// # Errors
/// As [`super::fit_surveys`] and [`super::fit_tiles`].
pub fn cross_validate(
    data: LabelledData<'_>,
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<CrossValidation> {
    options.recipe.check()?;
    create_folder(folder)?;
    let count = options.recipe.folds.count;
    let place = FoldFolder::new(folder);
    let mut folds = Vec::new();
    let mut all = TileScores::new(options.recipe.training.threshold);
    for fold in 0..count {
        control.info(&format!("fold {} of {count}", fold + 1));
        let files = place.fold(fold);
        let begun = files.checkpoint().exists();
        if begun && !options.resume {
            fail!(
                InvalidArgument,
                "{} holds a training already: resume it, or choose another folder",
                files.folder().display()
            );
        }
        let mut options = FitOptions { resume: begun, ..options.clone() };
        options.recipe.folds.fold = fold;
        let (report, scores) = match data {
            LabelledData::Surveys(surveys) => fit_fold(surveys, files.folder(), &options, control),
            LabelledData::Tiles(tiles) => fit_tile_fold(tiles, files.folder(), &options, control),
        }?;
        all.merge(&scores);
        folds.push(report);
    }
    let found = summary(folds, all.figures()?);
    let text = serde_json::to_vec_pretty(&found).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("cannot encode a cross-validation: {error}"))
    })?;
    write_file(&place.summary(), &text)?;
    Ok(found)
}

fn summary(folds: Vec<FitReport>, out_of_fold: Figures) -> CrossValidation {
    let count = folds.len() as f64;
    let mean = |value: fn(&FitReport) -> f64| folds.iter().map(value).sum::<f64>() / count;
    let mean_score = mean(|fold| fold.validation_score);
    let squares: f64 = folds.iter().map(|fold| (fold.validation_score - mean_score).powi(2)).sum();
    let mean_iou = mean(|fold| fold.validation_iou);
    let score_deviation = (squares / (count - 1.0)).sqrt();
    CrossValidation { mean_score, score_deviation, mean_iou, out_of_fold, folds }
}
