//! Whole jobs over the rooms below: each reads like the data path.

mod evaluate;
#[cfg(feature = "torch")]
mod fit;

pub use evaluate::{Evaluation, evaluate};
#[cfg(feature = "torch")]
pub use fit::{FitOptions, FitReport, fit};

#[cfg(feature = "torch")]
pub use crate::train::LabelledSurvey;
