//! Training: labelled tiles in, a model file out; deterministic for a seed, and resumable to the bit.

mod checkpoint;
mod history;
mod optim;
mod recipe;
mod samples;
mod schedule;
mod step;
mod trainer;
mod validate;

pub use history::EpochRecord;
pub use optim::{Adam, AdamOptions};
pub use recipe::{AugmentSpec, FinetuneSpec, InputSpec, Recipe, Stage, TileSpec};
pub use samples::{Area, LabelledSurvey, TileSet};
pub use schedule::Schedule;
pub use trainer::{Trainer, TrainingOutcome, TrainingSetup};
