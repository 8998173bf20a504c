//! Changes that are made with a probability, as data.

use serde::{Deserialize, Serialize};

/// A change that is made with a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    /// Its probability.
    #[serde(default = "always")]
    pub p: f64,
    /// How far it goes at most.
    pub reach: f64,
}

/// A shift by whole pixels; what comes in at the border is mirrored or, in surveys, what is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Its probability.
    #[serde(default = "always")]
    pub p: f64,
    /// Traces that it goes at most, each way.
    pub reach: f64,
    /// Samples that it goes at most, each way; `None`: as far as along the traces.
    #[serde(default)]
    pub samples: Option<f64>,
}

/// Displacements drawn on a coarse grid, between which cubic B-splines pass (Rueckert et al., IEEE TMI 1999, eq. 2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elastic {
    /// Its probability.
    #[serde(default = "always")]
    pub p: f64,
    /// Pixels that it displaces at most, each way.
    pub reach: f64,
    /// Pixels between the points of the grid.
    pub spacing: usize,
}

fn always() -> f64 {
    1.0
}
