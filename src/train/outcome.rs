//! What a training gives.

use std::path::PathBuf;

use super::EpochRecord;
use crate::metrics::{Figures, TileScores};

/// What a finished training gave.
#[derive(Debug, Clone)]
pub struct TrainingOutcome {
    /// Optimizer steps since the start, earlier runs included.
    pub steps: u64,
    /// All epochs.
    pub epochs: Vec<EpochRecord>,
    /// The model file.
    pub model: PathBuf,
    /// What the validation tiles say of it.
    pub validation: TileScores,
    /// What was compared.
    pub candidates: Vec<Candidate>,
}

/// Weights, or several together, that a training gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What they are, in words.
    pub name: String,
    /// Their figures on the validation tiles.
    pub figures: Figures,
}
