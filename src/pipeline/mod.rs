//! Whole jobs over the rooms below: each reads like the data path.

mod contact_sheet;
#[cfg(feature = "torch")]
mod cross_validate;
mod evaluate;
#[cfg(feature = "torch")]
mod evaluate_tiles;
#[cfg(feature = "torch")]
mod find_rate;
mod finish_tiles;
#[cfg(feature = "torch")]
mod fit;
#[cfg(feature = "torch")]
mod fit_surveys;
#[cfg(feature = "torch")]
mod fit_tiles;
#[cfg(feature = "torch")]
mod listing;
#[cfg(feature = "torch")]
mod members;
mod mosaics;
#[cfg(feature = "torch")]
mod predict_tileset;
#[cfg(feature = "torch")]
mod pseudo;
mod report_tiles;
#[cfg(feature = "torch")]
mod run_record;
#[cfg(feature = "torch")]
pub mod segment;
#[cfg(feature = "torch")]
mod stack_system;
#[cfg(feature = "torch")]
mod train_system;
#[cfg(feature = "torch")]
mod weights;

pub use contact_sheet::contact_sheet;
#[cfg(feature = "torch")]
pub use cross_validate::{CrossValidation, LabelledData, cross_validate};
pub use evaluate::{Evaluation, evaluate};
#[cfg(feature = "torch")]
pub use evaluate_tiles::evaluate_tiles;
#[cfg(feature = "torch")]
pub use find_rate::find_rate;
pub use finish_tiles::{FinishOptions, FinishReport, finish_tiles};
#[cfg(feature = "torch")]
pub use fit::{FitOptions, FitReport};
#[cfg(feature = "torch")]
pub use fit_surveys::fit;
#[cfg(feature = "torch")]
pub use fit_tiles::fit_tiles;
pub use mosaics::{MosaicOptions, MosaicReport, find_mosaics};
#[cfg(feature = "torch")]
pub use predict_tileset::{TilePredictOptions, TilePredictReport, predict_tileset};
#[cfg(feature = "torch")]
pub use pseudo::PseudoSource;
pub use report_tiles::{CoverageScore, RuleScore, TileReport, report_tiles};
#[cfg(feature = "torch")]
pub use stack_system::{FoldStacking, SystemStacking};
#[cfg(feature = "torch")]
pub use train_system::{SystemReport, SystemTraining, train_system};
#[cfg(feature = "torch")]
pub use weights::{ImportOptions, export_model, import_model};

#[cfg(feature = "torch")]
pub use crate::train::LabelledSurvey;
