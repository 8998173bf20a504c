//! From overlapping tiles back to a section, in bounded memory.

use std::collections::VecDeque;
use std::ops::Range;

use super::transpose::transpose;
use super::{Extent, TilePosition, Window};
use crate::error::{Result, fail};

/// The sums of one trace; both are empty until a tile covers the trace.
#[derive(Debug, Default)]
struct OpenTrace {
    weighted: Vec<f32>,
    weight: Vec<f32>,
}

/// Blends the predictions of overlapping tiles: at each sample, `sum(w p) / sum(w)` over the tiles that cover it.
///
/// Tiles come in the plan's order. Before a tile is added, [`Stitcher::take_finished`] with its first trace gives
/// away all traces that no later tile touches, so that never more traces than a tile is wide are held.
/// Sums run in plan order in `f32`: the result does not depend on how tiles were batched, and as rounding is
/// monotonic, it never leaves the range of the predictions' own values when these are in 0..1.
#[derive(Debug)]
pub struct Stitcher {
    traces: usize,
    samples: usize,
    tile: Extent,
    row_weights: Vec<f32>,
    column_weights: Vec<f32>,
    /// Trace of the section that `open[0]` belongs to; all before it are given away.
    first: usize,
    open: VecDeque<OpenTrace>,
    spare: Vec<OpenTrace>,
    /// The tile that is being added, trace-major.
    turned: Vec<f32>,
    held: usize,
    peak: usize,
    uncovered: u64,
    not_finite: u64,
}

impl Stitcher {
    /// For one section of `traces` x `samples` and tiles of this size.
    ///
    /// # Errors
    /// `InvalidArgument` when one of the sizes is 0 or an address space could not hold them.
    pub fn new(traces: usize, samples: usize, tile: impl Into<Extent>, window: Window) -> Result<Self> {
        let tile = tile.into();
        let fits = |rows: usize, columns: usize| {
            rows.checked_mul(columns)
                .filter(|&area| area > 0 && area <= isize::MAX as usize / size_of::<f32>())
        };
        let (Some(area), Some(_)) = (fits(tile.rows, tile.columns), fits(traces, samples)) else {
            fail!(InvalidArgument, "cannot stitch a section of {traces} x {samples} from tiles of {tile}");
        };
        Ok(Self {
            traces,
            samples,
            tile,
            row_weights: window.weights(tile.rows),
            column_weights: window.weights(tile.columns),
            first: 0,
            open: VecDeque::new(),
            spare: Vec::new(),
            turned: vec![0.0; area],
            held: 0,
            peak: 0,
            uncovered: 0,
            not_finite: 0,
        })
    }

    /// Adds a tile's predictions, row-major, rows are samples. What hangs over the section is
    /// dropped; NaN and infinite values count as not predicted.
    ///
    /// # Errors
    /// `InvalidArgument` when the buffer has another size, or the tile touches traces that were given away.
    pub fn add(&mut self, position: TilePosition, predictions: &[f32]) -> Result<()> {
        if predictions.len() != self.turned.len() {
            fail!(InvalidArgument, "a tile of {} predictions, expected {}", predictions.len(), self.tile);
        }
        let columns = overlap(position.trace, self.tile.columns, self.traces);
        let rows = overlap(position.sample, self.tile.rows, self.samples);
        if columns.is_empty() || rows.is_empty() {
            return Ok(());
        }
        let trace = position.trace.saturating_add_unsigned(columns.start) as usize;
        let sample = position.sample.saturating_add_unsigned(rows.start) as usize;
        if trace < self.first {
            fail!(
                InvalidArgument,
                "a tile at trace {trace} comes after traces before {} were taken: add tiles in plan order",
                self.first
            );
        }
        transpose(predictions, [self.tile.rows, self.tile.columns], &mut self.turned);
        for (k, column) in columns.enumerate() {
            self.open(trace + k);
            let open = &mut self.open[trace + k - self.first];
            let values = &self.turned[column * self.tile.rows..][rows.clone()];
            let weights = &self.row_weights[rows.clone()];
            self.not_finite += open.add(sample, values, weights, self.column_weights[column]);
        }
        Ok(())
    }

