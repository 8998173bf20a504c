//! Weights of a system's networks and trainings, fitted to what they say of tiles that they have not seen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::folder::SystemFolder;
use super::members::{Member, members};
use super::predict::combine;
use crate::control::Control;
use crate::ensemble::{LEAST_TILES, Stacking, stack};
use crate::error::Result;
use crate::recipe::SystemRecipe;
use crate::tileset::{PredictionFile, TileFolder};

/// What was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemStacking {
    /// Where folds have several networks: each fold's, fitted to its own tiles.
    pub folds: Vec<FoldStacking>,
    /// Where there are several trainings: theirs, in order of name.
    pub trainings: Option<Stacking>,
}

/// The networks of one fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldStacking {
    /// Their names.
    pub members: Vec<String>,
    /// What was fitted.
    pub stacking: Stacking,
}

/// Fits weights to the out-of-fold predictions in the system's folder and makes the predictions of trainings and system anew with them. Gives the weights by name too:
/// those of a fold's networks have the sum 1, and so have those of the trainings.
pub(super) fn stack_system(
    system: &SystemFolder,
    tiles: &TileFolder,
    recipe: &SystemRecipe,
    control: &Control<'_>,
) -> Result<(SystemStacking, BTreeMap<String, f64>)> {
    let (_, members) = members(system.path(), None)?;
    let output = system.out_of_fold_files();
    let members: Vec<&Member> =
        members.iter().filter(|member| output.member(&member.name).exists()).collect();
    let mut weights = BTreeMap::new();
    let mut folds = Vec::new();
    for fold in members.chunk_by(|a, b| (&a.training, a.fold) == (&b.training, b.fold)) {
        let files: Vec<PredictionFile> = fold
            .iter()
            .map(|member| PredictionFile::open(&output.member(&member.name)))
            .collect::<Result<_>>()?;
        let names: Vec<String> = fold.iter().map(|member| member.name.clone()).collect();
        let seen = files.first().map_or(0, |file| file.head().ids.len());
        let mut fitted = vec![1.0 / fold.len() as f64; fold.len()];
        if fold.len() > 1 && seen >= LEAST_TILES {
            let stacking = stack(&files, tiles, recipe.training.threshold, control)?;
            fitted.clone_from(&stacking.weights);
            folds.push(FoldStacking { members: names.clone(), stacking });
        } else if fold.len() > 1 {
            control.warn(&format!(
                "{seen} tiles are too few to weigh the networks of {}: they count alike",
                names.join(", ")
            ));
        }
        weights.extend(names.into_iter().zip(fitted));
    }
    combine(&output, &members, &weights, control)?;
    let mut names: Vec<&str> = members.iter().map(|member| &*member.training).collect();
    names.dedup();
    let mut trainings = None;
    if names.len() > 1 {
        let files: Vec<PredictionFile> =
            names.iter().map(|name| PredictionFile::open(&output.training(name))).collect::<Result<_>>()?;
        let found = stack(&files, tiles, recipe.training.threshold, control)?;
        weights.extend(names.iter().map(|name| (*name).to_owned()).zip(found.weights.iter().copied()));
        combine(&output, &members, &weights, control)?;
        trainings = Some(found);
    }
    Ok((SystemStacking { folds, trainings }, weights))
}
