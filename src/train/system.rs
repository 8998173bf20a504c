//! What a system is beyond one training: several trainings, and how their networks predict together.

use serde::{Deserialize, Serialize};

use super::FoldSpec;

/// One of several trainings of a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Its folder's name.
    pub name: String,
    /// How its tiles are divided.
    pub folds: FoldSpec,
    /// How many of the recipe's stages it has; `None`: all.
    #[serde(default)]
    pub stages: Option<usize>,
}

/// How trained networks predict loose tiles together: the mean over all that have not seen the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PredictSpec {
    /// Average each tile with its mirror image.
    pub flip: bool,
    /// Which networks of each training.
    pub members: Members,
}

/// Which networks of a training predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// The one that it kept as its model.
    #[default]
    Model,
    /// Its snapshots.
    Snapshots,
}
