//! A whole system from a recipe: each of its trainings on all folds, then what they say together of tiles that they have not seen.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::folder::{SystemFolder, read_recipe};
use super::predict::{TilePredictOptions, predict_tileset};
use super::report::{TileReport, report_tiles};
use super::stack::{SystemStacking, stack_system};
use crate::control::Control;
#[cfg(doc)]
use crate::ensemble::Stacking;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::fit::{CrossValidation, FitOptions, LabelledData, check_folds, check_groups, cross_validate};
use crate::infer::PredictorOptions;
use crate::output::{create_folder, write_file};
use crate::recipe::SystemRecipe;
use crate::rules::{MosaicRules, TileRules};
use crate::tileset::{PredictionFile, TileFolder};

/// One training on all its folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemTraining {
    /// Its name in the recipe.
    pub name: String,
    /// What its folds gave.
    pub folds: CrossValidation,
}

/// What the system is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemReport {
    /// Each training.
    pub trainings: Vec<SystemTraining>,
    /// What was fitted, where the recipe stacks.
    pub stacked: Option<SystemStacking>,
    /// All together, each tile predicted by the networks that have not seen it, with the recipe's rules but those of mosaics. Where the recipe stacks, the
    /// weights have been fitted to these tiles: the figures that have not seen them are those of [`Stacking::stacked`].
    pub together: TileReport,
}

/// Trains the recipe's system on the labelled tiles of a folder: its trainings in `folder` or, where they have names, in folders below, then
/// out-of-fold predictions in `folder/out-of-fold`, and `folder/system.json`. With `options.resume` what is finished is not done again.
///
/// # Errors
/// `InvalidArgument` when `folder` holds another system; as [`cross_validate`] and [`predict_tileset`].
pub fn train_system(
    tiles: &TileFolder,
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<SystemReport> {
    let recipe = &options.recipe;
    recipe.check()?;
    // What would end the last of many trainings ends the first.
    for (_, recipe) in recipe.each_training() {
        check_folds(tiles, &recipe)?;
    }
    if let Some(source) = &options.pseudo {
        check_groups(source, &recipe.pseudo, tiles)?;
    }
    let files = SystemFolder::new(folder);
    claim(&files, recipe)?;
    let mut trainings = Vec::new();
    for (name, recipe) in recipe.each_training() {
        if !name.is_empty() {
            control.info(&format!("training {name}"));
        }
        let options = FitOptions { recipe, ..options.clone() };
        let folds = cross_validate(LabelledData::Tiles(tiles), &files.training(&name), &options, control)?;
        trainings.push(SystemTraining { name, folds });
    }
    if !recipe.predict.stack {
        write_file(&files.weights(), &json(&recipe_weights(recipe))?)?;
    }
    let predictor = PredictorOptions {
        device: options.device,
        precision: options.precision,
        ..PredictorOptions::default()
    };
    let predict = TilePredictOptions { predictor, resume: true, ..TilePredictOptions::default() };
    predict_tileset(folder, tiles, &files.out_of_fold(), &predict, control)?;
    let mut stacked = None;
    if recipe.predict.stack {
        let (found, weights) = stack_system(&files, tiles, recipe, control)?;
        write_file(&files.weights(), &json(&weights)?)?;
        stacked = Some(found);
    }
    let file = PredictionFile::open(&files.out_of_fold_files().result())?;
    let rules = TileRules { mosaics: MosaicRules::default(), ..recipe.rules };
    let together = report_tiles(&file, &[tiles], (&rules, recipe.training.threshold), None, control)?;
    let report = SystemReport { trainings, stacked, together };
    write_file(&files.report(), &json(&report)?)?;
    Ok(report)
}

/// Writes the recipe into the system's folder, unless trainings of another system are there.
fn claim(files: &SystemFolder, recipe: &SystemRecipe) -> Result<()> {
    create_folder(files.path())?;
    let path = files.recipe();
    let another = match path.exists() {
        true => Some(read_recipe(&path)?).filter(|other| !other.trains_like(recipe)),
        false => None,
    };
    if another.is_some_and(|other| files.has_begun(&other)) {
        fail!(
            InvalidArgument,
            "{} holds the trainings of another recipe ({}): choose another folder",
            files.path().display(),
            path.display()
        );
    }
    write_file(&path, recipe.to_toml()?.as_bytes())
}

/// Weights that the recipe gives to its trainings.
fn recipe_weights(recipe: &SystemRecipe) -> BTreeMap<String, f64> {
    let given =
        recipe.trainings.iter().filter_map(|training| Some((training.name.clone(), training.weight?)));
    given.collect()
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a report: {error}")))
}
