//! The recipes that the library carries, in `recipes/`.

use super::system::SystemRecipe;
use crate::error::{Result, fail};

/// Names and texts of the recipes that the library carries.
const BUILTIN: [(&str, &str); 8] = [
    ("survey", include_str!("../../recipes/survey.toml")),
    ("diapir-fast", include_str!("../../recipes/diapir-fast.toml")),
    ("diapir-best", include_str!("../../recipes/diapir-best.toml")),
    ("kmike-27", include_str!("../../recipes/kmike-27.toml")),
    ("argus-14", include_str!("../../recipes/argus-14.toml")),
    ("keras-resnet50", include_str!("../../recipes/keras-resnet50.toml")),
    ("lessons-316", include_str!("../../recipes/lessons-316.toml")),
    ("demo", include_str!("../../recipes/demo.toml")),
];

impl SystemRecipe {
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
}
