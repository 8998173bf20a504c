//! How sections are predicted.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::tiling::{EdgeRule, Extent, Frame, InputContract, TilingOptions, Window};

/// The size of the tiles that a section is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TileSize {
    /// The one that the model asks for: its window, or the size that it was trained with.
    #[default]
    Model,
    /// Squares of this many samples and traces, at least the model's; of models with windows at least a quarter of it.
    Square(usize),
    /// Squares of 229 samples and traces, or the model's own size where that is larger, a window, or its padding made for no other.
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
    /// Samples and traces that neighbouring tiles share; `None` is [`TilingOptions::default`]'s, of models with windows half the
    /// size that they were trained with; half the tile where that is less. Of no meaning for whole sections.
    pub overlap: Option<usize>,
    /// What tiles do at the borders of a section; `None`: the windows of models that have them stay inside, other tiles hang over.
    pub edge: Option<EdgeRule>,
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
        Self {
            tile: TileSize::Model,
            overlap: None,
            edge: None,
            window: TilingOptions::default().window,
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
        let least = contract.least_tile();
        // No larger than one tile needs to be to cover the section, overhang included.
        let square = |side: usize| {
            let overhang = match self.edge_under(contract) {
                EdgeRule::Inside => 0,
                EdgeRule::Extend => self.overlap_of(contract, side),
            };
            let covering = |count: usize| (count + overhang).max(least).min(side);
            Extent { rows: covering(samples), columns: covering(traces) }
        };
        let tile = match (self.tile, contract.window) {
            (TileSize::Square(side), _) => square(side),
            (TileSize::Section, _) => Extent { rows: samples.max(least), columns: traces.max(least) },
            (TileSize::Model | TileSize::Wide, Some(window)) => square(window),
            (TileSize::Wide, None) if contract.padding.works_at_any_size() => square(WIDE.max(contract.tile)),
            (TileSize::Model | TileSize::Wide, None) => contract.tile.into(),
        };
        Frame::of_size(contract, tile, stride)
    }

    fn edge_under(&self, contract: &InputContract) -> EdgeRule {
        let own = if contract.window.is_some() { EdgeRule::Inside } else { TilingOptions::default().edge };
        self.edge.unwrap_or(own)
    }

    fn overlap_of(&self, contract: &InputContract, tile: usize) -> usize {
        let own =
            if contract.window.is_some() { contract.tile / 2 } else { TilingOptions::default().overlap };
        self.overlap.unwrap_or(own.min(tile / 2))
    }

    /// How sections are cut into tiles of this size.
    pub(super) fn tiling(&self, contract: &InputContract, tile: Extent) -> TilingOptions {
        let (overlap, edge) = match self.tile {
            TileSize::Section => (0, EdgeRule::Inside),
            _ => (self.overlap_of(contract, tile.rows.max(tile.columns)), self.edge_under(contract)),
        };
        TilingOptions { overlap, edge, window: self.window }
    }
}
