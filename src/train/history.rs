//! What each epoch gave: one JSON line per epoch in the run folder.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, IoContext, Result};
use crate::metrics::Figures;
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
    /// Figures on all validation tiles, at the recipe's threshold.
    pub validation: Figures,
    /// Where the time went.
    pub seconds: Seconds,
    /// Whether this epoch's weights were kept as the model.
    pub kept: bool,
    /// Whether they were kept as a snapshot, at the end of a cycle of the schedule.
    pub snapshot: bool,
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
