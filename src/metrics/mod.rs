//! How good predictions are. All accumulators are streaming and mergeable: fixed memory, any order.
//!
//! Masks are flags per pixel; probabilities are `f32` in 0..1. Pixels whose truth nobody knows (dead traces, outside
//! the section) are left out by a validity mask.

mod calibration;
mod confusion;
mod overlap;
mod precision_iou;
mod seam;
mod sweep;
mod temperature;
mod tile_scores;

pub use calibration::{Calibration, CalibrationBin};
pub use confusion::Confusion;
pub use overlap::{dice, iou, two_class_iou};
pub use precision_iou::{MeanPrecision, tile_precision};
pub use seam::{SeamFigure, SectionView};
pub use sweep::{Best, PrecisionSweep, ThresholdSweep};
pub use temperature::{LogitHistogram, scaled_threshold};
pub use tile_scores::{Figures, TileScores};
