//! Training: labelled tiles in, a model file out; deterministic for a seed, and resumable to the bit.

mod augment;
mod batch;
mod checkpoint;
mod events;
mod folds;
mod history;
mod loader;
mod loose_tiles;
mod mean_weights;
mod optim;
mod outcome;
mod rate_test;
mod recipe;
mod report;
mod run_folder;
mod schedule;
mod source;
mod step;
mod survey_tiles;
mod system;
mod trainer;
mod validate;

pub use augment::{AugmentSpec, Chance, Change, Elastic, Shift};
pub use folds::{FoldKind, FoldSpec, TileFacts, line_fold, near_duplicates};
pub use history::{EpochRecord, Seconds};
pub use loose_tiles::{LooseTiles, facts};
pub use optim::{Optimizer, OptimizerSpec, ParameterGroup, Rule};
pub use outcome::{Candidate, TrainingOutcome};
pub use rate_test::{RatePoint, RateRange, RateTest, rate_test};
pub use recipe::{AverageSpec, AverageStatistics, InputSpec, MeanWeights, Recipe, Stage, TileSpec};
pub use run_folder::RunFolder;
pub use schedule::{AtPlateau, Moment, Schedule, Turn};
pub use source::{LabelledTile, TileSource};
pub use survey_tiles::{Area, LabelledSurvey, SurveyTiles};
pub use system::{Members, PredictSpec, PseudoSpec, Training};
pub use trainer::{Trainer, TrainingSetup};
