//! Labelled data to a model file: one training on surveys or on loose tiles, all folds of it, a test of its learning rate.

mod areas;
mod cross_validate;
mod fold_folder;
mod options;
mod pseudo;
mod rates;
mod run;
mod run_record;
mod sections;
mod surveys;
mod tiles;
mod weights;

pub use cross_validate::{CrossValidation, LabelledData, cross_validate};
pub(crate) use fold_folder::FoldFolder;
pub use options::{FitOptions, FitReport};
pub use pseudo::PseudoSource;
pub(crate) use pseudo::check_groups;
pub use rates::test_rates;
pub(crate) use run_record::is_finished;
pub use surveys::fit_surveys;
pub(crate) use tiles::check_folds;
pub use tiles::fit_tiles;
pub use weights::{ImportOptions, export_model, import_model};

pub use crate::train::LabelledSurvey;
