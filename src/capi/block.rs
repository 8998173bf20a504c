//! Boxes of samples.

use super::failure::Failure;
use super::memory;
use super::options::{self, Versioned as _, versioned};
use super::status::diapir_status;
use crate::error::{Error, ErrorKind};
use crate::volume::{Block, SurveyGrid};

/// A box of samples, by index from 0 (not by line number). Filled by diapir_block_init, then by the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_block {
    /// Size of this struct in bytes; set by diapir_block_init.
    pub struct_size: u32,
    /// Index of the first inline.
    pub inline_start: i64,
    /// Number of inlines.
    pub inline_count: i64,
    /// Index of the first crossline.
    pub crossline_start: i64,
    /// Number of crosslines.
    pub crossline_count: i64,
    /// Index of the first sample.
    pub sample_start: i64,
    /// Number of samples.
    pub sample_count: i64,
}

versioned!(diapir_block {
    struct_size,
    inline_start,
    inline_count,
    crossline_start,
    crossline_count,
    sample_start,
    sample_count,
});

/// Empties `block`, for the caller to fill. `size` is `sizeof *block`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_block_init(block: *mut diapir_block, size: usize) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(block, size) }
}

impl From<&Block> for diapir_block {
    fn from(block: &Block) -> Self {
        Self {
            inline_start: block.inlines.start as i64,
            inline_count: block.inlines.len() as i64,
            crossline_start: block.crosslines.start as i64,
            crossline_count: block.crosslines.len() as i64,
            sample_start: block.samples.start as i64,
            sample_count: block.samples.len() as i64,
            ..Self::defaults()
        }
    }
}

/// The block, which must lie within the grid.
pub(super) fn checked_block(given: &diapir_block, grid: &SurveyGrid) -> Result<Block, Failure> {
    let range = |start: i64, count: i64, name: &str| {
        let start = memory::size(start, &format!("block.{name}_start"))?;
        let count = memory::size(count, &format!("block.{name}_count"))?;
        Ok::<_, Failure>(start..start.saturating_add(count))
    };
    let block = Block {
        inlines: range(given.inline_start, given.inline_count, "inline")?,
        crosslines: range(given.crossline_start, given.crossline_count, "crossline")?,
        samples: range(given.sample_start, given.sample_count, "sample")?,
    };
    // The axes are checked one by one first: the product of impossible lengths could overflow.
    let axes = [
        (&block.inlines, grid.inlines.count, "inline"),
        (&block.crosslines, grid.crosslines.count, "crossline"),
        (&block.samples, grid.samples.count, "sample"),
    ];
    for (range, count, name) in axes {
        if range.is_empty() || range.end > count {
            let message =
                format!("block: {name} indices {range:?}, expected a part of 0..{count} that is not empty");
            return Err(Error::new(ErrorKind::OutOfRange, message).into());
        }
    }
    Ok(block)
}
