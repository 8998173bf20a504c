//! Where a demo puts everything.

use std::fs;
use std::path::{Path, PathBuf};

use super::train;
use crate::args::PictureArgs;
use crate::failure::HostError;

/// The name of the survey that is predicted.
pub(super) const UNSEEN: &str = "unseen";

/// Where everything goes.
pub(super) struct Places {
    folder: PathBuf,
    pub(super) run: PathBuf,
    /// What the built-in model finds.
    pub(super) builtin: PathBuf,
    pub(super) probability: PathBuf,
    pub(super) picture: PictureArgs,
    pub(super) summary: PathBuf,
}

impl Places {
    pub(super) fn of(folder: &Path, maps: bool) -> Self {
        let at = |name: &str| folder.join(name);
        Self {
            folder: folder.to_owned(),
            run: at("run"),
            builtin: at("built-in-probability.sgy"),
            probability: at("salt-probability.sgy"),
            picture: PictureArgs {
                top: maps.then(|| at("top-of-salt.tif")),
                max: maps.then(|| at("largest-probability.tif")),
                png: Some(at("section.png")),
                line: None,
                label: None,
                title: None,
                min_thickness: None,
            },
            summary: at("summary.json"),
        }
    }

    /// The amplitudes of a survey.
    pub(super) fn seismic(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("seismic.sgy")
    }

    /// Its salt.
    pub(super) fn label(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("label.sgy")
    }

    /// Results of an earlier demo must not pass for those of this one.
    pub(super) fn clear(&self) -> Result<(), HostError> {
        let drawn = ["top-of-salt.tif", "largest-probability.tif", "section.png"];
        let drawn = drawn.map(|name| self.folder.join(name));
        for path in drawn.iter().chain([&self.builtin, &self.probability, &self.summary]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(HostError::io(&error, "remove the earlier result", path));
                }
                _ => {}
            }
        }
        train::remove(&self.run)
    }
}
