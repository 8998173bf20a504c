//! The folder of one training.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result, fail};
use crate::output::{OutputFile, create_folder};

/// Where a training's files go. While it lives, no other training writes there.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    _lock: File,
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
        let folder = Self { path: path.to_owned(), _lock: lock };
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

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state to go on from.
    pub(super) fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// One line per epoch.
    pub(super) fn history(&self) -> PathBuf {
        self.path.join("history.jsonl")
    }

    /// The model that the training gives.
    pub(super) fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// The mean of the best epochs.
    pub(super) fn average(&self) -> PathBuf {
        self.path.join("average.safetensors")
    }

    /// The weights of an epoch (from 1) that was the best when it ended.
    pub(super) fn kept(&self, epoch: usize) -> PathBuf {
        self.path.join("kept").join(format!("epoch-{epoch:04}.safetensors"))
    }

    /// The weights of an epoch (from 1) that ended a cycle.
    pub(super) fn snapshot(&self, epoch: usize) -> PathBuf {
        self.path.join("snapshots").join(format!("epoch-{epoch:04}.safetensors"))
    }

    /// Events for TensorBoard.
    pub(super) fn events(&self) -> PathBuf {
        self.path.join("tensorboard")
    }

    /// The report for people.
    pub(super) fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }
}
