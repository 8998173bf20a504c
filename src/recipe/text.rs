//! Recipes as text: TOML, in which the fields of the training stand beside those of the system.

use serde::{Deserialize, Serialize};

use super::parts::{PredictSpec, PseudoSpec, Training};
use super::system::SystemRecipe;
use crate::error::{Error, ErrorKind, Result};
use crate::model::NetworkSpec;
use crate::rules::TileRules;
use crate::train::{
    AugmentSpec, AverageSpec, FoldSpec, InputSpec, MeanWeights, OptimizerSpec, SectionTiles, Stage, TileSpec,
    TrainingSpec,
};

/// The text, field by field, in the order in which it is written. [`SystemRecipe`] and [`TrainingSpec`] say what the fields mean. (serde's
/// `flatten` would do without this list, and would not tell of unknown fields.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    seed: u64,
    batch: usize,
    #[serde(default)]
    pass_tiles: Option<usize>,
    threshold: f32,
    #[serde(default)]
    unlabelled: Option<f32>,
    #[serde(default)]
    frozen_stages: usize,
    network: NetworkSpec,
    input: InputSpec,
    #[serde(default)]
    tiles: TileSpec,
    #[serde(default)]
    sections: Option<SectionTiles>,
    #[serde(default)]
    drop_plain: bool,
    #[serde(default)]
    folds: FoldSpec,
    #[serde(default)]
    augment: AugmentSpec,
    #[serde(default)]
    optimizer: OptimizerSpec,
    #[serde(default)]
    mean_weights: Option<MeanWeights>,
    #[serde(default)]
    average: Option<AverageSpec>,
    #[serde(default)]
    snapshots: bool,
    stages: Vec<Stage>,
    #[serde(default)]
    trainings: Vec<Training>,
    #[serde(default)]
    predict: PredictSpec,
    #[serde(default)]
    pseudo: PseudoSpec,
    #[serde(default)]
    rules: TileRules,
}

impl SystemRecipe {
    /// Parses and checks a recipe.
    ///
    /// # Errors
    /// `InvalidArgument` with the line and field.
    pub fn from_toml(text: &str) -> Result<Self> {
        let recipe: Recipe = toml::from_str(text).map_err(|error| {
            Error::new(ErrorKind::InvalidArgument, format!("recipe: {}", error.to_string().trim_end()))
        })?;
        let recipe = Self::from(recipe);
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as TOML.
    ///
    /// # Errors
    /// `Internal`.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(&Recipe::from(self.clone()))
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a recipe: {error}")))
    }
}

impl From<Recipe> for SystemRecipe {
    fn from(text: Recipe) -> Self {
        let training = TrainingSpec {
            name: text.name,
            seed: text.seed,
            batch: text.batch,
            pass_tiles: text.pass_tiles,
            threshold: text.threshold,
            unlabelled: text.unlabelled,
            frozen_stages: text.frozen_stages,
            network: text.network,
            input: text.input,
            tiles: text.tiles,
            sections: text.sections,
            drop_plain: text.drop_plain,
            augment: text.augment,
            optimizer: text.optimizer,
            mean_weights: text.mean_weights,
            average: text.average,
            snapshots: text.snapshots,
            stages: text.stages,
        };
        let Recipe { folds, trainings, predict, pseudo, rules, .. } = text;
        Self { training, folds, trainings, predict, pseudo, rules }
    }
}

impl From<SystemRecipe> for Recipe {
    fn from(recipe: SystemRecipe) -> Self {
        let SystemRecipe { training, folds, trainings, predict, pseudo, rules } = recipe;
        Self {
            name: training.name,
            seed: training.seed,
            batch: training.batch,
            pass_tiles: training.pass_tiles,
            threshold: training.threshold,
            unlabelled: training.unlabelled,
            frozen_stages: training.frozen_stages,
            network: training.network,
            input: training.input,
            tiles: training.tiles,
            sections: training.sections,
            drop_plain: training.drop_plain,
            folds,
            augment: training.augment,
            optimizer: training.optimizer,
            mean_weights: training.mean_weights,
            average: training.average,
            snapshots: training.snapshots,
            stages: training.stages,
            trainings,
            predict,
            pseudo,
            rules,
        }
    }
}
