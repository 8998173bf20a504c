//! A system as data.

use super::parts::{PredictSpec, PseudoSpec, Training};
use crate::rules::TileRules;
use crate::train::{FoldSpec, TrainingSpec};

/// A training, and the system of trainings that it is part of. As text it is TOML without this division ([`SystemRecipe::from_toml`]).
#[derive(Debug, Clone, PartialEq)]
pub struct SystemRecipe {
    /// What each training does.
    pub training: TrainingSpec,
    /// How the tiles are divided for validation.
    pub folds: FoldSpec,
    /// The trainings of the whole system, each with folds of its own; none: one, with [`SystemRecipe::folds`].
    pub trainings: Vec<Training>,
    /// How the trained networks predict loose tiles together.
    pub predict: PredictSpec,
    /// Which predicted tiles are learnt from too, where predictions are given.
    pub pseudo: PseudoSpec,
    /// What is done with the predictions of loose tiles.
    pub rules: TileRules,
}

impl SystemRecipe {
    /// The recipe of each training of the system, with its name; one without a name when the recipe has no list of them.
    pub fn each_training(&self) -> Vec<(String, Self)> {
        let alone = Self { trainings: Vec::new(), ..self.clone() };
        if self.trainings.is_empty() {
            return vec![(String::new(), alone)];
        }
        let one = |training: &Training| {
            let mut recipe = alone.clone();
            recipe.folds = training.folds;
            recipe.training.stages.truncate(training.stages.unwrap_or(usize::MAX));
            (training.name.clone(), recipe)
        };
        self.trainings.iter().map(one).collect()
    }

    /// Whether another recipe's system trains the same networks: what is made of them afterwards may differ.
    pub fn trains_like(&self, other: &Self) -> bool {
        let trained = |recipe: &Self| -> Vec<Training> {
            recipe.trainings.iter().map(|training| Training { weight: None, ..training.clone() }).collect()
        };
        self.training == other.training
            && self.folds == other.folds
            && self.pseudo == other.pseudo
            && trained(self) == trained(other)
    }
}
