//! Where training tiles come from.

use crate::error::Result;
use crate::tiling::{InputContract, TileDepth};

/// Labelled tiles by number; read from several threads at once.
pub trait TileSource: Sync {
    /// Number of tiles.
    fn len(&self) -> usize;

    /// Whether there is no tile.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the tiles look like to the network.
    fn contract(&self) -> &InputContract;

    /// SHA-256 over all samples and labels, in hexadecimal.
    fn data_hash(&self) -> &str;

    /// What a person calls the tile.
    fn name(&self, index: usize) -> String;

    /// Reads a tile as it is in this pass over the tiles: sources that draw give others each time. Its place is moved by `shift` along traces and samples: to its neighbours where they are known, into
    /// its mirror image where not.
    ///
    /// # Errors
    /// Read errors, `Dataset` for what is no tile.
    fn read(&self, index: usize, epoch: usize, shift: [isize; 2]) -> Result<LabelledTile>;
}

/// A tile at its own size, row-major, rows are samples.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledTile {
    /// Amplitudes scaled to -1..1.
    pub amplitude: Vec<f32>,
    /// 1 is salt, 0 none.
    pub label: Vec<f32>,
    /// 1 where the label is known, else 0.
    pub valid: Vec<f32>,
    /// Where its rows lie.
    pub depth: TileDepth,
}
