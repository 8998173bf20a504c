//! Systems on loose tiles: several trainings, what their networks say together, masks with rules, mosaics.

mod contact_sheet;
#[cfg(feature = "torch")]
mod evaluate;
mod finish;
#[cfg(feature = "torch")]
mod folder;
#[cfg(feature = "torch")]
mod members;
mod mosaics;
#[cfg(feature = "torch")]
mod predict;
mod report;
#[cfg(feature = "torch")]
mod stack;
#[cfg(feature = "torch")]
mod train;

pub use contact_sheet::contact_sheet;
#[cfg(feature = "torch")]
pub use evaluate::evaluate_tiles;
pub use finish::{FinishOptions, FinishReport, finish_tiles};
pub use mosaics::{MosaicOptions, MosaicReport, mosaic_tiles};
#[cfg(feature = "torch")]
pub use predict::{TilePredictOptions, TilePredictReport, predict_tileset};
pub use report::{CoverageScore, RuleScore, TileReport, report_tiles};
#[cfg(feature = "torch")]
pub use stack::{FoldStacking, SystemStacking};
#[cfg(feature = "torch")]
pub use train::{SystemReport, SystemTraining, train_system};
