//! One vertical section of a volume, as tiles are cut from it.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result, fail, reserve};
use crate::volume::{Block, Direction, SampleAxis, SurveyGrid, VolumeSource};

/// All traces of one inline or crossline: raw amplitudes, trace-major (sample fastest), and which traces are live.
///
/// For both directions a one-line [`Block`] has this order already: `[1, traces, samples]` for an inline,
/// `[traces, 1, samples]` for a crossline. Reading and writing a section therefore never transposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    axis: SampleAxis,
    live: Vec<bool>,
    data: Vec<f32>,
}

impl Section {
    /// A section from memory: `data` holds `live.len()` traces of `axis.count` samples, sample fastest.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no trace, no sample, or `data` has another length.
    pub fn new(axis: SampleAxis, live: Vec<bool>, data: Vec<f32>) -> Result<Self> {
        if live.is_empty() || axis.count == 0 {
            fail!(InvalidArgument, "a section needs traces and samples, not {} x {}", live.len(), axis.count);
        }
        if live.len().checked_mul(axis.count) != Some(data.len()) {
            fail!(
                InvalidArgument,
                "the section has {} traces of {} samples, but the data holds {} samples",
                live.len(),
                axis.count,
                data.len()
            );
        }
        Ok(Self { axis, live, data })
    }

    /// Reads the section of the line with this index. `reuse` is a buffer whose memory is taken over
    /// (from [`Section::into_data`] of the section before, or `Vec::new()`).
    ///
    /// # Errors
    /// `OutOfRange` when there is no such line; `OutOfMemory`; what the source reports.
    pub fn read(
        source: &dyn VolumeSource,
        direction: Direction,
        index: usize,
        reuse: Vec<f32>,
    ) -> Result<Self> {
        let grid = source.grid();
        let block = Self::block(grid, direction, index, 0..Self::trace_count(grid, direction))?;
        Self::read_block(source, &block, reuse)
    }

    /// Reads some traces and samples (indices) of a section, as a section of their own.
    ///
    /// # Errors
    /// As [`Section::read`]; `OutOfRange` for samples that the section does not have.
    pub fn read_window(
        source: &dyn VolumeSource,
        direction: Direction,
        index: usize,
        traces: Range<usize>,
        samples: Range<usize>,
    ) -> Result<Self> {
        let block = Block { samples, ..Self::block(source.grid(), direction, index, traces)? };
        Self::read_block(source, &block, Vec::new())
    }

    fn read_block(source: &dyn VolumeSource, block: &Block, reuse: Vec<f32>) -> Result<Self> {
        let mut data = reuse;
        resize(&mut data, block)?;
        source.read_block(block, &mut data)?;
        let whole = source.grid().samples;
        let axis =
            SampleAxis { first: whole.value(block.samples.start), count: block.samples.len(), ..whole };
        Self::new(axis, source.live().of_block(block), data)
    }

    /// How many sections a survey has in this direction.
    pub fn count(grid: &SurveyGrid, direction: Direction) -> usize {
        match direction {
            Direction::Inline => grid.inlines.count,
            Direction::Crossline => grid.crosslines.count,
        }
    }

    /// How many traces each section of a survey has in this direction.
    pub fn trace_count(grid: &SurveyGrid, direction: Direction) -> usize {
        match direction {
            Direction::Inline => grid.crosslines.count,
            Direction::Crossline => grid.inlines.count,
        }
    }

    /// The block of a section's traces `traces`: what to write a finished slab to.
    ///
    /// # Errors
    /// `OutOfRange` when the survey has no such line or traces.
    pub fn block(
        grid: &SurveyGrid,
        direction: Direction,
        index: usize,
        traces: Range<usize>,
    ) -> Result<Block> {
        let (lines, width) = (Self::count(grid, direction), Self::trace_count(grid, direction));
        if index >= lines {
            fail!(OutOfRange, "there is no section {index} in the {direction:?} direction, only {lines}");
        }
        if traces.start > traces.end || traces.end > width {
            fail!(OutOfRange, "traces {traces:?} are outside the section, which has {width}");
        }
        let whole = Block::section(grid, direction, index);
        Ok(match direction {
            Direction::Inline => Block { crosslines: traces, ..whole },
            Direction::Crossline => Block { inlines: traces, ..whole },
        })
    }

    /// Number of traces, at least 1.
    pub fn traces(&self) -> usize {
        self.live.len()
    }

    /// Samples per trace, at least 1.
    pub fn samples(&self) -> usize {
        self.axis.count
    }

    /// The vertical axis.
    pub fn axis(&self) -> &SampleAxis {
        &self.axis
    }

    /// One flag per trace; the samples of a dead trace mean nothing.
    pub fn live(&self) -> &[bool] {
        &self.live
    }

    /// Raw amplitudes, trace-major, sample fastest.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The samples of one trace; empty when the section has no such trace.
    pub fn trace(&self, index: usize) -> &[f32] {
        let start = index.saturating_mul(self.axis.count);
        self.data.get(start..start.saturating_add(self.axis.count)).unwrap_or_default()
    }

    /// Puts `new` in the place of every sample that equals `old`.
    pub fn replace(&mut self, old: f32, new: f32) {
        self.data.iter_mut().filter(|sample| **sample == old).for_each(|sample| *sample = new);
    }

    /// Gives the buffer back, for the next [`Section::read`].
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}

/// Makes the buffer as long as the block, or says that memory does not suffice.
fn resize(data: &mut Vec<f32>, block: &Block) -> Result<()> {
    let [inlines, crosslines, samples] = block.shape();
    let message =
        || format!("no memory for a section of {} traces of {samples} samples", inlines * crosslines);
    // One of the two line counts is 1, so that only this product can overflow.
    let len = (inlines * crosslines)
        .checked_mul(samples)
        .ok_or_else(|| Error::new(ErrorKind::OutOfMemory, message()))?;
    reserve(data, len, message)?;
    data.resize(len, 0.0);
    Ok(())
}
