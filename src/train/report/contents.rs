//! What a report is made from.

use crate::metrics::TileScores;
use crate::model::Network;
use crate::train::validate::How;
use crate::train::{Candidate, EpochRecord, TileSource, TrainingSpec};

/// What is reported.
pub(in crate::train) struct Contents<'a> {
    pub(in crate::train) training: &'a TrainingSpec,
    /// As text.
    pub(in crate::train) recipe: &'a str,
    /// Where and in which arithmetic the network ran.
    pub(in crate::train) device: String,
    pub(in crate::train) data_hash: &'a str,
    /// Training and validation tiles.
    pub(in crate::train) counts: [usize; 2],
    pub(in crate::train) epochs: &'a [EpochRecord],
    pub(in crate::train) candidates: &'a [Candidate],
    /// Of the final model.
    pub(in crate::train) validation: &'a TileScores,
    pub(in crate::train) network: &'a Network,
    /// The validation tiles.
    pub(in crate::train) tiles: &'a dyn TileSource,
    pub(in crate::train) how: How<'a>,
}
