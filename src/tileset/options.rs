//! What a caller can say about a folder of tiles.

use std::path::PathBuf;

/// Where the parts of a folder lie, when they are not in their usual places.
#[derive(Debug, Clone, Default)]
pub struct FolderOptions {
    /// The table `id,z`; `None`: `depths.csv` in the folder or the one above, if it is there.
    pub depths: Option<PathBuf>,
    /// The table `id,rle_mask`; `None`: `train.csv` there.
    pub masks: Option<PathBuf>,
    /// A table `id,group`; tiles of one group are kept in one fold.
    pub groups: Option<PathBuf>,
    /// Grey value 0..=255 of mask pixels without a label.
    pub unlabelled: Option<u8>,
    /// Whether trainings may go on without the tiles that cannot be used.
    pub leave_out: bool,
}
