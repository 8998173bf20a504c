//! The folder of a cross-validation.

use std::path::{Path, PathBuf};

use crate::train::RunFiles;

/// What lies where in it.
#[derive(Debug, Clone)]
pub(crate) struct FoldFolder {
    path: PathBuf,
}

impl FoldFolder {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The training of a fold, from 0.
    pub(crate) fn fold(&self, fold: usize) -> RunFiles {
        RunFiles::new(&self.path.join(format!("fold-{fold}")))
    }

    /// Whether there is a training of the first fold, finished or not.
    pub(crate) fn is_one(&self) -> bool {
        self.fold(0).folder().is_dir()
    }

    /// What the folds gave.
    pub(super) fn summary(&self) -> PathBuf {
        self.path.join("cross-validation.json")
    }
}
