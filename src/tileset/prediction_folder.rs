//! The folder of a system's predictions.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::output::files_of;

/// What lies where in it.
#[derive(Debug, Clone)]
pub(crate) struct PredictionFolder {
    path: PathBuf,
}

impl PredictionFolder {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// What all networks say together.
    pub(crate) fn result(&self) -> PathBuf {
        self.path.join("predictions.safetensors")
    }

    /// The files of single networks.
    pub(crate) fn members(&self) -> PathBuf {
        self.path.join("members")
    }

    /// What one network says.
    pub(crate) fn member(&self, name: &str) -> PathBuf {
        self.members().join(format!("{name}.safetensors"))
    }

    /// The files of all networks that have predicted, by name.
    ///
    /// # Errors
    /// `NotFound` or `Io` where they cannot be listed.
    pub(crate) fn all_members(&self) -> Result<Vec<PathBuf>> {
        files_of(&self.members(), "safetensors")
    }

    /// What the networks of one training say together; the only training has no name.
    pub(crate) fn training(&self, name: &str) -> PathBuf {
        match name {
            "" => self.result(),
            name => self.path.join("trainings").join(format!("{name}.safetensors")),
        }
    }

    /// Pictures of the result.
    pub(crate) fn pictures(&self) -> PathBuf {
        self.path.join("probability")
    }
}
