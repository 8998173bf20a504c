//! The folder of one training: what lies where, and who may write.

use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result, fail};
use crate::output::{OutputFile, create_folder};

/// Where the files of a training are.
#[derive(Debug, Clone)]
pub struct RunFiles {
    folder: PathBuf,
}

impl RunFiles {
    /// Those in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The state to go on from.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.folder.join("checkpoint.safetensors")
    }

    /// One line per epoch.
    pub(crate) fn history(&self) -> PathBuf {
        self.folder.join("history.jsonl")
    }

    /// The model that the training gives.
    pub(crate) fn model(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }

    /// The mean of the best epochs.
    pub(crate) fn average(&self) -> PathBuf {
        self.folder.join("average.safetensors")
    }

    /// The weights of an epoch (from 1) that was the best when it ended.
    pub(crate) fn kept(&self, epoch: usize) -> PathBuf {
        self.folder.join("kept").join(format!("epoch-{epoch:04}.safetensors"))
    }

    /// The weights of an epoch (from 1) that ended a cycle.
    pub(crate) fn snapshot(&self, epoch: usize) -> PathBuf {
        self.snapshots().join(format!("epoch-{epoch:04}.safetensors"))
    }

    /// The weights of epochs that ended a cycle.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.folder.join("snapshots")
    }

    /// What was done, as JSON.
    pub(crate) fn record(&self) -> PathBuf {
        self.folder.join("run.json")
    }

    /// The recipe as it was resolved.
    pub(crate) fn recipe(&self) -> PathBuf {
        self.folder.join("recipe.toml")
    }

    /// Who was validated on what.
    pub(crate) fn folds(&self) -> PathBuf {
        self.folder.join("folds.json")
    }

    /// Events for TensorBoard.
    pub(crate) fn events(&self) -> PathBuf {
        self.folder.join("tensorboard")
    }

    /// The report for people.
    pub(crate) fn report(&self) -> PathBuf {
        self.folder.join("report.html")
    }
}

/// Where a training's files go. While it lives, no other training writes there.
#[derive(Debug)]
pub struct RunFolder {
    files: RunFiles,
    _lock: File,
}

impl Deref for RunFolder {
    type Target = RunFiles;

    fn deref(&self) -> &RunFiles {
        &self.files
    }
}

impl RunFolder {
    /// Makes the folder, and refuses it when it cannot be written to, is in use, or holds a training that this one is not to go
    /// on with.
    ///
    /// # Errors
    /// `InvalidArgument` for a folder with a training or in use; `Io`.
    pub fn prepare(path: &Path, resume: bool) -> Result<Self> {
        create_folder(path)?;
        let lock_path = path.join("training.lock");
        let options = File::options().write(true).create(true).truncate(false).clone();
        let lock = options.open(&lock_path).on("create a file in this folder", path)?;
        if lock.try_lock().is_err() {
            fail!(InvalidArgument, "{} is being written by another training", path.display());
        }
        let folder = Self { files: RunFiles::new(path), _lock: lock };
        let checkpoint = folder.checkpoint();
        if !resume && checkpoint.exists() {
            fail!(
                InvalidArgument,
                "{} holds a training already: resume it, or choose another folder",
                path.display()
            );
        }
        // Found out now, not after the first epoch.
        OutputFile::create(&checkpoint).map(drop)?;
        Ok(folder)
    }
}
