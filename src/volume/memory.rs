//! Volumes in memory: callers' arrays, tests, small jobs.

use super::{Block, LiveMask, SurveyGrid, VolumeSink, VolumeSource};
use crate::error::Result;

/// A volume held in memory, sample fastest, inline slowest.
#[derive(Debug, Clone)]
pub struct ArrayVolume {
    grid: SurveyGrid,
    live: LiveMask,
    data: Vec<f32>,
}

impl ArrayVolume {
    /// Takes `data` of the grid's shape.
    ///
    /// # Errors
    /// `InvalidArgument` when the length is not that of the grid.
    pub fn new(grid: SurveyGrid, live: LiveMask, data: Vec<f32>) -> Result<Self> {
        Block::whole(&grid).check(&grid, data.len())?;
        Ok(Self { grid, live, data })
    }

    /// A volume of zeros.
    pub fn zeros(grid: SurveyGrid, live: LiveMask) -> Self {
        let data = vec![0.0; Block::whole(&grid).len()];
        Self { grid, live, data }
    }

    /// All samples, sample fastest, inline slowest.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// One trace.
    pub fn trace(&self, inline: usize, crossline: usize) -> &[f32] {
        let n = self.grid.samples.count;
        let start = self.grid.bin(inline, crossline) * n;
        &self.data[start..start + n]
    }

    /// One trace, to write.
    pub fn trace_mut(&mut self, inline: usize, crossline: usize) -> &mut [f32] {
        let n = self.grid.samples.count;
        let start = self.grid.bin(inline, crossline) * n;
        &mut self.data[start..start + n]
    }
}

/// Calls `copy(range in the whole volume, range in the block, live)` for each trace of the block.
fn for_each_trace(
    grid: &SurveyGrid,
    live: &LiveMask,
    block: &Block,
    mut copy: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>, bool),
) {
    let n = block.samples.len();
    let mut at = 0;
    for i in block.inlines.clone() {
        for x in block.crosslines.clone() {
            let start = grid.bin(i, x) * grid.samples.count + block.samples.start;
            copy(start..start + n, at..at + n, live.is_live(i, x));
            at += n;
        }
    }
}

impl VolumeSource for ArrayVolume {
    fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    fn live(&self) -> &LiveMask {
        &self.live
    }

    fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()> {
        block.check(&self.grid, out.len())?;
        for_each_trace(&self.grid, &self.live, block, |volume, part, live| {
            if live {
                out[part].copy_from_slice(&self.data[volume]);
            } else {
                out[part].fill(0.0);
            }
        });
        Ok(())
    }
}

/// Collects results in memory; positions that are not live keep their value.
#[derive(Debug)]
pub struct ArraySink<'a> {
    grid: &'a SurveyGrid,
    live: &'a LiveMask,
    data: &'a mut [f32],
}

impl<'a> ArraySink<'a> {
    /// Writes into `data` of the grid's shape.
    ///
    /// # Errors
    /// `InvalidArgument` when the length is not that of the grid.
    pub fn new(grid: &'a SurveyGrid, live: &'a LiveMask, data: &'a mut [f32]) -> Result<Self> {
        Block::whole(grid).check(grid, data.len())?;
        Ok(Self { grid, live, data })
    }
}

impl VolumeSink for ArraySink<'_> {
    fn write_block(&mut self, block: &Block, data: &[f32]) -> Result<()> {
        block.check(self.grid, data.len())?;
        for_each_trace(self.grid, self.live, block, |volume, part, live| {
            if live {
                self.data[volume].copy_from_slice(&data[part]);
            }
        });
        Ok(())
    }
}
