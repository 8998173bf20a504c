//! Random sections as training tiles, drawn when they are needed and never stored.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{InputSpec, LabelledTile, TileSource};
use crate::error::{Result, fail};
use crate::synth::{RandomSections, SectionSpec};
use crate::tiling::{InputContract, TileDepth};
use crate::volume::SampleUnit;

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

/// Random sections of a tile's size.
pub struct RandomTiles {
    sections: RandomSections,
    count: usize,
    contract: InputContract,
    data_hash: String,
}

/// Seeds of training and validation differ in this.
const VALIDATION: u64 = 1 << 63;

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

    /// Tiles to train on and tiles to validate on, as the recipe's input wants them.
    ///
    /// # Errors
    /// `InvalidArgument` for ingredients that cannot be drawn from.
    pub fn sources(&self, seed: u64, input: &InputSpec) -> Result<[RandomTiles; 2]> {
        let source = |seed: u64, count: usize| -> Result<RandomTiles> {
            let mut hash = Sha256::new();
            hash.update(format!("random sections {seed} {count} {:?}", self.draw));
            Ok(RandomTiles {
                sections: RandomSections::new(self.draw, seed, input.tile, input.tile)?,
                count,
                // Sections have no units, so that nothing depends on them.
                contract: input.contract([0.0, 1.0], SampleUnit::Milliseconds, None, None),
                data_hash: format!("{:x}", hash.finalize()),
            })
        };
        Ok([source(seed & !VALIDATION, self.tiles)?, source(seed | VALIDATION, self.validation)?])
    }
}

impl TileSource for RandomTiles {
    fn len(&self) -> usize {
        self.count
    }

    fn contract(&self) -> &InputContract {
        &self.contract
    }

    fn data_hash(&self) -> &str {
        &self.data_hash
    }

    fn name(&self, index: usize) -> String {
        format!("random section {index}")
    }

    /// A shift has no meaning here: what lies beside a section is as random as the section.
    fn read(&self, index: usize, epoch: usize, _: [isize; 2]) -> Result<LabelledTile> {
        let number = epoch as u64 * self.count as u64 + index as u64;
        let section = self.sections.section(number);
        Ok(LabelledTile {
            valid: vec![1.0; section.label.len()],
            amplitude: section.amplitude,
            label: section.label,
            depth: TileDepth::Constant(0.0),
        })
    }
}
