//! Which random sections a recipe learns from.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};
use crate::synth::SectionSpec;

/// How many random sections are learnt from, and what they are made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SectionTiles {
    /// Tiles of an epoch; each epoch draws others.
    pub tiles: usize,
    /// Tiles to validate on, always the same, drawn with another seed.
    pub validation: usize,
    /// The ingredients, where they are not the usual ones.
    #[serde(default)]
    pub draw: SectionSpec,
}

impl SectionTiles {
    /// Refuses counts and ingredients that cannot be.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub(super) fn check(&self) -> Result<()> {
        for (name, count) in [("tiles", self.tiles), ("validation", self.validation)] {
            if !(1..=10_000_000).contains(&count) {
                fail!(InvalidArgument, "recipe: sections.{name} is {count}, expected 1..=10000000");
            }
        }
        self.draw.check()
    }
}
