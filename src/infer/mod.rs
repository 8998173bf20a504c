//! Prediction: sections through a network and back together, in bounded memory.

mod predictor;
mod report;
mod section;
mod stream;
mod tiles;

pub use predictor::{Description, Predictor, PredictorOptions};
pub use report::{PredictReport, StageSeconds};
pub use section::{PredictOptions, predict_section};
pub use stream::predict_volume;
pub use tiles::{TilePrediction, predict_tiles};
