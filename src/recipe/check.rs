//! What a recipe may not say of a system: refused before anything is read or trained, naming the field.

use std::collections::BTreeSet;

use super::parts::{Members, Training};
use super::system::SystemRecipe;
use crate::error::{Result, fail};

impl SystemRecipe {
    /// Refuses values that cannot be trained or predicted with.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        self.training.check()?;
        self.folds.check()?;
        self.rules.check()?;
        self.pseudo.check()?;
        self.check_trainings()
    }

    fn check_trainings(&self) -> Result<()> {
        if self.predict.members == Members::Snapshots && !self.training.snapshots {
            fail!(
                InvalidArgument,
                "recipe: predict.members is snapshots, and snapshots is not set: set snapshots=true"
            );
        }
        let mut names = BTreeSet::new();
        for Training { name, folds, stages, weight } in &self.trainings {
            folds.check()?;
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty()
                || !name.chars().all(allowed)
                || name.starts_with("fold-")
                || !names.insert(name)
            {
                fail!(
                    InvalidArgument,
                    "recipe: a training is named {name:?}; expected letters, digits, - and _, not beginning with fold-, each name once"
                );
            }
            if let Some(weight) = weight
                && !(weight.is_finite() && *weight >= 0.0)
            {
                fail!(
                    InvalidArgument,
                    "recipe: the training {name} has the weight {weight}, expected a number from 0 on"
                );
            }
            if let Some(stages) = stages
                && !(1..=self.training.stages.len()).contains(stages)
            {
                fail!(
                    InvalidArgument,
                    "recipe: the training {name} has the first {stages} stages, there are {}",
                    self.training.stages.len()
                );
            }
        }
        Ok(())
    }
}
