//! The models that the library carries, in `models/`, whose README says what each was trained on and how good it is.

use super::predictor::{Predictor, PredictorOptions};
use crate::error::{Result, fail};
use crate::model::ModelFile;

/// Names and files of the models that the library carries; the first is for surveys.
const BUILTIN: [(&str, &[u8]); 2] = [
    ("survey", include_bytes!("../../models/survey.safetensors")),
    ("tgs", include_bytes!("../../models/tgs.safetensors")),
];

impl Predictor {
    /// Names of the models that the library carries: "survey", the one to take where none is named, and "tgs", for tiles of the TGS
    /// challenge.
    pub fn builtin_names() -> Vec<&'static str> {
        BUILTIN.iter().map(|(name, _)| *name).collect()
    }

    /// A model that the library carries.
    ///
    /// # Errors
    /// `InvalidArgument` with the valid names; as [`Predictor::load`], but for files.
    pub fn builtin(name: &str, options: &PredictorOptions) -> Result<Self> {
        let Some((_, model)) = BUILTIN.iter().find(|(known, _)| *known == name) else {
            fail!(
                InvalidArgument,
                "built-in model {name:?} is unknown, expected one of: {}",
                Self::builtin_names().join(", ")
            );
        };
        let model: &'static [u8] = model;
        Self::new(options, |device, kind| ModelFile::parse_to_predict(model, device, kind))
    }
}
