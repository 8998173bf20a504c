//! The folder of a system.

use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result};
use crate::fit::FoldFolder;
use crate::recipe::SystemRecipe;
use crate::tileset::PredictionFolder;

/// What lies where in it.
#[derive(Debug, Clone)]
pub(super) struct SystemFolder {
    path: PathBuf,
}

impl SystemFolder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The folder itself.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The recipe of the whole system.
    pub(super) fn recipe(&self) -> PathBuf {
        self.path.join("recipe.toml")
    }

    /// Where the folds of a training are; the only training has no name.
    pub(super) fn training(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether any training has begun.
    pub(super) fn has_begun(&self, recipe: &SystemRecipe) -> bool {
        let mut trainings = recipe.each_training().into_iter();
        trainings.any(|(name, _)| FoldFolder::new(&self.training(&name)).fold(0).checkpoint().exists())
    }

    /// What its networks say of the tiles that they have not seen.
    pub(super) fn out_of_fold(&self) -> PathBuf {
        self.path.join("out-of-fold")
    }

    pub(super) fn out_of_fold_files(&self) -> PredictionFolder {
        PredictionFolder::new(&self.out_of_fold())
    }

    /// The weights of models and trainings, by name.
    pub(super) fn weights(&self) -> PathBuf {
        self.path.join("weights.json")
    }

    /// What the system is worth.
    pub(super) fn report(&self) -> PathBuf {
        self.path.join("system.json")
    }
}

/// The recipe in a file.
///
/// # Errors
/// `NotFound`, `Io`; `InvalidArgument` for what is no recipe.
pub(super) fn read_recipe(path: &Path) -> Result<SystemRecipe> {
    let text = std::fs::read_to_string(path).on("read", path)?;
    SystemRecipe::from_toml(&text).map_err(|error| error.at(path))
}
