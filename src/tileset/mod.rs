//! Loose tiles in the layout of the TGS Salt Identification Challenge: folders of PNG images and masks, `depths.csv`,
//! run-length encoded masks, submissions.

mod folder;
mod grey;
mod mosaics;
mod options;
#[cfg(feature = "torch")]
mod prediction_folder;
mod predictions;
mod read_tiles;
mod rle;
mod submission;
mod summary;
mod table;
mod tile;

pub use folder::TileFolder;
pub use mosaics::{MosaicPlace, read_mosaics, write_mosaics};
pub use options::FolderOptions;
#[cfg(feature = "torch")]
pub(crate) use prediction_folder::PredictionFolder;
pub use predictions::{
    PredictionFile, PredictionHead, PredictionWriter, write_mask_png, write_probability_png,
};
pub use rle::{decode, encode};
pub use submission::{read_rle, write_submission};
pub use summary::{FolderSummary, Problem, ProblemKind};
pub use tile::Tile;
