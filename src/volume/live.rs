//! Which trace positions of the grid hold live data.

use fixedbitset::FixedBitSet;

use super::{Block, SurveyGrid};

/// One bit per trace position. A position without a trace, or whose trace is marked dead, is not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveMask {
    crosslines: usize,
    flags: FixedBitSet,
}

impl LiveMask {
    /// Every position of the grid is live.
    pub fn full(grid: &SurveyGrid) -> Self {
        let mut mask = Self::empty(grid);
        mask.flags.insert_range(..);
        mask
    }

    /// No position of the grid is live.
    pub fn empty(grid: &SurveyGrid) -> Self {
        Self { crosslines: grid.crosslines.count, flags: FixedBitSet::with_capacity(grid.bin_count()) }
    }

    /// Whether the position is live; positions outside the grid are not.
    pub fn is_live(&self, inline: usize, crossline: usize) -> bool {
        crossline < self.crosslines && self.flags.contains(inline * self.crosslines + crossline)
    }

    /// Marks a position of the grid; others are ignored.
    pub fn set(&mut self, inline: usize, crossline: usize, live: bool) {
        let place = inline * self.crosslines + crossline;
        if crossline < self.crosslines && place < self.flags.len() {
            self.flags.set(place, live);
        }
    }

    /// How many positions are live.
    pub fn live_count(&self) -> usize {
        self.flags.count_ones(..)
    }

    /// How many positions there are.
    pub fn len(&self) -> usize {
        self.flags.len()
    }

    /// Whether the grid has no position at all.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// The flags of a block's traces, inline slowest.
    pub fn of_block(&self, block: &Block) -> Vec<bool> {
        let lines = block.inlines.clone();
        lines
            .flat_map(|i| block.crosslines.clone().map(move |x| (i, x)))
            .map(|(i, x)| self.is_live(i, x))
            .collect()
    }
}

/// Sets the samples of dead traces to 0, `samples` to a trace.
pub(crate) fn clear_dead(values: &mut [f32], live: &[bool], samples: usize) {
    let traces = values.chunks_exact_mut(samples).zip(live);
    traces.filter(|(_, live)| !**live).for_each(|(trace, _)| trace.fill(0.0));
}
