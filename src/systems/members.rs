//! The models of a trained ensemble, as the folders of a cross-validation hold them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::folder::{SystemFolder, read_recipe};
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::fit::{FoldFolder, is_finished};
use crate::output::files_of;
use crate::recipe::{Members, PredictSpec};
use crate::train::RunFiles;

/// One model, and which tiles it may judge.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Where it comes from, for people and file names: "depth-fold-0".
    pub(super) name: String,
    /// The training that it is of: "depth", or empty for the only one.
    pub(super) training: String,
    /// The model file.
    pub(super) path: PathBuf,
    /// The fold that it was validated on.
    pub(super) fold: usize,
    /// Whether it is a snapshot, and not the model that its training kept.
    pub(super) is_snapshot: bool,
    /// The fold of each tile that its training knew.
    folds: Rc<BTreeMap<String, usize>>,
}

impl Member {
    /// Whether its training has not seen the tile.
    pub(super) fn judges(&self, id: &str) -> bool {
        self.folds.get(id).is_none_or(|&fold| fold == self.fold)
    }

    /// The tiles that it was validated on.
    pub(super) fn unseen(&self) -> Vec<String> {
        self.folds.iter().filter(|(_, fold)| **fold == self.fold).map(|(id, _)| id.clone()).collect()
    }

    /// Whether the tile was in its training's data at all.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.folds.contains_key(id)
    }
}

/// How the recipe of the trainings below `folder` lets them predict, and their models: those of a system's trainings, or those of a cross-validation's
/// `fold-0`, `fold-1` .., or of such folders one level down.
///
/// # Errors
/// `NotFound` when there is none; `Dataset` for a training that is not finished; `Malformed`, `Io`.
pub(super) fn members(folder: &Path, which: Option<Members>) -> Result<(PredictSpec, Vec<Member>)> {
    let trainings = trainings(folder)?;
    let mut spec = None;
    let mut members = Vec::new();
    for (name, place) in trainings {
        let place = FoldFolder::new(&place);
        let folds = Rc::new(folds(&place.fold(0).folds())?);
        let predict = read_recipe(&place.fold(0).recipe())?.predict;
        let which = which.unwrap_or(spec.get_or_insert(predict).members);
        let count = folds.values().max().map_or(0, |last| last + 1);
        for fold in 0..count {
            for (suffix, path) in models(&place.fold(fold), which)? {
                let dash = if name.is_empty() { "" } else { "-" };
                members.push(Member {
                    name: format!("{name}{dash}fold-{fold}{suffix}"),
                    training: name.clone(),
                    path,
                    fold,
                    is_snapshot: !suffix.is_empty(),
                    folds: Rc::clone(&folds),
                });
            }
        }
    }
    Ok((spec.unwrap_or_default(), members))
}

/// Names and folders of the trainings; the only one of a cross-validation has no name.
fn trainings(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let system = SystemFolder::new(folder);
    let recipe = system.recipe();
    if recipe.exists() {
        let names = read_recipe(&recipe)?.each_training().into_iter().map(|(name, _)| name);
        let mut trainings: Vec<(String, PathBuf)> =
            names.map(|name| (name.clone(), system.training(&name))).collect();
        trainings.sort();
        let missing: Vec<&PathBuf> = trainings
            .iter()
            .map(|(_, place)| place)
            .filter(|place| !FoldFolder::new(place).is_one())
            .collect();
        if let Some(missing) = missing.first().filter(|_| missing.len() < trainings.len()) {
            fail!(
                Dataset,
                "{} holds no training, its system is not finished: go on with it before it predicts",
                missing.display()
            );
        }
        if missing.is_empty() {
            return Ok(trainings);
        }
    }
    let mut trainings = Vec::new();
    if FoldFolder::new(folder).is_one() {
        trainings.push((String::new(), folder.to_owned()));
    }
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if FoldFolder::new(&path).is_one() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            trainings.push((name, path));
        }
    }
    trainings.sort();
    if trainings.is_empty() {
        fail!(
            NotFound,
            "{} holds no cross-validation: there is no fold-0 in it or one level down",
            folder.display()
        );
    }
    Ok(trainings)
}

/// The models of one finished training, with what is added to their name: where snapshots are asked for and no cycle came to its end, the one model.
fn models(files: &RunFiles, which: Members) -> Result<Vec<(String, PathBuf)>> {
    if !is_finished(files) {
        fail!(
            Dataset,
            "{} holds no finished training: go on with it before it predicts",
            files.folder().display()
        );
    }
    let best = vec![(String::new(), files.model())];
    let snapshots = files.snapshots();
    if which == Members::Model || !snapshots.is_dir() {
        return Ok(best);
    }
    let named =
        |path: PathBuf| (format!("-{}", path.file_stem().unwrap_or_default().to_string_lossy()), path);
    let found: Vec<_> = files_of(&snapshots, "safetensors")?.into_iter().map(named).collect();
    Ok(if found.is_empty() { best } else { found })
}

/// Tiles by fold, as a training leaves them, turned into the fold of each tile.
fn folds(path: &Path) -> Result<BTreeMap<String, usize>> {
    let text = std::fs::read_to_string(path).on("read", path)?;
    let ids: BTreeMap<usize, Vec<String>> = serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Malformed, format!("not a list of folds: {error}")).at(path)
    })?;
    Ok(ids.into_iter().flat_map(|(fold, ids)| ids.into_iter().map(move |id| (id, fold))).collect())
}
