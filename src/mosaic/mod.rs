//! Tiles put together again: which tiles were neighbours in the section that they were cut from, and whole mosaics of them.
//!
//! After V. Gaitan's jigsaw of the TGS challenge, with the histogram matching of its 14th place before it if asked for: what a tile goes on
//! with beyond an edge is compared with what all other tiles do beyond the opposite edge, and the nearest is a neighbour where it
//! is much nearer than the next and the choice is mutual.

mod assembly;
mod edges;
mod histogram;
mod links;
mod nearest;

pub use assembly::{Assembly, Cell, Mosaic, assemble};
pub use histogram::Histogram;
pub use links::{JigsawOptions, Link, Seam, find_links};
