//! The two traits that connect everything that has samples with everything that wants them.

use super::{Block, LiveMask, SurveyGrid};
use crate::error::Result;

/// A volume to read from. Reads may come from several threads at once.
pub trait VolumeSource: Send + Sync {
    /// Its axes and map position.
    fn grid(&self) -> &SurveyGrid;

    /// Which trace positions hold data.
    fn live(&self) -> &LiveMask;

    /// Fills `out` (sample fastest, inline slowest) with the block. Positions that are not live are 0.
    ///
    /// # Errors
    /// `OutOfRange` outside the grid, `InvalidArgument` for a buffer of another size, `Io`, `Truncated`.
    fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()>;
}

/// A volume to write to, block by block, in any order; each sample once.
pub trait VolumeSink {
    /// Takes the block's samples (sample fastest, inline slowest). Positions that are not live are dropped.
    ///
    /// # Errors
    /// `OutOfRange` outside the grid, `InvalidArgument` for a buffer of another size, `Io`.
    fn write_block(&mut self, block: &Block, data: &[f32]) -> Result<()>;
}
