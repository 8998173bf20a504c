//! Labelled tiles to a model file.

use std::borrow::Cow;
use std::path::Path;

use super::options::{FitOptions, FitReport};
use super::pseudo::{Wanted, check_groups};
use super::run::Run;
use super::run_record::write_folds;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::TileScores;
use crate::recipe::SystemRecipe;
use crate::tileset::{Tile, TileFolder};
use crate::train::{FoldSpec, LooseTiles, RunFolder, TileFacts, facts, near_duplicates};

/// Trains by the recipe on the labelled tiles of a folder, validates on fold `recipe.folds.fold`, and leaves the model, the
/// history, the checkpoint and a report in `folder`.
///
/// # Errors
/// `Dataset` for tiles that do not fit the recipe or cannot be divided; otherwise as [`super::fit_surveys`].
pub fn fit_tiles(
    tiles: &TileFolder,
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<FitReport> {
    Ok(fit_tile_fold(tiles, folder, options, control)?.0)
}

/// The same, with what the validation tiles say.
pub(super) fn fit_tile_fold(
    tiles: &TileFolder,
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<(FitReport, TileScores)> {
    tiles.check()?;
    let recipe = &options.recipe;
    let place = options.place()?;
    if let Some(source) = &options.pseudo {
        check_groups(source, &recipe.pseudo, tiles)?;
    }
    let folder = RunFolder::prepare(folder, options.resume)?;
    let labelled = tiles.labelled();
    check_labelled(tiles, &labelled)?;
    let folds = divide(tiles, &labelled, &recipe.folds, recipe.training.seed, control)?;
    let of_fold = |validated: bool| -> Vec<usize> {
        let chosen =
            labelled.iter().zip(&folds).filter(|(_, fold)| (**fold == recipe.folds.fold) == validated);
        let chosen = chosen.map(|(&number, _)| number);
        chosen
            .filter(|&number| validated || !recipe.training.drop_plain || !tiles.tiles()[number].is_plain())
            .collect()
    };
    let (mut numbers, validated) = (of_fold(false), of_fold(true));
    let mut known = Cow::Borrowed(tiles);
    if let Some(source) = &options.pseudo {
        let judged: Vec<&Tile> = validated.iter().map(|&number| &tiles.tiles()[number]).collect();
        let most = (recipe.pseudo.share * numbers.len() as f64).round() as usize;
        let wanted = Wanted { spec: &recipe.pseudo, validated: &judged, most, seed: recipe.training.seed };
        let added = wanted.of(source, control)?;
        numbers.extend(tiles.tiles().len()..tiles.tiles().len() + added.tiles().len());
        known = Cow::Owned(tiles.joined(&added)?);
    }
    let learn = LooseTiles::new(&known, numbers, &recipe.training.input)?;
    let check = LooseTiles::new(tiles, validated, &recipe.training.input)?;
    let leave_folds = || write_folds(&folder, tiles, &labelled, &folds);
    let run = Run { tiles: &learn, validation: &check, folder: &folder, options, place };
    run.train(leave_folds, control)
}

fn check_labelled(tiles: &TileFolder, labelled: &[usize]) -> Result<()> {
    if labelled.is_empty() {
        fail!(
            Dataset,
            "{}: none of {} tiles has a mask to learn from; expected masks/ beside images/, or train.csv",
            tiles.path().display(),
            tiles.tiles().len()
        );
    }
    Ok(())
}

/// Refuses tiles that the recipe's rule cannot divide.
pub(crate) fn check_folds(tiles: &TileFolder, recipe: &SystemRecipe) -> Result<()> {
    let labelled = tiles.labelled();
    check_labelled(tiles, &labelled)?;
    let known: Vec<TileFacts> = labelled.iter().map(|&number| facts(&tiles.tiles()[number])).collect();
    recipe.folds.divide(&known, recipe.training.seed).map(|_| ())
}

/// The fold of each tile; tiles that look the same in two folds are told of.
fn divide(
    tiles: &TileFolder,
    numbers: &[usize],
    spec: &FoldSpec,
    seed: u64,
    control: &Control<'_>,
) -> Result<Vec<usize>> {
    let known: Vec<TileFacts> = numbers.iter().map(|&number| facts(&tiles.tiles()[number])).collect();
    let folds = spec.divide(&known, seed)?;
    let tile = |index: usize| &tiles.tiles()[numbers[index]];
    let alike = near_duplicates(&folds, |index| tile(index).amplitude().collect());
    if !alike.is_empty() {
        let id = |index: usize| &tile(index).id;
        let named: Vec<String> =
            alike.iter().take(5).map(|[a, b]| format!("{} and {}", id(*a), id(*b))).collect();
        control.warn(&format!(
            "{} pairs of tiles look the same and are in different folds, so that the score may be too good: {}{}",
            alike.len(),
            named.join(", "),
            if alike.len() > 5 { ", .." } else { "" }
        ));
    }
    Ok(folds)
}
