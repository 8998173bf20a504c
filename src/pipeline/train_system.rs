//! A whole system from a recipe: each of its trainings on all folds, then what they say together of tiles that they have not seen.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::cross_validate::{CrossValidation, LabelledData, cross_validate};
use super::fit::FitOptions;
use super::predict_tileset::{TilePredictOptions, combine, of_training, predict_tileset};
use super::report_tiles::{TileReport, report_tiles};
use crate::control::Control;
use crate::ensemble::{Stacking, stack};
use crate::error::{Error, ErrorKind, Result};
use crate::infer::PredictorOptions;
use crate::output::{create_folder, write_file};
use crate::postprocess::{MosaicRules, TileRules};
use crate::tileset::{PredictionFile, TileFolder};
use crate::train::Recipe;

/// The weights of trainings, by name.
const WEIGHTS: &str = "weights.json";

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
    /// What was fitted, where the recipe stacks its trainings.
    pub stacked: Option<Stacking>,
    /// All together, each tile predicted by the networks that have not seen it, with the recipe's rules but those of mosaics.
    pub together: TileReport,
}

/// Trains the recipe's system on the labelled tiles of a folder: its trainings in `folder` or, where they have names, in folders below, then
/// out-of-fold predictions in `folder/out-of-fold`, and `folder/system.json`. With `options.resume` what is finished is not done again.
///
/// # Errors
/// As [`cross_validate`] and [`predict_tileset`].
pub fn train_system(
    tiles: &TileFolder,
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<SystemReport> {
    options.recipe.check()?;
    create_folder(folder)?;
    let mut trainings = Vec::new();
    for (name, recipe) in options.recipe.each_training() {
        if !name.is_empty() {
            control.info(&format!("training {name}"));
        }
        let options = FitOptions { recipe, ..options.clone() };
        let folds = cross_validate(LabelledData::Tiles(tiles), &folder.join(&name), &options, control)?;
        trainings.push(SystemTraining { name, folds });
    }
    let mut weights: BTreeMap<String, f64> = recipe_weights(&options.recipe);
    write_file(&folder.join(WEIGHTS), &json(&weights)?)?;
    let predictor = PredictorOptions {
        device: options.device,
        precision: options.precision,
        ..PredictorOptions::default()
    };
    let predict = TilePredictOptions { predictor, resume: true, ..TilePredictOptions::default() };
    let output = folder.join("out-of-fold");
    predict_tileset(folder, tiles, &output, &predict, control)?;
    let mut stacked = None;
    if options.recipe.predict.stack && trainings.len() > 1 {
        let names: Vec<&str> = trainings.iter().map(|training| &*training.name).collect();
        let files: Vec<PredictionFile> = names
            .iter()
            .map(|name| PredictionFile::open(&of_training(&output, name)))
            .collect::<Result<_>>()?;
        let found = stack(&files, tiles, options.recipe.threshold, control)?;
        weights = names.iter().map(|name| (*name).to_owned()).zip(found.weights.iter().copied()).collect();
        write_file(&folder.join(WEIGHTS), &json(&weights)?)?;
        combine(&output, &weights, control)?;
        stacked = Some(found);
    }
    let file = PredictionFile::open(&output.join("predictions.safetensors"))?;
    let recipe = &options.recipe;
    let rules = TileRules { mosaics: MosaicRules::default(), ..recipe.rules };
    let together = report_tiles(&file, tiles, (&rules, recipe.threshold), None, control)?;
    let report = SystemReport { trainings, stacked, together };
    write_file(&folder.join("recipe.toml"), recipe.to_toml()?.as_bytes())?;
    write_file(&folder.join("system.json"), &json(&report)?)?;
    Ok(report)
}

/// Weights that the recipe gives to its trainings.
fn recipe_weights(recipe: &Recipe) -> BTreeMap<String, f64> {
    let given =
        recipe.trainings.iter().filter_map(|training| Some((training.name.clone(), training.weight?)));
    given.collect()
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a report: {error}")))
}
