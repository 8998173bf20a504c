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
mod report;
mod run_folder;
mod schedule;
mod source;
mod spec;
mod spec_check;
mod step;
mod survey_tiles;
mod trainer;
mod validate;

pub use augment::{AugmentSpec, Chance, Change, Elastic, Shift};
pub use folds::{FoldKind, FoldSpec, TileFacts, line_fold, near_duplicates};
pub use history::{EpochRecord, Seconds};
pub use loose_tiles::{LooseTiles, facts};
pub use optim::{Optimizer, OptimizerSpec, ParameterGroup, Rule};
pub use outcome::{Candidate, TrainingOutcome};
pub use rate_test::{RatePoint, RateRange, RateTest, rate_test};
pub use run_folder::RunFolder;
pub use schedule::{AtPlateau, Moment, Schedule, Turn};
pub use source::{LabelledTile, TileSource};
pub use spec::{AverageSpec, AverageStatistics, InputSpec, MeanWeights, Stage, TileSpec, TrainingSpec};
pub use survey_tiles::{Area, LabelledSurvey, SurveyTiles};
pub use trainer::{Trainer, TrainingSetup};
