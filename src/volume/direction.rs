//! Inlines and crosslines.

use serde::{Deserialize, Serialize};

/// Which way a vertical section runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The section of one inline number: its traces run along the crosslines.
    #[default]
    Inline,
    /// The section of one crossline number: its traces run along the inlines.
    Crossline,
}
