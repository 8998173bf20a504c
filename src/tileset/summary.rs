//! What is in a folder of tiles, and what is wrong with it.

use serde::Serialize;

/// What is wrong with one tile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The tile.
    pub id: String,
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// What was found and expected.
    pub detail: String,
}

/// Kinds of trouble with a tile. A tile with any but `EmptyImage` is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// An image or mask that is no whole PNG file.
    Unreadable,
    /// Other rows or columns than the folder's first tile.
    WrongSize,
    /// An image without a mask, in a folder with masks.
    MissingMask,
    /// A mask without an image.
    MissingImage,
    /// A mask with more than two values.
    NotBinary,
    /// An id that comes more than once in a table.
    DuplicateId,
    /// A tile that `depths.csv` does not name, or names without a number.
    MissingDepth,
    /// A mask that differs from its run-length code in `train.csv`.
    MaskDiffers,
    /// An image of one value throughout: nothing can be learnt from it.
    EmptyImage,
}

impl ProblemKind {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::WrongSize => "wrong size",
            Self::MissingMask => "missing mask",
            Self::MissingImage => "missing image",
            Self::NotBinary => "mask not binary",
            Self::DuplicateId => "duplicate id",
            Self::MissingDepth => "missing depth",
            Self::MaskDiffers => "mask differs from table",
            Self::EmptyImage => "image of one value",
        }
    }

    /// Whether a tile with this trouble is left out.
    pub fn excludes(self) -> bool {
        self != Self::EmptyImage
    }
}

/// Figures of a folder of tiles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FolderSummary {
    /// Usable tiles.
    pub tiles: usize,
    /// Those with a mask.
    pub labelled: usize,
    /// Rows and columns of a tile.
    pub size: usize,
    /// Labelled tiles without salt.
    pub empty: usize,
    /// Labelled tiles that are all salt.
    pub full: usize,
    /// Mean share of salt over the labelled tiles, 0..=1.
    pub mean_coverage: f64,
    /// Labelled tiles by share of salt: none, above 0 up to 10 %, .. above 90 %.
    pub coverage: Vec<usize>,
    /// Shallowest and deepest of the table of depths, if there is one.
    pub depth_range: Option<[f64; 2]>,
    /// SHA-256 over ids, images and masks.
    pub data_hash: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
}
