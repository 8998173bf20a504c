//! Random sections as training tiles, drawn when they are needed and never stored.

use sha2::{Digest, Sha256};

use super::{InputSpec, LabelledTile, SectionTiles, TileSource};
use crate::error::Result;
use crate::synth::RandomSections;
use crate::tiling::{InputContract, TileDepth};
use crate::volume::SampleUnit;

/// Random sections of a tile's size.
pub struct RandomTiles {
    sections: RandomSections,
    count: usize,
    contract: InputContract,
    data_hash: String,
}

/// Seeds of training and validation differ in this.
const VALIDATION: u64 = 1 << 63;

impl RandomTiles {
    /// Tiles to train on and tiles to validate on, as the recipe's input wants them.
    ///
    /// # Errors
    /// `InvalidArgument` for ingredients that cannot be drawn from.
    pub fn pair(spec: &SectionTiles, seed: u64, input: &InputSpec) -> Result<[Self; 2]> {
        let source = |seed: u64, count: usize| -> Result<Self> {
            let mut hash = Sha256::new();
            hash.update(format!("random sections {seed} {count} {:?}", spec.draw));
            Ok(Self {
                sections: RandomSections::new(spec.draw, seed, input.tile, input.tile)?,
                count,
                // Sections have no units, so that nothing depends on them.
                contract: input.contract([0.0, 1.0], SampleUnit::Milliseconds, None, None),
                data_hash: format!("{:x}", hash.finalize()),
            })
        };
        Ok([source(seed & !VALIDATION, spec.tiles)?, source(seed | VALIDATION, spec.validation)?])
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
