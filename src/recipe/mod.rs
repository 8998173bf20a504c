//! Recipes: whole systems as data. One training, and what is around it: how the labelled tiles are divided, which trainings a system has, how
//! their networks predict together, what is learnt of predictions, which rules make masks.

mod builtin;
mod check;
mod parts;
mod system;
mod text;

pub use parts::{Members, PredictSpec, PseudoSpec, Training};
pub use system::SystemRecipe;
