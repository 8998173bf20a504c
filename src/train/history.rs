//! What each epoch gave: one JSON line per epoch in the run folder.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, IoContext, Result};
use crate::output::write_file;

/// One epoch's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: usize,
    /// The recipe's stage, from 1.
    pub stage: usize,
    /// Optimizer steps taken since the start.
    pub steps: u64,
    /// Learning rate of the last step.
    pub rate: f64,
    /// Mean training loss of the epoch's steps.
    pub loss: f64,
    /// Figures on all validation tiles.
    pub validation: Figures,
    /// Where the time went.
    pub seconds: Seconds,
    /// Whether this epoch's weights were kept as the model.
    pub kept: bool,
    /// Whether they were kept as a snapshot, at the end of a cycle of the schedule.
    pub snapshot: bool,
}

/// Figures of a network on validation tiles.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Mean binary cross-entropy.
    pub bce: f64,
    /// IoU over all pixels together, at the recipe's threshold.
    pub iou: f64,
    /// Mean precision over IoU 0.50..0.95 at the recipe's threshold, mean over the tiles.
    pub score: f64,
    /// The threshold with the best such score.
    pub best_threshold: f64,
    /// That score: chosen on these tiles, so a little too good.
    pub best_score: f64,
    /// Expected calibration error of the probabilities, 0..1.
    pub calibration_error: f64,
    /// Mean squared error of the probabilities, 0..1.
    pub brier: f64,
}

impl Figures {
    /// By name, as they go into the model file.
    pub fn named(&self) -> BTreeMap<String, f64> {
        let values = [
            ("bce", self.bce),
            ("iou", self.iou),
            ("score", self.score),
            ("best_threshold", self.best_threshold),
            ("best_score", self.best_score),
            ("calibration_error", self.calibration_error),
            ("brier", self.brier),
        ];
        values.into_iter().map(|(name, value)| (format!("validation_{name}"), value)).collect()
    }
}

/// Seconds of an epoch, those before a stop included.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Seconds {
    /// Training steps, with the waiting for tiles.
    pub training: f64,
    /// Of these, waiting for tiles to be read and changed.
    pub waiting: f64,
    /// Validation.
    pub validation: f64,
}

/// Writes all epochs so far; whole or not at all, so that a resumed run never shows an epoch twice.
pub(super) fn write(path: &Path, records: &[EpochRecord]) -> Result<()> {
    let mut text = String::new();
    for record in records {
        let line = serde_json::to_string(record).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("cannot encode the history: {error}"))
        })?;
        text.push_str(&line);
        text.push('\n');
    }
    write_file(path, text.as_bytes())
}

/// Reads the epochs up to `last` (from 1).
pub(super) fn read(path: &Path, last: usize) -> Result<Vec<EpochRecord>> {
    let text = std::fs::read_to_string(path).on("read", path)?;
    let mut records = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let record: EpochRecord = serde_json::from_str(line).map_err(|error| {
            Error::new(ErrorKind::Malformed, format!("line {} is not an epoch record: {error}", number + 1))
                .at(path)
        })?;
        if record.epoch <= last {
            records.push(record);
        }
    }
    Ok(records)
}
