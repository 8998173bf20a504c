//! The models of a trained ensemble, as the folders of a cross-validation hold them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::output::files_of;
use crate::recipe::{Members, PredictSpec, SystemRecipe};

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

/// The recipe of the system in a folder, as [`super::train_system`] leaves it.
pub(super) const SYSTEM_RECIPE: &str = "recipe.toml";

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
        let folds = Rc::new(folds(&place.join("fold-0").join("folds.json"))?);
        let predict = read_recipe(&place.join("fold-0").join("recipe.toml"))?.predict;
        let which = which.unwrap_or(spec.get_or_insert(predict).members);
        let count = folds.values().max().map_or(0, |last| last + 1);
        for fold in 0..count {
            for (suffix, path) in models(&place.join(format!("fold-{fold}")), which)? {
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
    let recipe = folder.join(SYSTEM_RECIPE);
    if recipe.exists() {
        let names = read_recipe(&recipe)?.each_training().into_iter().map(|(name, _)| name);
        let mut trainings: Vec<(String, PathBuf)> =
            names.map(|name| (name.clone(), folder.join(name))).collect();
        trainings.sort();
        let missing: Vec<&PathBuf> =
            trainings.iter().map(|(_, place)| place).filter(|place| !place.join("fold-0").is_dir()).collect();
        if let Some(missing) = missing.first().filter(|_| missing.len() < trainings.len()) {
            fail!(
                Dataset,
                "{} holds no training, its system is not finished: go on with it (--resume) before it predicts",
                missing.display()
            );
        }
        if missing.is_empty() {
            return Ok(trainings);
        }
    }
    let mut trainings = Vec::new();
    if folder.join("fold-0").is_dir() {
        trainings.push((String::new(), folder.to_owned()));
    }
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if path.join("fold-0").is_dir() {
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

pub(super) fn read_recipe(path: &Path) -> Result<SystemRecipe> {
    let text = std::fs::read_to_string(path).on("read", path)?;
    SystemRecipe::from_toml(&text).map_err(|error| error.at(path))
}

/// The models of one finished training, with what is added to their name: where snapshots are asked for and no cycle came to its end, the one model.
fn models(folder: &Path, which: Members) -> Result<Vec<(String, PathBuf)>> {
    let record = folder.join("run.json");
    let text = std::fs::read_to_string(&record).on("read", &record);
    let finished = text.is_ok_and(|text| {
        serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|record| record["state"] == "finished")
    });
    if !finished {
        fail!(
            Dataset,
            "{} holds no finished training: go on with it (--resume) before it predicts",
            folder.display()
        );
    }
    let best = vec![(String::new(), folder.join("model.safetensors"))];
    let snapshots = folder.join("snapshots");
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
