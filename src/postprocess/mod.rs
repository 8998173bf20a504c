//! From probabilities to what an interpreter asks for.

mod maps;
mod tiles;

pub use maps::{SaltMaps, salt_maps};
pub use tiles::{Board, BoardTile, MosaicRules, TileRules, fill_holes, remove_small};
