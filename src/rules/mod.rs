//! From probabilities of loose tiles to their final masks, rule by rule.
//!
//! The rules are those of the 14th place of the TGS challenge (shared by others of its top places); those of mosaics hold for how that data
//! was labelled: the top of salt with vertical sides, and nothing where a tile lies wholly inside.

mod board;
mod clean;
mod columns;
mod corners;
mod edge;
mod tile_rules;

pub use board::{Board, BoardTile};
pub use clean::{fill_holes, remove_small};
pub use tile_rules::{MosaicRules, TileRules};
