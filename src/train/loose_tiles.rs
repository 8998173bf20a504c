//! Tiles of a folder as training tiles.

use sha2::{Digest, Sha256};

use super::folds::TileFacts;
use super::{InputSpec, LabelledTile, TileSource};
use crate::error::{Result, fail};
use crate::tileset::{Tile, TileFolder};
use crate::tiling::{Border, Channel, InputContract, TileDepth};
use crate::volume::SampleUnit;

/// Some labelled tiles of a folder.
pub struct LooseTiles<'a> {
    folder: &'a TileFolder,
    numbers: Vec<usize>,
    contract: InputContract,
    data_hash: String,
}

impl<'a> LooseTiles<'a> {
    /// The tiles with these numbers, all of which must have masks.
    ///
    /// # Errors
    /// `Dataset` for tiles of another size than the recipe's, without a mask, or without the depth that a channel needs.
    pub fn new(folder: &'a TileFolder, numbers: Vec<usize>, input: &InputSpec) -> Result<Self> {
        if folder.size() != input.tile {
            fail!(
                Dataset,
                "{}: the tiles have {size} x {size} pixels, the recipe's input.tile is {}: set input.tile={size}",
                folder.path().display(),
                input.tile,
                size = folder.size()
            );
        }
        let mut hash = Sha256::new();
        match input.channels.contains(&Channel::RelativeDepth) {
            true => hash.update(folder.depth_hash()),
            false => hash.update(folder.data_hash()),
        }
        for &number in &numbers {
            let Some(Tile { id, mask: Some(_), .. }) = folder.tiles().get(number) else {
                fail!(Dataset, "{}: tile number {number} has no mask to learn from", folder.path().display());
            };
            hash.update(id.as_bytes());
        }
        let depth_range = match folder.depth_range() {
            Some(range) => range,
            None if input.channels.contains(&Channel::RelativeDepth) => {
                fail!(
                    Dataset,
                    "{}: the recipe's channel relative_depth needs a table of depths: give depths.csv, or leave the channel out",
                    folder.path().display()
                );
            }
            None => [0.0, 1.0],
        };
        // The challenge's table does not name its unit.
        let contract = input.contract(depth_range, SampleUnit::Metres, None, None);
        let data_hash = format!("{:x}", hash.finalize());
        Ok(Self { folder, numbers, contract, data_hash })
    }

    fn tile(&self, index: usize) -> &Tile {
        &self.folder.tiles()[self.numbers[index]]
    }
}

/// What a division into folds looks at.
pub fn facts(tile: &Tile) -> TileFacts {
    TileFacts { coverage: tile.coverage(), depth: tile.depth, group: tile.group.clone() }
}

impl TileSource for LooseTiles<'_> {
    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn contract(&self) -> &InputContract {
        &self.contract
    }

    fn data_hash(&self) -> &str {
        &self.data_hash
    }

    fn name(&self, index: usize) -> String {
        self.tile(index).id.clone()
    }

    fn read(&self, index: usize, _: usize, shift: [isize; 2]) -> Result<LabelledTile> {
        let tile = self.tile(index);
        let size = self.contract.tile;
        let [columns, rows] = shift.map(|shift| Border::Reflect.index_map(shift, size, size));
        let mask = tile.mask.as_deref().unwrap_or_default();
        let amplitude: Vec<f32> = tile.amplitude().collect();
        let places = || rows.iter().flat_map(|row| columns.iter().map(move |column| row * size + column));
        Ok(LabelledTile {
            amplitude: places().map(|at| amplitude[at]).collect(),
            label: places().map(|at| f32::from(u8::from(mask[at] == 1))).collect(),
            valid: places().map(|at| f32::from(u8::from(mask[at] < 2))).collect(),
            depth: TileDepth::Constant(tile.depth.unwrap_or(self.contract.depth_range[0])),
        })
    }
}
