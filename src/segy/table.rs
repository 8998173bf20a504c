//! Which trace of the file is at which position of the grid.

use serde::{Deserialize, Serialize};

/// One trace number per position, inline slowest; 4 bytes each as long as that suffices.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TraceTable {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

/// Consecutive traces at evenly spaced positions: the table of a regular file is a few of these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub trace: u64,
    pub position: u64,
    pub step: i64,
    pub count: u64,
}

const NO_NARROW: u32 = u32::MAX;
const NO_WIDE: u64 = u64::MAX;

impl TraceTable {
    /// No trace anywhere; numbers will be below `traces`.
    pub(super) fn empty(positions: usize, traces: u64) -> Self {
        if traces <= u64::from(NO_NARROW) {
            Self::Narrow(vec![NO_NARROW; positions])
        } else {
            Self::Wide(vec![NO_WIDE; positions])
        }
    }

    pub(super) fn get(&self, position: usize) -> Option<u64> {
        match self {
            Self::Narrow(table) => {
                table.get(position).filter(|trace| **trace != NO_NARROW).map(|trace| u64::from(*trace))
            }
            Self::Wide(table) => table.get(position).copied().filter(|trace| *trace != NO_WIDE),
        }
    }

    /// A trace below the number that the table was made for.
    pub(super) fn set(&mut self, position: usize, trace: u64) {
        match self {
            Self::Narrow(table) => table[position] = trace as u32,
            Self::Wide(table) => table[position] = trace,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(table) => table.len(),
            Self::Wide(table) => table.len(),
        }
    }

    /// The table as runs, in the order of traces.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut pairs: Vec<(u64, u64)> = (0..self.len())
            .filter_map(|position| self.get(position).map(|trace| (trace, position as u64)))
            .collect();
        pairs.sort_unstable();
        let mut runs: Vec<Run> = Vec::new();
        for (trace, position) in pairs {
            if let Some(run) = runs.last_mut()
                && trace == run.trace + run.count
            {
                if run.count == 1 {
                    run.step = position as i64 - run.position as i64;
                }
                if position as i64 == run.position as i64 + run.count as i64 * run.step {
                    run.count += 1;
                    continue;
                }
            }
            runs.push(Run { trace, position, step: 1, count: 1 });
        }
        runs
    }

    /// The table of these runs, or `None` when one of them leaves it.
    pub(super) fn from_runs(positions: usize, traces: u64, runs: &[Run]) -> Option<Self> {
        let mut table = Self::empty(positions, traces);
        for run in runs {
            for k in 0..run.count {
                let step = i64::try_from(k).ok()?.checked_mul(run.step)?;
                let position = usize::try_from(run.position.checked_add_signed(step)?).ok()?;
                let trace = run.trace.checked_add(k)?;
                if position >= positions || trace >= traces {
                    return None;
                }
                table.set(position, trace);
            }
        }
        Some(table)
    }
}
