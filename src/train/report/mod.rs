//! The report of a training: one HTML file that needs nothing else.

mod charts;
mod gallery;
mod page;

use std::path::Path;

use super::validate::How;
use super::{Candidate, EpochRecord, TileSource, TrainingSpec};
use crate::error::Result;
use crate::metrics::TileScores;
use crate::model::Network;
use crate::output::write_file;

/// What is reported.
pub(super) struct Contents<'a> {
    pub(super) training: &'a TrainingSpec,
    /// As text.
    pub(super) recipe: &'a str,
    /// Where and in which arithmetic the network ran.
    pub(super) device: String,
    pub(super) data_hash: &'a str,
    /// Training and validation tiles.
    pub(super) counts: [usize; 2],
    pub(super) epochs: &'a [EpochRecord],
    pub(super) candidates: &'a [Candidate],
    /// Of the final model.
    pub(super) validation: &'a TileScores,
    pub(super) network: &'a Network,
    /// The validation tiles.
    pub(super) tiles: &'a dyn TileSource,
    pub(super) how: How<'a>,
}

/// Writes the report, whole or not at all.
pub(super) fn write(path: &Path, contents: &Contents<'_>) -> Result<()> {
    let charts = charts::all(contents)?;
    let gallery = gallery::best_and_worst(contents)?;
    let page = page::page(contents, &charts, &gallery)?;
    write_file(path, page.into_string().as_bytes())
}
