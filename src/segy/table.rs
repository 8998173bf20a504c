//! Which trace of the file is at which position of the grid.

use serde::{Deserialize, Serialize};

/// The traces at all positions (inline slowest), as evenly spaced stretches in the order of positions: one or two per inline of a survey in any
/// usual order, so that memory does not grow with its traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TraceTable {
    positions: usize,
    stretches: Vec<Stretch>,
}

/// Consecutive positions whose traces are evenly spaced in the file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Stretch {
    position: usize,
    count: usize,
    trace: u64,
    step: i64,
}

impl Stretch {
    /// The trace of the k-th position.
    fn trace(&self, k: usize) -> Option<u64> {
        self.trace.checked_add_signed(self.step.checked_mul(i64::try_from(k).ok()?)?)
    }
}

impl TraceTable {
    /// No trace anywhere.
    pub(super) fn empty(positions: usize) -> Self {
        Self { positions, stretches: Vec::new() }
    }

    /// Adds a trace at a position behind those of all others.
    pub(super) fn push(&mut self, position: usize, trace: u64) {
        if let Some(last) = self.stretches.last_mut()
            && position == last.position + last.count
        {
            if last.count == 1 {
                last.step = trace as i64 - last.trace as i64;
            }
            if last.trace(last.count) == Some(trace) {
                last.count += 1;
                return;
            }
        }
        self.stretches.push(Stretch { position, count: 1, trace, step: 1 });
    }

    pub(super) fn get(&self, position: usize) -> Option<u64> {
        let behind = self.stretches.partition_point(|stretch| stretch.position <= position);
        let stretch = self.stretches.get(behind.checked_sub(1)?)?;
        let k = position - stretch.position;
        if k < stretch.count { stretch.trace(k) } else { None }
    }

    /// The positions that have a trace, ascending.
    pub(super) fn occupied(&self) -> impl Iterator<Item = usize> + '_ {
        self.stretches.iter().flat_map(|stretch| stretch.position..stretch.position + stretch.count)
    }

    /// How many positions the grid has.
    pub(super) fn len(&self) -> usize {
        self.positions
    }

    /// How many stretches there are.
    pub(super) fn stretches(&self) -> usize {
        self.stretches.len()
    }

    /// Whether a table that was read from somewhere is one, of this grid and of so many traces.
    pub(super) fn is_sound(&self, positions: usize, traces: u64) -> bool {
        let inside = |stretch: &Stretch| {
            let ends =
                [Some(stretch.trace), stretch.count.checked_sub(1).and_then(|last| stretch.trace(last))];
            ends.iter().all(|end| end.is_some_and(|trace| trace < traces))
                && stretch.position.checked_add(stretch.count).is_some_and(|end| end <= positions)
        };
        self.positions == positions
            && self.stretches.iter().all(inside)
            && self.stretches.windows(2).all(|pair| pair[0].position + pair[0].count <= pair[1].position)
    }
}
