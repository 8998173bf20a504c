//! How sections are predicted.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::tiling::{EdgeRule, Extent, Frame, InputContract, TilingOptions, Window};

/// The size of the tiles that a section is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TileSize {
    /// The one that the network was trained with.
    #[default]
    Model,
    /// Squares of this many samples and traces, at least the model's.
    Square(usize),
    /// Squares of 229 samples and traces, or the model's own size where that is larger or its padding made for no other.
    Wide,
    /// One tile for a whole section.
    Section,
}

/// Samples and traces of [`TileSize::Wide`].
const WIDE: usize = 229;

/// How sections are predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictOptions {
    /// The size of the tiles.
    pub tile: TileSize,
    /// Samples and traces that neighbouring tiles share; `None` is [`TilingOptions::default`]'s, or half the tile where that is
    /// less. Of no meaning for whole sections.
    pub overlap: Option<usize>,
    /// What tiles do at the borders of a section.
    pub edge: EdgeRule,
    /// How the predictions of overlapping tiles are weighted.
    pub window: Window,
    /// Average with the mirrored tile (test-time augmentation); twice the time.
    pub flip: bool,
    /// Passes per network with channels dropped as in training (Monte Carlo dropout); 0: one without.
    pub dropout_passes: usize,
    /// Bring sections to the sample interval and trace spacing that the model was trained at, and the result back.
    pub resample: bool,
    /// Pass over tiles with nothing to see, as in water and above mutes: all samples within one of 255 levels of grey of what the network gets (-1 to 1).
    /// Their probability is 0.
    pub skip_blank: bool,
}

impl Default for PredictOptions {
    fn default() -> Self {
        let TilingOptions { edge, window, .. } = TilingOptions::default();
        Self {
            tile: TileSize::Model,
            overlap: None,
            edge,
            window,
            flip: false,
            dropout_passes: 0,
            resample: false,
            skip_blank: true,
        }
    }
}

/// How much time to spend on accuracy; `benchmarks/` says what each costs and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quality {
    /// Windows of 229 samples and traces: fewer of them are computed twice, but the network sees more than in the training that it was scored on.
    Draft,
    /// The defaults.
    #[default]
    Normal,
    /// Tiles averaged with their mirror images; for surveys along both directions too: four times the time.
    Best,
}

impl From<Quality> for PredictOptions {
    fn from(quality: Quality) -> Self {
        let normal = Self::default();
        match quality {
            Quality::Draft => Self { tile: TileSize::Wide, ..normal },
            Quality::Normal => normal,
            Quality::Best => Self { flip: true, ..normal },
        }
    }
}

impl PredictOptions {
    /// The size of the tiles of sections of `traces` x `samples`, and of the input of networks of this stride.
    pub(super) fn frame<'a>(
        &self,
        contract: &'a InputContract,
        stride: usize,
        [traces, samples]: [usize; 2],
    ) -> Result<Frame<'a>> {
        // No larger than one tile needs to be to cover the section, overhang included.
        let square = |side: usize| {
            let covering = |count: usize| (count + self.overlap_of(side)).max(contract.tile).min(side);
            Extent { rows: covering(samples), columns: covering(traces) }
        };
        let tile = match self.tile {
            TileSize::Wide if contract.padding.works_at_any_size() => square(WIDE.max(contract.tile)),
            TileSize::Model | TileSize::Wide => contract.tile.into(),
            TileSize::Square(side) => square(side),
            TileSize::Section => {
                Extent { rows: samples.max(contract.tile), columns: traces.max(contract.tile) }
            }
        };
        Frame::of_size(contract, tile, stride)
    }

    fn overlap_of(&self, tile: usize) -> usize {
        self.overlap.unwrap_or(TilingOptions::default().overlap.min(tile / 2))
    }

    pub(super) fn tiling(&self, tile: Extent) -> TilingOptions {
        let half = tile.rows.min(tile.columns) / 2;
        let (overlap, edge) = match self.tile {
            TileSize::Section => (0, EdgeRule::Inside),
            _ => (self.overlap_of(2 * half), self.edge),
        };
        TilingOptions { overlap, edge, window: self.window }
    }
}
