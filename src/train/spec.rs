//! One training as data.

use serde::{Deserialize, Serialize};

use super::{AugmentSpec, Moment, OptimizerSpec, Schedule, SectionTiles};
use crate::loss::LossSpec;
use crate::model::NetworkSpec;
use crate::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use crate::volume::{Direction, SampleUnit};

/// Everything but the tiles that decides what the weights become. Two trainings with equal specs and equal tiles are the same training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// Its name, kept in the model file.
    pub name: String,
    /// Seed of initial weights, order of tiles, augmentation and folds.
    pub seed: u64,
    /// Tiles per step.
    pub batch: usize,
    /// Most tiles per pass through the network; the gradients of a batch's passes are added up. `None`: the batch.
    pub pass_tiles: Option<usize>,
    /// Probability above which a sample counts as salt.
    pub threshold: f32,
    /// Label value of surveys that means "unlabelled", besides NaN. (Loose tiles are read before the recipe: their grey value is an option of the folder.)
    pub unlabelled: Option<f32>,
    /// The encoder's first stages (a ResNet's stem, then its layers) that keep their weights and statistics.
    pub frozen_stages: usize,
    /// The network.
    pub network: NetworkSpec,
    /// What the network sees.
    pub input: InputSpec,
    /// Which tiles are taken from surveys; loose tiles are taken whole.
    pub tiles: TileSpec,
    /// Random sections to learn from, where no surveys and no loose tiles are given.
    pub sections: Option<SectionTiles>,
    /// Do not train on loose tiles of one value throughout; they are validated on all the same.
    pub drop_plain: bool,
    /// Random changes to training tiles.
    pub augment: AugmentSpec,
    /// How gradients change the weights.
    pub optimizer: OptimizerSpec,
    /// A running mean of the weights, which is validated and kept in their place.
    pub mean_weights: Option<MeanWeights>,
    /// What is made of the best epochs at the end.
    pub average: Option<AverageSpec>,
    /// Keep a model at the end of each cycle of the schedule.
    pub snapshots: bool,
    /// What is trained, in order.
    pub stages: Vec<Stage>,
}

/// An exponential moving average of all weights and running statistics: after each step
/// `mean = d mean + (1 - d) weights`, with `d = min(decay, (1 + steps) / (10 + steps))`, as in TensorFlow's
/// `ExponentialMovingAverage`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanWeights {
    /// Share of the mean that a step keeps, 0..1.
    pub decay: f64,
}

/// The weighted mean of the weights of the last epochs that were each the best so far: `a (1 - a)^k` from the newest (k = 0)
/// on, the oldest with what is left to 1 (arXiv 1812.01429, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AverageSpec {
    /// Epochs that are averaged at most.
    pub count: usize,
    /// a, above 0, at most 1.
    pub newest: f64,
    /// Where the mean's running statistics come from.
    #[serde(default)]
    pub statistics: AverageStatistics,
}

/// Batch statistics of averaged weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AverageStatistics {
    /// Averaged like the weights, as the published system did.
    #[default]
    Averaged,
    /// Computed anew over the training tiles (Izmailov et al., UAI 2018, section 3.2).
    Recomputed,
}

/// The part of the input contract that does not depend on the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Rows and columns of a tile, in samples and traces.
    pub tile: usize,
    /// Rows and columns that the network takes.
    pub padded: usize,
    /// How `tile` becomes `padded`.
    pub padding: Padding,
    /// The input planes, in order.
    pub channels: Vec<Channel>,
    /// How amplitudes are scaled.
    pub scaling: AmplitudeScaling,
    /// Prediction sees sections of up to this many samples and traces as a whole; `None`: tiles as in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

impl InputSpec {
    /// The whole contract for data with this vertical range, sample interval and trace spacing.
    pub fn contract(
        &self,
        depth_range: [f64; 2],
        depth_unit: SampleUnit,
        sample_interval: Option<f64>,
        trace_spacing: Option<f64>,
    ) -> InputContract {
        InputContract {
            tile: self.tile,
            padded: self.padded,
            padding: self.padding,
            channels: self.channels.clone(),
            scaling: self.scaling,
            depth_range,
            depth_unit,
            sample_interval,
            trace_spacing,
            window: self.window,
        }
    }
}

/// Which tiles are taken from labelled surveys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TileSpec {
    /// Section directions.
    pub directions: Vec<Direction>,
    /// Every how many lines a section is cut.
    pub line_step: usize,
    /// Overlap of neighbouring tiles, in samples and traces.
    pub overlap: usize,
    /// Share of each survey's inlines kept back for validation when no validation survey is given, 0..0.5.
    pub validation_share: f64,
    /// Inlines left out between training and validation, because neighbouring sections look alike.
    pub guard_lines: usize,
}

impl Default for TileSpec {
    fn default() -> Self {
        Self {
            directions: vec![Direction::Inline, Direction::Crossline],
            line_step: 2,
            overlap: 0,
            validation_share: 0.1,
            guard_lines: 10,
        }
    }
}

/// A number of epochs with one loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Passes over the training tiles, at most.
    pub epochs: usize,
    /// Learning rate that the schedule scales.
    pub rate: f64,
    /// Epochs at the beginning in which the rate rises from 0 to what the schedule says.
    #[serde(default)]
    pub warmup: f64,
    /// How the rate moves within the stage.
    pub schedule: Schedule,
    /// What is minimised.
    pub loss: LossSpec,
    /// Tiles per step; `None`: the recipe's.
    #[serde(default)]
    pub batch: Option<usize>,
    /// Another optimizer for this stage, which begins without a memory; `None`: the one before goes on.
    #[serde(default)]
    pub optimizer: Option<OptimizerSpec>,
    /// Begin with the best weights so far instead of the last, and without the optimizer's memory.
    #[serde(default)]
    pub from_best: bool,
    /// The stage ends when the validation score has not risen for this many epochs; `None`: never.
    #[serde(default)]
    pub patience: Option<usize>,
}

impl TrainingSpec {
    /// Epochs of all stages, if none ends early.
    pub fn epochs(&self) -> usize {
        self.stages.iter().map(|stage| stage.epochs).sum()
    }

    /// The optimizer of a stage, and whether it begins without a memory.
    pub(super) fn optimizer_of(&self, stage: usize) -> (&OptimizerSpec, bool) {
        let stages = self.stages.get(..=stage).unwrap_or(&self.stages);
        let spec = stages.iter().rev().find_map(|stage| stage.optimizer.as_ref()).unwrap_or(&self.optimizer);
        let fresh = stages.last().is_some_and(|stage| stage.optimizer.is_some() || stage.from_best);
        (spec, fresh)
    }
}

impl Stage {
    /// The learning rate of a step.
    pub(super) fn rate_at(&self, moment: &Moment<'_>) -> f64 {
        let rise = (self.warmup * moment.steps_per_epoch as f64).floor();
        let at = moment.step as f64;
        if at < rise {
            return self.rate * (at + 1.0) / rise;
        }
        // The schedule's epochs are those after the rise, except where they are counted in scores.
        let moment = Moment {
            step: moment.step - rise as u64,
            epochs: self.epochs as f64 - rise / moment.steps_per_epoch as f64,
            ..*moment
        };
        self.rate * self.schedule.share(&moment)
    }
}
