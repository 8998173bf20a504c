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
    /// Optimizer steps taken since the start.
    pub steps: u64,
    /// Learning rate of the last step.
    pub rate: f64,
    /// Mean training loss of the epoch's steps.
    pub loss: f64,
    /// Mean binary cross-entropy on the validation tiles.
    pub validation_bce: f64,
    /// IoU over all validation pixels together, at the recipe's threshold.
    pub validation_iou: f64,
    /// Mean precision over IoU 0.50..0.95, mean over the validation tiles.
    pub validation_score: f64,
    /// Seconds that the epoch took, validation included.
    pub seconds: f64,
    /// Whether this epoch's weights were kept as the model.
    pub kept: bool,
}

impl EpochRecord {
    /// The figures that go into the model file.
    pub(super) fn metrics(&self) -> BTreeMap<String, f64> {
        BTreeMap::from([
            ("validation_bce".to_owned(), self.validation_bce),
            ("validation_iou".to_owned(), self.validation_iou),
            ("validation_score".to_owned(), self.validation_score),
        ])
    }
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
