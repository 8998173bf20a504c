//! A whole training run as data (TOML). The recipes of the library are in `recipes/`.

use serde::{Deserialize, Serialize};

use super::folds::FoldSpec;
use super::{AugmentSpec, Moment, OptimizerSpec, PredictSpec, PseudoSpec, Schedule, Training};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::loss::LossSpec;
use crate::model::NetworkSpec;
use crate::rules::TileRules;
use crate::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use crate::volume::{Direction, SampleUnit};

/// Everything that decides how a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name, kept in the model file.
    pub name: String,
    /// Seed of initial weights, order of tiles, augmentation and folds.
    pub seed: u64,
    /// Tiles per step.
    pub batch: usize,
    /// Most tiles per pass through the network; the gradients of a batch's passes are added up. `None`: the batch.
    #[serde(default)]
    pub pass_tiles: Option<usize>,
    /// Probability above which a sample counts as salt.
    pub threshold: f32,
    /// Label value of surveys that means "unlabelled", besides NaN. (Loose tiles are read before the recipe: their grey value is an option of the folder.)
    #[serde(default)]
    pub unlabelled: Option<f32>,
    /// The encoder's first stages (a ResNet's stem, then its layers) that keep their weights and statistics.
    #[serde(default)]
    pub frozen_stages: usize,
    /// Weights that the encoder begins with where no model is given to begin from: a file for [`import_weights`], below the
    /// [folder of weights](super::weights_folder) unless it is absolute. Empty: the seed's.
    ///
    /// [`import_weights`]: crate::model::import::import_weights
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub initial: String,
    /// The network.
    pub network: NetworkSpec,
    /// What the network sees.
    pub input: InputSpec,
    /// Which tiles are taken from surveys; loose tiles are taken whole.
    #[serde(default)]
    pub tiles: TileSpec,
    /// Do not train on loose tiles of one value throughout; they are validated on all the same.
    #[serde(default)]
    pub drop_plain: bool,
    /// How the tiles are divided for validation.
    #[serde(default)]
    pub folds: FoldSpec,
    /// Random changes to training tiles.
    #[serde(default)]
    pub augment: AugmentSpec,
    /// How gradients change the weights.
    #[serde(default)]
    pub optimizer: OptimizerSpec,
    /// A running mean of the weights, which is validated and kept in their place.
    #[serde(default)]
    pub mean_weights: Option<MeanWeights>,
    /// What is made of the best epochs at the end.
    #[serde(default)]
    pub average: Option<AverageSpec>,
    /// Keep a model at the end of each cycle of the schedule.
    #[serde(default)]
    pub snapshots: bool,
    /// What is trained, in order.
    pub stages: Vec<Stage>,
    /// The trainings of the whole system, each with folds of its own; none: one, with [`Recipe::folds`].
    #[serde(default)]
    pub trainings: Vec<Training>,
    /// How the trained networks predict loose tiles together.
    #[serde(default)]
    pub predict: PredictSpec,
    /// Which predicted tiles are learnt from too, where predictions are given.
    #[serde(default)]
    pub pseudo: PseudoSpec,
    /// What is done with the predictions of loose tiles.
    #[serde(default)]
    pub rules: TileRules,
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

/// Names and texts of the recipes that the library carries.
const BUILTIN: [(&str, &str); 8] = [
    ("diapir-fast", include_str!("../../recipes/diapir-fast.toml")),
    ("diapir-tgs", include_str!("../../recipes/diapir-tgs.toml")),
    ("diapir-best", include_str!("../../recipes/diapir-best.toml")),
    ("kmike-27", include_str!("../../recipes/kmike-27.toml")),
    ("argus-14", include_str!("../../recipes/argus-14.toml")),
    ("keras-resnet50", include_str!("../../recipes/keras-resnet50.toml")),
    ("lessons-316", include_str!("../../recipes/lessons-316.toml")),
    ("demo", include_str!("../../recipes/demo.toml")),
];

impl Recipe {
    /// Names of the recipes that the library carries.
    pub fn builtin_names() -> Vec<&'static str> {
        BUILTIN.iter().map(|(name, _)| *name).collect()
    }

    /// The TOML text of a recipe that the library carries.
    ///
    /// # Errors
    /// `InvalidArgument` with the valid names.
    pub fn builtin_text(name: &str) -> Result<&'static str> {
        match BUILTIN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Ok(text),
            None => fail!(
                InvalidArgument,
                "recipe {name:?} is unknown, expected one of: {}",
                Self::builtin_names().join(", ")
            ),
        }
    }

    /// A recipe that the library carries.
    ///
    /// # Errors
    /// `InvalidArgument` with the valid names.
    pub fn builtin(name: &str) -> Result<Self> {
        Self::from_toml(Self::builtin_text(name)?)
    }

    /// Parses and checks a recipe.
    ///
    /// # Errors
    /// `InvalidArgument` with the line and field.
    pub fn from_toml(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|error| {
            Error::new(ErrorKind::InvalidArgument, format!("recipe: {}", error.to_string().trim_end()))
        })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as TOML.
    ///
    /// # Errors
    /// `Internal`.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a recipe: {error}")))
    }

    /// The recipe of each training of the system, with its name; one without a name when the recipe has no list of them.
    pub fn each_training(&self) -> Vec<(String, Self)> {
        let alone = Self { trainings: Vec::new(), ..self.clone() };
        if self.trainings.is_empty() {
            return vec![(String::new(), alone)];
        }
        let one = |training: &Training| {
            let mut recipe = alone.clone();
            recipe.folds = training.folds;
            recipe.stages.truncate(training.stages.unwrap_or(usize::MAX));
            (training.name.clone(), recipe)
        };
        self.trainings.iter().map(one).collect()
    }

    /// The part that decides what the weights become: without what is made of them afterwards, which may change when a training is resumed.
    pub(super) fn of_weights(&self) -> Self {
        let (predict, rules) = (PredictSpec::default(), TileRules::default());
        Self { trainings: Vec::new(), predict, rules, ..self.clone() }
    }

    /// Whether another recipe's system trains the same networks: apart from what is made of them afterwards.
    pub fn trains_like(&self, other: &Self) -> bool {
        let trainings = |recipe: &Self| -> Vec<Training> {
            recipe.trainings.iter().map(|training| Training { weight: None, ..training.clone() }).collect()
        };
        self.of_weights() == other.of_weights() && trainings(self) == trainings(other)
    }

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
