//! Which rules are applied, as data.

use serde::{Deserialize, Serialize};

use super::board::Board;
use super::clean::{fill_holes, remove_small};
use super::{columns, corners};
use crate::error::{Result, fail};

/// What is done with one tile after another, and then with mosaics, in the order of the fields. The default does nothing but the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TileRules {
    /// Tiles whose probability of any salt is below this are emptied; `None`: none is.
    pub any_salt_below: Option<f32>,
    /// Tiles whose image is of one value are emptied.
    pub plain_is_empty: bool,
    /// Salt patches of fewer pixels are removed.
    pub small_salt: usize,
    /// Gaps of fewer pixels, holes or not, become salt.
    pub small_gaps: usize,
    /// A tile that is all salt becomes empty: wholly inside a body nothing was labelled.
    pub full_is_empty: bool,
    /// Gaps that do not touch the tile's border become salt.
    pub holes: bool,
    /// What is done with mosaics.
    pub mosaics: MosaicRules,
}

/// What is done with tiles whose neighbours are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MosaicRules {
    /// Mosaics of fewer tiles are left alone.
    pub from_tiles: usize,
    /// Gaps between labelled tiles of a column whose facing edges correspond are joined by straight sides, and labelled tiles with vertical sides
    /// go on downwards, and upwards to the level where salt begins.
    pub verticals: bool,
    /// Gaps of empty predictions between predictions whose facing edges correspond are joined by straight sides.
    pub joins: bool,
    /// The missed corner between a tile beside and the tile below it gets a cubic top.
    pub corners: bool,
    /// Below a labelled tile whose bottom edge is all salt nothing is.
    pub below_full: bool,
}

impl Default for MosaicRules {
    fn default() -> Self {
        Self { from_tiles: 3, verticals: false, joins: false, corners: false, below_full: false }
    }
}

impl TileRules {
    /// Refuses values without a meaning.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        if let Some(share) = self.any_salt_below
            && !(0.0..=1.0).contains(&share)
        {
            fail!(InvalidArgument, "rules: any_salt_below is {share}, expected 0..=1");
        }
        if self.mosaics.from_tiles < 2 {
            fail!(
                InvalidArgument,
                "rules: mosaics.from_tiles is {}, expected at least 2",
                self.mosaics.from_tiles
            );
        }
        Ok(())
    }

    /// The mask (`size` x `size`, row-major) of one tile: salt where the probability exceeds `threshold`, then the rules that look at one
    /// tile. `plain` says that its image is of one value.
    pub fn mask(&self, probability: &[f32], any_salt: Option<f32>, plain: bool, threshold: f32) -> Vec<bool> {
        let empty = vec![false; probability.len()];
        if (self.plain_is_empty && plain)
            || any_salt.zip(self.any_salt_below).is_some_and(|(found, least)| found < least)
        {
            return empty;
        }
        let size = probability.len().isqrt();
        let mut mask: Vec<bool> = probability.iter().map(|&value| value > threshold).collect();
        remove_small(&mut mask, size, [self.small_salt, self.small_gaps]);
        if self.full_is_empty && mask.iter().all(|&salt| salt) {
            return empty;
        }
        if self.holes {
            fill_holes(&mut mask, size);
        }
        mask
    }

    /// Changes the masks of a mosaic's unlabelled tiles.
    pub fn apply(&self, board: &mut Board) {
        let MosaicRules { from_tiles, verticals, joins, corners, below_full } = self.mosaics;
        if board.count() < from_tiles {
            return;
        }
        let level = board.level();
        if verticals {
            columns::join_known(board);
            columns::extend_verticals(board, level);
        }
        if joins {
            columns::join_predicted(board);
        }
        if corners {
            corners::complete(board);
        }
        if below_full {
            columns::clear_below_full(board, level);
        }
    }

    /// Whether any rule looks at mosaics.
    pub fn needs_mosaics(&self) -> bool {
        let MosaicRules { verticals, joins, corners, below_full, .. } = self.mosaics;
        verticals || joins || corners || below_full
    }
}
