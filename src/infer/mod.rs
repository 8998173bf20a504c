//! Prediction: sections through networks and back together, in bounded memory.

mod blend;
mod cut;
mod ensemble;
mod flow;
mod memory;
mod network_threads;
mod options;
mod parts;
mod passes;
mod predictor;
mod report;
mod section;
mod tiles;
mod volume;

pub use ensemble::Ensemble;
pub use memory::peak_memory;
pub use options::{PredictOptions, Quality, TileSize};
pub use predictor::{Description, Predictor, PredictorOptions};
pub use report::{PredictReport, StageSeconds};
pub use section::{SectionOutput, predict_section};
pub use tiles::{TilePrediction, predict_tiles};
pub use volume::{Line, LineResult, Lines, LinesReport, check_lines, predict_lines};
