//! Some inlines of a volume as a volume of its own.

use std::ops::Range;

use super::{Block, LineAxis, LiveMask, SurveyGrid, VolumeSource};
use crate::error::{Result, fail};

/// The inlines `range` (indices) of another volume; its inline index 0 is `range.start`.
pub struct InlinePart<'a> {
    source: &'a dyn VolumeSource,
    first: usize,
    grid: SurveyGrid,
    live: LiveMask,
}

impl<'a> InlinePart<'a> {
    /// # Errors
    /// `OutOfRange` when the volume does not have these inlines, or the range is empty.
    pub fn new(source: &'a dyn VolumeSource, range: Range<usize>) -> Result<Self> {
        let whole = source.grid();
        if range.is_empty() || range.end > whole.inlines.count {
            fail!(
                OutOfRange,
                "inline indices {range:?} are outside the survey, which has {}",
                whole.inlines.count
            );
        }
        let first = range.start;
        let mut grid = whole.clone();
        grid.inlines =
            LineAxis { first: whole.inlines.number(first), step: whole.inlines.step, count: range.len() };
        if let Some(georef) = &mut grid.georef {
            georef.origin = georef.position(first as f64, 0.0);
        }
        let mut live = LiveMask::empty(&grid);
        for inline in 0..grid.inlines.count {
            for crossline in 0..grid.crosslines.count {
                live.set(inline, crossline, source.live().is_live(first + inline, crossline));
            }
        }
        Ok(Self { source, first, grid, live })
    }
}

impl VolumeSource for InlinePart<'_> {
    fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    fn live(&self) -> &LiveMask {
        &self.live
    }

    fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()> {
        block.check(&self.grid, out.len())?;
        let inlines = block.inlines.start + self.first..block.inlines.end + self.first;
        self.source.read_block(&Block { inlines, ..block.clone() }, out)
    }
}
