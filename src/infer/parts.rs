//! What the stages hand to each other.

use std::sync::Arc;

use super::layout::Layout;
use crate::metrics::SeamFigure;
use crate::tiling::{Section, TilePosition};

/// A section to predict.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// Given back with the result.
    pub(super) tag: usize,
    /// Which line of the survey it is, for what is drawn at random.
    pub(super) place: u64,
    pub(super) section: Section,
    pub(super) layout: Arc<Layout<'a>>,
}

/// What a section's tiles have in common.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) tag: usize,
    pub(super) place: u64,
    /// Of the section itself.
    pub(super) live: Vec<bool>,
    /// Of the scaled section.
    pub(super) scaled_live: Vec<bool>,
    pub(super) layout: Arc<Layout<'a>>,
}

/// What comes with a section's last tiles.
#[derive(Debug)]
pub(super) struct Tail {
    /// Tiles that were passed over.
    pub(super) blank: u64,
    /// The section's samples, whose memory the next one can have.
    pub(super) data: Vec<f32>,
}

/// Some tiles of one section on their way to the networks.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    /// Counts the batches of a run.
    pub(super) number: u64,
    pub(super) head: Arc<Head<'a>>,
    pub(super) positions: Vec<TilePosition>,
    /// Of each contract, (n, channels, rows, columns).
    pub(super) inputs: Vec<Arc<Vec<f32>>>,
    pub(super) tail: Option<Tail>,
}

/// Per pass of a batch through a network: the number of its contract, and probabilities (n, rows, columns).
pub(super) type Passes = Vec<(usize, Vec<f32>)>;

/// Probabilities of a batch.
#[derive(Debug)]
pub(super) struct Passed<'a> {
    pub(super) number: u64,
    pub(super) head: Arc<Head<'a>>,
    pub(super) positions: Vec<TilePosition>,
    pub(super) passes: Passes,
    pub(super) tail: Option<Tail>,
}

/// A predicted section.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) tag: usize,
    pub(super) live: Vec<bool>,
    /// Trace-major; 0 on traces that are not live.
    pub(super) probability: Vec<f32>,
    /// Standard deviation of all predictions of a sample, if it was asked for.
    pub(super) deviation: Option<Vec<f32>>,
    pub(super) tiles: u64,
    pub(super) blank: u64,
    pub(super) seams: SeamFigure,
    /// Memory for the next section.
    pub(super) spare: Vec<f32>,
}
