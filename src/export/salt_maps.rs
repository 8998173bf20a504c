//! Maps of a probability volume, streamed inline by inline.

use crate::control::Control;
use crate::error::{Result, fail};
use crate::volume::{Block, Direction, SampleAxis, SurveyMap, VolumeSource};

/// Maps of one probability volume; NaN where a trace is not live, and in `top` also where it has no salt.
#[derive(Debug, Clone, PartialEq)]
pub struct SaltMaps {
    /// Time or depth at which the probability first rises through the threshold into a run of salt that is thick enough, between
    /// samples by linear interpolation.
    pub top: SurveyMap,
    /// The largest probability of each trace.
    pub maximum: SurveyMap,
}

/// Makes the maps; salt is where the probability exceeds `threshold` for at least `min_thickness` samples on end.
/// Holds one section at a time.
///
/// # Errors
/// `InvalidArgument` for a thickness of 0; read errors; `Cancelled`.
pub fn salt_maps(
    probability: &dyn VolumeSource,
    threshold: f32,
    min_thickness: usize,
    control: &Control<'_>,
) -> Result<SaltMaps> {
    if min_thickness == 0 {
        fail!(InvalidArgument, "the least thickness of salt is 0 samples, expected at least 1");
    }
    let grid = probability.grid();
    let total = grid.inlines.count;
    let mut top = SurveyMap::blank(grid, "top of salt", grid.samples.unit.symbol());
    let mut maximum = SurveyMap::blank(grid, "largest salt probability", "");
    let mut section = Vec::new();
    for inline in 0..total {
        control.step("maps", inline as u64, total as u64)?;
        let block = Block::section(grid, Direction::Inline, inline);
        section.resize(block.len(), 0.0);
        probability.read_block(&block, &mut section)?;
        for (crossline, trace) in section.chunks_exact(grid.samples.count).enumerate() {
            if probability.live().is_live(inline, crossline) {
                let bin = grid.bin(inline, crossline);
                top.values[bin] = top_of(trace, threshold, min_thickness, &grid.samples);
                maximum.values[bin] = largest(trace);
            }
        }
    }
    control.step("maps", total as u64, total as u64)?;
    Ok(SaltMaps { top, maximum })
}

/// The largest probability of a trace.
pub(crate) fn largest(trace: &[f32]) -> f32 {
    trace.iter().copied().fold(0.0, f32::max)
}

fn top_of(trace: &[f32], threshold: f32, min_thickness: usize, axis: &SampleAxis) -> f32 {
    let mut first = 0;
    for run in trace.chunk_by(|a, b| (*a > threshold) == (*b > threshold)) {
        if run[0] > threshold && run.len() >= min_thickness {
            if first == 0 {
                return axis.value(0) as f32;
            }
            let (above, below) = (trace[first - 1], trace[first]);
            let back = f64::from((below - threshold) / (below - above));
            return (axis.value(first) - back * axis.step) as f32;
        }
        first += run.len();
    }
    f32::NAN
}
