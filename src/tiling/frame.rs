//! The size that tiles are cut in.

use super::InputContract;
use crate::error::{Result, fail};

/// Rows (samples) and columns (traces).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Samples.
    pub rows: usize,
    /// Traces.
    pub columns: usize,
}

impl Extent {
    /// Number of pixels; `None` beyond what can be counted.
    pub fn area(self) -> Option<usize> {
        self.rows.checked_mul(self.columns)
    }

    fn each(self, f: impl Fn(usize) -> usize) -> Self {
        Self { rows: f(self.rows), columns: f(self.columns) }
    }
}

impl From<usize> for Extent {
    /// A square.
    fn from(side: usize) -> Self {
        Self { rows: side, columns: side }
    }
}

impl std::fmt::Display for Extent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {}", self.rows, self.columns)
    }
}

/// A contract, and the size of the tiles that are cut under it: the one that the network was trained with, or another that prediction prefers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// What tiles of any size have to keep to.
    pub(crate) contract: &'a InputContract,
    /// Rows and columns of a tile.
    pub tile: Extent,
    /// Rows and columns that the network takes.
    pub padded: Extent,
}

impl<'a> From<&'a InputContract> for Frame<'a> {
    fn from(contract: &'a InputContract) -> Self {
        Self { contract, tile: contract.tile.into(), padded: contract.padded.into() }
    }
}

/// Longer windows are refused: their activations would fill any memory.
const MAX_WINDOW: usize = 1 << 14;

impl<'a> Frame<'a> {
    /// Tiles of another size than the contract's, padded by at least as much as there, to a size that differs from the contract's by a multiple of
    /// `multiple` (the network's stride).
    ///
    /// # Errors
    /// `InvalidArgument` for tiles below the contract's least or beyond 16,384; `ModelMismatch` where the padding has meaning only at the contract's size.
    pub fn of_size(contract: &'a InputContract, tile: Extent, multiple: usize) -> Result<Self> {
        if tile == contract.tile.into() {
            return Ok(contract.into());
        }
        if !contract.padding.works_at_any_size() {
            fail!(
                ModelMismatch,
                "windows of {tile}: this model's padding ({:?}) is made for tiles of {}, predict with those",
                contract.padding,
                contract.tile
            );
        }
        let least = contract.least_tile();
        if tile.rows.min(tile.columns) < least || tile.rows.max(tile.columns) > MAX_WINDOW {
            fail!(
                InvalidArgument,
                "windows of {tile} pixels, expected {least}..={MAX_WINDOW} each way (the model's tiles have {})",
                contract.tile
            );
        }
        let margin = contract.padded - contract.tile;
        // Networks halve sizes, rounded down, and come back to them: where a size is odd decides where the middle of a deep pixel lies. Windows are
        // therefore odd where the training's tiles were.
        let multiple = multiple.max(1);
        let padded = tile.each(|side| {
            let least = side + margin;
            least + (contract.padded % multiple + multiple - least % multiple) % multiple
        });
        Ok(Self { contract, tile, padded })
    }

    /// Values of one tile's network input.
    pub fn input_len(&self) -> usize {
        self.contract.channels.len() * self.padded.rows * self.padded.columns
    }
}
