//! A box of samples, by index.

use std::ops::Range;

use super::{Direction, SurveyGrid};
use crate::error::{Result, fail};

/// Index ranges (not line numbers) of a box of samples; sample fastest, inline slowest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Inline indices.
    pub inlines: Range<usize>,
    /// Crossline indices.
    pub crosslines: Range<usize>,
    /// Sample indices.
    pub samples: Range<usize>,
}

impl Block {
    /// The whole survey.
    pub fn whole(grid: &SurveyGrid) -> Self {
        Self {
            inlines: 0..grid.inlines.count,
            crosslines: 0..grid.crosslines.count,
            samples: 0..grid.samples.count,
        }
    }

    /// One vertical section: all traces and samples of the line with this index.
    pub fn section(grid: &SurveyGrid, direction: Direction, index: usize) -> Self {
        let whole = Self::whole(grid);
        match direction {
            Direction::Inline => Self { inlines: index..index + 1, ..whole },
            Direction::Crossline => Self { crosslines: index..index + 1, ..whole },
        }
    }

    /// Inlines, crosslines, samples.
    pub fn shape(&self) -> [usize; 3] {
        [self.inlines.len(), self.crosslines.len(), self.samples.len()]
    }

    /// Number of traces.
    pub fn trace_count(&self) -> usize {
        self.inlines.len() * self.crosslines.len()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.trace_count() * self.samples.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses a block that leaves the grid, or a buffer of another size.
    ///
    /// # Errors
    /// `OutOfRange` with the axis, the range and what the survey has; `InvalidArgument` for the buffer.
    pub fn check(&self, grid: &SurveyGrid, buffer_len: usize) -> Result<()> {
        let axes = [
            ("inline", &self.inlines, grid.inlines.count),
            ("crossline", &self.crosslines, grid.crosslines.count),
            ("sample", &self.samples, grid.samples.count),
        ];
        for (name, range, count) in axes {
            if range.start > range.end || range.end > count {
                fail!(OutOfRange, "{name} indices {range:?} are outside the survey, which has {count}");
            }
        }
        if buffer_len != self.len() {
            fail!(InvalidArgument, "the buffer holds {buffer_len} samples, the block has {}", self.len());
        }
        Ok(())
    }
}
