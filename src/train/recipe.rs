//! A whole training run as data (TOML). The recipes of the library are in `recipes/`.

use serde::{Deserialize, Serialize};

use super::{AdamOptions, Schedule};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::loss::LossSpec;
use crate::model::NetworkSpec;
use crate::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use crate::volume::{Direction, SampleUnit};

/// Everything that decides how a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name, kept in the model file.
    pub name: String,
    /// Seed of initial weights, order of tiles and augmentation.
    pub seed: u64,
    /// Tiles per step.
    pub batch: usize,
    /// Probability above which a sample counts as salt.
    pub threshold: f32,
    /// The network.
    pub network: NetworkSpec,
    /// What the network sees.
    pub input: InputSpec,
    /// Which tiles are taken from the surveys.
    pub tiles: TileSpec,
    /// Random changes to training tiles.
    pub augment: AugmentSpec,
    /// The optimizer's constants.
    #[serde(default)]
    pub adam: AdamOptions,
    /// How an encoder that was trained elsewhere is treated.
    #[serde(default)]
    pub finetune: FinetuneSpec,
    /// What is trained, in order.
    pub stages: Vec<Stage>,
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
#[serde(deny_unknown_fields)]
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

/// Random changes to training tiles, drawn per tile and epoch from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AugmentSpec {
    /// Probability of a mirror image along the traces.
    pub flip: f64,
    /// Largest shift of the tile's position, in samples and traces.
    pub shift: usize,
}

/// How an encoder that was trained elsewhere is treated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FinetuneSpec {
    /// The encoder's first stages (a ResNet's stem, then its layers) that keep their weights and statistics.
    pub frozen_stages: usize,
    /// The encoder's learning rate as a share of the others', 0..=1.
    pub encoder_rate: f64,
}

impl Default for FinetuneSpec {
    fn default() -> Self {
        Self { frozen_stages: 0, encoder_rate: 1.0 }
    }
}

/// A number of epochs with one loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Passes over the training tiles.
    pub epochs: usize,
    /// Learning rate that the schedule scales.
    pub rate: f64,
    /// How the rate moves within the stage.
    pub schedule: Schedule,
    /// What is minimised.
    pub loss: LossSpec,
}

/// Names and texts of the recipes that the library carries.
const BUILTIN: [(&str, &str); 2] = [
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

    /// Refuses values that cannot be trained with.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        let contract = self.input.contract([0.0, 1.0], SampleUnit::Milliseconds, None, None);
        contract
            .check()
            .map_err(|error| Error::new(ErrorKind::InvalidArgument, error.message().to_owned()))?;
        self.network.check(self.input.padded, self.input.channels.len())?;
        if !(1..=4096).contains(&self.batch) {
            fail!(InvalidArgument, "recipe: batch is {}, expected 1..=4096", self.batch);
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            fail!(InvalidArgument, "recipe: threshold is {}, expected 0..=1", self.threshold);
        }
        let TileSpec { directions, line_step, overlap, validation_share, .. } = &self.tiles;
        if directions.is_empty() || *line_step == 0 || *overlap >= self.input.tile {
            fail!(
                InvalidArgument,
                "recipe: tiles need a direction, a line_step of at least 1 (found {line_step}) and an overlap below the tile's {} (found {overlap})",
                self.input.tile
            );
        }
        if !(0.0..0.5).contains(validation_share) {
            fail!(InvalidArgument, "recipe: tiles.validation_share is {validation_share}, expected 0..0.5");
        }
        if !(0.0..=1.0).contains(&self.augment.flip) {
            fail!(InvalidArgument, "recipe: augment.flip is {}, expected 0..=1", self.augment.flip);
        }
        let FinetuneSpec { frozen_stages, encoder_rate } = self.finetune;
        let stages = self.network.encoder_stages();
        if frozen_stages > stages {
            fail!(
                InvalidArgument,
                "recipe: finetune.frozen_stages is {frozen_stages}, the encoder has {stages}"
            );
        }
        if !(0.0..=1.0).contains(&encoder_rate) {
            fail!(InvalidArgument, "recipe: finetune.encoder_rate is {encoder_rate}, expected 0..=1");
        }
        self.check_stages()
    }

    fn check_stages(&self) -> Result<()> {
        if self.epochs() == 0 {
            fail!(InvalidArgument, "recipe: the stages have no epoch");
        }
        for stage in &self.stages {
            if !(stage.rate.is_finite() && stage.rate > 0.0) {
                fail!(
                    InvalidArgument,
                    "recipe: a stage's rate is {}, expected a positive number",
                    stage.rate
                );
            }
            stage.loss.check()?;
            let heads = &self.network.heads;
            if stage.loss.empty > 0.0 && heads.classifier.is_none() {
                fail!(InvalidArgument, "recipe: a loss weighs empty, network.heads has no classifier");
            }
            if stage.loss.deep > 0.0 && !heads.deep_supervision {
                fail!(InvalidArgument, "recipe: a loss weighs deep, network.heads has no deep_supervision");
            }
        }
        Ok(())
    }

    /// Epochs of all stages.
    pub fn epochs(&self) -> usize {
        self.stages.iter().map(|stage| stage.epochs).sum()
    }

    /// The stage that an epoch (from 0) belongs to and its number within the stage.
    pub(super) fn stage(&self, epoch: usize) -> Option<(&Stage, usize)> {
        let mut first = 0;
        for stage in &self.stages {
            if epoch < first + stage.epochs {
                return Some((stage, epoch - first));
            }
            first += stage.epochs;
        }
        None
    }
}
