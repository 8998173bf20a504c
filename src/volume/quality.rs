//! What a volume's samples look like, before anyone computes with them: one pass, bounded memory.

use rayon::prelude::*;
use serde::Serialize;

use super::{Block, Quantiles, VolumeSource};
use crate::control::Control;
use crate::error::Result;

/// Figures of all samples of all live traces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// Live traces.
    pub traces: u64,
    /// Their samples.
    pub samples: u64,
    /// Samples that are no number.
    pub nan: u64,
    /// Samples that are infinite.
    pub infinite: u64,
    /// Samples that are exactly 0.
    pub zeros: u64,
    /// Smallest finite sample; 0 when there is none.
    pub lowest: f32,
    /// Largest finite sample; 0 when there is none.
    pub highest: f32,
    /// Mean of the finite samples.
    pub mean: f64,
    /// Root mean square of the finite samples.
    pub rms: f64,
    /// Amplitudes below which a percentage of the finite samples lies, to 2^-8 of their size: (percent, amplitude).
    pub percentiles: Vec<(f64, f32)>,
    /// Finite samples in even steps from the 0.5th to the 99.5th percentile.
    pub histogram: Histogram,
    /// Traces whose samples are all equal, with the line numbers of the first.
    pub constant: Traces,
    /// Traces whose largest magnitude stands in three or more neighbouring samples: clipped somewhere, or of few levels.
    pub clipped: Traces,
}

/// Counts in even steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// Where the first step begins.
    pub low: f32,
    /// Where the last step ends.
    pub high: f32,
    /// Samples in each step.
    pub counts: Vec<u64>,
}

/// Some traces of many.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Traces {
    /// How many.
    pub count: u64,
    /// Inline and crossline number of the first few.
    pub examples: Vec<[i32; 2]>,
}

/// Steps of the histogram.
const STEPS: usize = 40;
/// Traces named.
const EXAMPLES: usize = 8;
const PERCENTS: [f64; 9] = [0.1, 1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9];

/// Sums of some traces.
#[derive(Clone, Default)]
struct Sums {
    nan: u64,
    infinite: u64,
    zeros: u64,
    range: Option<[f32; 2]>,
    sum: f64,
    square: f64,
    quantiles: Quantiles,
}

/// What is odd about one trace.
#[derive(Clone, Copy, Default)]
struct Oddity {
    constant: bool,
    clipped: bool,
}

impl Sums {
    fn add(&mut self, trace: &[f32]) {
        self.quantiles.add(trace);
        for &sample in trace {
            if sample.is_finite() {
                let [low, high] = self.range.unwrap_or([sample; 2]);
                self.range = Some([low.min(sample), high.max(sample)]);
                let wide = f64::from(sample);
                self.sum += wide;
                self.square += wide * wide;
                self.zeros += u64::from(sample == 0.0);
            } else if sample.is_nan() {
                self.nan += 1;
            } else {
                self.infinite += 1;
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.zeros += other.zeros;
        self.sum += other.sum;
        self.square += other.square;
        self.quantiles.merge(&other.quantiles);
        self.range = match (self.range, other.range) {
            (Some([a, b]), Some([c, d])) => Some([a.min(c), b.max(d)]),
            (range, None) | (None, range) => range,
        };
        self
    }
}

fn oddity(trace: &[f32]) -> Oddity {
    let Some(&first) = trace.first() else { return Oddity::default() };
    let constant = trace.len() > 1 && trace.iter().all(|&sample| sample == first);
    let largest = trace.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    let flat = |three: &[f32]| three[0].abs() == largest && three[1] == three[0] && three[2] == three[0];
    Oddity { constant, clipped: !constant && largest > 0.0 && trace.windows(3).any(flat) }
}

impl Quality {
    /// Streams the volume inline by inline. Progress stage "quality", in inlines.
    ///
    /// # Errors
    /// Read errors; `Cancelled`.
    pub fn of(source: &dyn VolumeSource, control: &Control<'_>) -> Result<Self> {
        let grid = source.grid();
        let total = grid.inlines.count;
        let mut sums = Sums::default();
        let (mut constant, mut clipped) = (Traces::default(), Traces::default());
        let (mut traces, mut section) = (0, Vec::new());
        for inline in 0..total {
            control.step("quality", inline as u64, total as u64)?;
            let block = Block { inlines: inline..inline + 1, ..Block::whole(grid) };
            section.resize(block.len(), 0.0);
            source.read_block(&block, &mut section)?;
            let live: Vec<(usize, &[f32])> = section
                .chunks_exact(grid.samples.count)
                .enumerate()
                .filter(|(crossline, _)| source.live().is_live(inline, *crossline))
                .collect();
            traces += live.len() as u64;
            // Histograms are large: one per thread and section, not one per trace.
            let part = live.len().div_ceil(rayon::current_num_threads()).max(1);
            let found = live
                .par_chunks(part)
                .map(|part| {
                    let mut sums = Sums::default();
                    part.iter().for_each(|(_, trace)| sums.add(trace));
                    sums
                })
                .reduce_with(Sums::merge);
            sums = found.into_iter().fold(sums, Sums::merge);
            let oddities: Vec<Oddity> = live.par_iter().map(|(_, trace)| oddity(trace)).collect();
            for ((crossline, _), odd) in live.iter().zip(oddities) {
                let at = [grid.inlines.number(inline), grid.crosslines.number(*crossline)];
                constant.note(odd.constant, at);
                clipped.note(odd.clipped, at);
            }
        }
        control.step("quality", total as u64, total as u64)?;
        Ok(Self::from_sums(&sums, traces * grid.samples.count as u64, (traces, constant, clipped)))
    }

    fn from_sums(sums: &Sums, samples: u64, (traces, constant, clipped): (u64, Traces, Traces)) -> Self {
        let finite = sums.quantiles.count().max(1) as f64;
        let [lowest, highest] = sums.range.unwrap_or_default();
        // A bin's middle may lie a little beyond what there is.
        let quantile =
            |share: f64| sums.quantiles.quantile(share).map_or(0.0, |value| value.clamp(lowest, highest));
        let percentile = |percent: f64| (percent, quantile(percent / 100.0));
        let ends = [0.005, 0.995].map(quantile);
        Self {
            traces,
            samples,
            nan: sums.nan,
            infinite: sums.infinite,
            zeros: sums.zeros,
            lowest,
            highest,
            mean: sums.sum / finite,
            rms: (sums.square / finite).sqrt(),
            percentiles: PERCENTS.into_iter().map(percentile).collect(),
            histogram: Histogram {
                low: ends[0],
                high: ends[1],
                counts: sums.quantiles.histogram(ends, STEPS),
            },
            constant,
            clipped,
        }
    }
}

impl Traces {
    fn note(&mut self, odd: bool, at: [i32; 2]) {
        if odd {
            self.count += 1;
            if self.examples.len() < EXAMPLES {
                self.examples.push(at);
            }
        }
    }
}