    /// Makes the sums of this trace ready, with memory of a trace that was given away if there is one.
    fn open(&mut self, trace: usize) {
        let index = trace - self.first;
        if self.open.len() <= index {
            self.open.resize_with(index + 1, OpenTrace::default);
        }
        let open = &mut self.open[index];
        if open.weight.is_empty() {
            *open = self.spare.pop().unwrap_or_default();
            open.weighted.resize(self.samples, 0.0);
            open.weight.resize(self.samples, 0.0);
            self.held += 1;
            self.peak = self.peak.max(self.held);
        }
    }

    /// The traces before `before_trace` that were not given away yet, and their blended samples, trace-major;
    /// `None` when there is none. Samples that no tile covered are 0 and counted. Later tiles must not touch them.
    pub fn take_finished(&mut self, before_trace: usize) -> Option<(Range<usize>, Vec<f32>)> {
        let traces = self.first..before_trace.min(self.traces);
        if traces.is_empty() {
            return None;
        }
        let mut slab = vec![0.0; traces.len() * self.samples];
        for out in slab.chunks_exact_mut(self.samples) {
            let mut open = self.open.pop_front().unwrap_or_default();
            if open.weight.is_empty() {
                self.uncovered += self.samples as u64;
                continue;
            }
            self.uncovered += open.blend(out);
            open.weighted.clear();
            open.weight.clear();
            self.spare.push(open);
            self.held -= 1;
        }
        self.first = traces.end;
        Some((traces, slab))
    }

    /// All that is left; `None` when everything was given away.
    pub fn finish(&mut self) -> Option<(Range<usize>, Vec<f32>)> {
        self.take_finished(self.traces)
    }

    /// Samples given away as 0 because no tile covered them. With all tiles of a plan added, they lie on dead traces.
    pub fn uncovered(&self) -> u64 {
        self.uncovered
    }

    /// NaN and infinite predictions that were left out.
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// The most traces whose sums were held at one time: the memory was this times `8 * samples` bytes.
    pub fn peak_open_traces(&self) -> usize {
        self.peak
    }
}

impl OpenTrace {
    /// Adds values from sample `first` on; answers how many were not finite.
    fn add(&mut self, first: usize, values: &[f32], weights: &[f32], column_weight: f32) -> u64 {
        let range = first..first + values.len();
        let sums = self.weighted[range.clone()].iter_mut().zip(&mut self.weight[range]);
        let mut not_finite = 0;
        for ((sum, total), (&value, &weight)) in sums.zip(values.iter().zip(weights)) {
            let finite = value.is_finite();
            let weight = if finite { column_weight * weight } else { 0.0 };
            *sum += weight * if finite { value } else { 0.0 };
            *total += weight;
            not_finite += u64::from(!finite);
        }
        not_finite
    }

    /// The weighted mean; answers how many samples nothing covered.
    fn blend(&self, out: &mut [f32]) -> u64 {
        let mut uncovered = 0;
        for (out, (sum, total)) in out.iter_mut().zip(self.weighted.iter().zip(&self.weight)) {
            let covered = *total > 0.0;
            *out = if covered { sum / total } else { 0.0 };
            uncovered += u64::from(!covered);
        }
        uncovered
    }
}

/// The rows or columns of a tile that lie on an axis of `len`.
fn overlap(start: isize, tile: usize, len: usize) -> Range<usize> {
    let hidden = start.min(0).unsigned_abs().min(tile);
    let room = len.saturating_sub(usize::try_from(start).unwrap_or(0));
    let visible = if start < 0 { room.saturating_add(hidden) } else { room };
    hidden..visible.min(tile).max(hidden)
}
