//! Prediction: sections through networks and back together, in bounded memory.

mod blend;
mod builtin;
mod cut;
mod ensemble;
mod flow;
mod layout;
mod lines;
mod memory;
mod network_threads;
mod options;
mod parts;
mod passes;
mod predictor;
mod report;
mod section;
mod tiles;

pub use ensemble::Ensemble;
pub use lines::{Line, LinePlan, LineResult, Lines, LinesReport};
pub use memory::peak_memory;
pub use options::{PredictOptions, Quality, TileSize};
pub use predictor::{Description, Predictor, PredictorOptions};
pub use report::{LineFigures, PredictReport, StageSeconds};
pub use section::{SectionOutput, predict_section};
pub use tiles::{TilePrediction, predict_tiles};
