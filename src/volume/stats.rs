//! Streaming amplitude statistics: one pass, fixed memory, any order, mergeable.

use serde::{Deserialize, Serialize};

use super::{Block, Direction, VolumeSource};
use crate::control::Control;
use crate::error::{Result, fail, reserve};

/// Bins of the histogram: the 16 leading bits of an `f32`, ordered by value, so that a quantile is
/// exact to 2^-8 of its value at every amplitude scale.
const BINS: usize = 1 << 16;

/// A histogram over all `f32` from which quantiles are read.
#[derive(Debug, Clone)]
pub struct Quantiles {
    bins: Vec<u64>,
    count: u64,
    not_finite: u64,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self { bins: vec![0; BINS], count: 0, not_finite: 0 }
    }
}

/// Bits of a float, made to sort like its value.
fn ordered(bits: u32) -> u32 {
    if bits & 0x8000_0000 != 0 { !bits } else { bits | 0x8000_0000 }
}

fn unordered(key: u32) -> u32 {
    if key & 0x8000_0000 != 0 { key & 0x7fff_ffff } else { !key }
}

impl Quantiles {
    /// Adds samples; NaN and infinities are counted apart.
    pub fn add(&mut self, samples: &[f32]) {
        for &sample in samples {
            if sample.is_finite() {
                self.bins[(ordered(sample.to_bits()) >> 16) as usize] += 1;
                self.count += 1;
            } else {
                self.not_finite += 1;
            }
        }
    }

    /// Adds what another histogram has seen.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            *mine += theirs;
        }
        self.count += other.count;
        self.not_finite += other.not_finite;
    }

    /// Finite samples seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// NaN and infinite samples seen.
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// Finite samples in `steps` even steps from `low` to `high`; those outside are left out. A bin of this histogram goes whole
    /// into the step that its middle is in.
    pub fn histogram(&self, [low, high]: [f32; 2], steps: usize) -> Vec<u64> {
        let mut counts = vec![0; steps];
        let width = (f64::from(high) - f64::from(low)) / steps.max(1) as f64;
        for (bin, &n) in self.bins.iter().enumerate().filter(|(_, n)| **n > 0) {
            let middle = f64::from(f32::from_bits(unordered((bin as u32) << 16 | 0x8000)));
            let step = ((middle - f64::from(low)) / width).floor();
            if step >= 0.0
                && let Some(count) = counts.get_mut(step as usize)
            {
                *count += n;
            }
        }
        counts
    }

    /// The value below which the share `q` (0..=1) of the finite samples lies, to 2^-8 of its size.
    /// `None` when no finite sample was seen.
    pub fn quantile(&self, q: f64) -> Option<f32> {
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (bin, &n) in self.bins.iter().enumerate() {
            seen += n;
            if n > 0 && seen >= rank {
                // Middle of the bin, except for zero, which must stay zero.
                let key = (bin as u32) << 16;
                let zero = f32::from_bits(unordered(key)) == 0.0 || unordered(key | 0xffff) == 0x8000_0000;
                return Some(if zero { 0.0 } else { f32::from_bits(unordered(key | 0x8000)) });
            }
        }
        None
    }
}

/// What amplitude scaling needs to know of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AmplitudeStats {
    /// Finite, non-zero samples of live traces that were looked at.
    pub samples: u64,
    /// NaN and infinite samples among those looked at.
    pub not_finite: u64,
    /// Amplitude below which the share `low_share` of the samples lies.
    pub low: f32,
    /// Amplitude below which the share `high_share` of the samples lies.
    pub high: f32,
}

impl AmplitudeStats {
    /// Streams the survey inline by inline and takes the two quantiles (shares in 0..=1).
    /// Samples that are exactly 0 (mutes, padding) are left out.
    ///
    /// # Errors
    /// `Geometry` when no live trace has a finite non-zero sample; read errors; `Cancelled`.
    pub fn of(source: &dyn VolumeSource, shares: [f64; 2], control: &Control<'_>) -> Result<Self> {
        Self::new(&Quantiles::of(source, control)?, shares)
    }

    /// The two quantiles (shares in 0..=1) of samples that were looked at.
    ///
    /// # Errors
    /// `Geometry` when there was no finite sample.
    pub fn new(quantiles: &Quantiles, shares: [f64; 2]) -> Result<Self> {
        let (Some(low), Some(high)) = (quantiles.quantile(shares[0]), quantiles.quantile(shares[1])) else {
            fail!(Geometry, "no live trace has a finite non-zero sample: there is nothing to scale by");
        };
        Ok(Self { samples: quantiles.count(), not_finite: quantiles.not_finite(), low, high })
    }
}

impl Quantiles {
    /// Streams a survey inline by inline. Samples that are exactly 0 (mutes, padding) are left out.
    ///
    /// # Errors
    /// Read errors; `Cancelled`.
    pub fn of(source: &dyn VolumeSource, control: &Control<'_>) -> Result<Self> {
        let grid = source.grid();
        let mut quantiles = Quantiles::default();
        let mut kept = Vec::new();
        let mut section = Vec::new();
        let total = grid.inlines.count;
        let len = Block::section(grid, Direction::Inline, 0).len();
        reserve(&mut section, len, || format!("no memory for an inline of {len} samples"))?;
        for inline in 0..total {
            control.step("statistics", inline as u64, total as u64)?;
            let block = Block { inlines: inline..inline + 1, ..Block::whole(grid) };
            section.resize(block.len(), 0.0);
            source.read_block(&block, &mut section)?;
            kept.clear();
            kept.extend(section.iter().filter(|&&sample| sample != 0.0));
            quantiles.add(&kept);
        }
        control.step("statistics", total as u64, total as u64)?;
        Ok(quantiles)
    }
}
