//! Whether tile borders show in a stitched section.
//!
//! The figure is our own: the mean absolute difference of neighbouring probabilities across tile borders, divided by
//! what it would be without borders. Geology changes faster along the samples than along the traces, so each axis is
//! compared with itself: the expected sum is `borders along traces x mean elsewhere along traces` plus the same along
//! samples. With borders along one axis only this is plainly `mean at borders / mean elsewhere`.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// Sum and number of absolute differences.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Jumps {
    sum: f64,
    count: u64,
}

impl Jumps {
    fn add(&mut self, a: f32, b: f32) {
        self.sum += f64::from((a - b).abs());
        self.count += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

/// One axis: differences across tile borders and all others.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Axis {
    border: Jumps,
    elsewhere: Jumps,
}

impl Axis {
    fn side(&mut self, border: bool) -> &mut Jumps {
        if border { &mut self.border } else { &mut self.elsewhere }
    }

    /// What the border sum would be if borders were like the rest; `None` when there is no rest to compare with.
    fn expected(&self) -> Option<f64> {
        (self.elsewhere.count > 0)
            .then(|| self.elsewhere.sum / self.elsewhere.count as f64 * self.border.count as f64)
    }
}

/// The probabilities of a section.
#[derive(Debug, Clone, Copy)]
pub struct SectionView<'a> {
    /// Samples per trace.
    pub samples: usize,
    /// One flag per trace; differences with dead traces do not count.
    pub live: &'a [bool],
    /// Probabilities, trace-major (sample fastest).
    pub data: &'a [f32],
}

/// The seam figure of many sections: 1 means that tile borders cannot be told from other places, 2 that
/// probabilities jump twice as much there. Below 1 is smoothing at borders, not a merit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SeamFigure {
    along_traces: Axis,
    along_samples: Axis,
}

impl SeamFigure {
    /// Adds a section. A border `b` lies between `b - 1` and `b`; both lists ascend (`TilePlan::trace_borders`,
    /// `TilePlan::sample_borders`).
    ///
    /// # Errors
    /// `InvalidArgument` when the data is not one value per sample and trace.
    pub fn add(
        &mut self,
        section: &SectionView<'_>,
        trace_borders: &[usize],
        sample_borders: &[usize],
    ) -> Result<()> {
        let SectionView { samples, live, data } = *section;
        if samples == 0 || live.len().checked_mul(samples) != Some(data.len()) {
            fail!(
                InvalidArgument,
                "{} probabilities are not {} traces of {samples} samples",
                data.len(),
                live.len()
            );
        }
        let is_border = flags(sample_borders, samples);
        let trace_is_border = flags(trace_borders, live.len());
        let mut before: Option<&[f32]> = None;
        for (t, trace) in data.chunks_exact(samples).enumerate() {
            let trace = live[t].then_some(trace);
            if let Some(trace) = trace {
                for (k, pair) in trace.windows(2).enumerate() {
                    self.along_samples.side(is_border[k + 1]).add(pair[0], pair[1]);
                }
            }
            if let (Some(before), Some(trace)) = (before, trace) {
                let side = self.along_traces.side(trace_is_border[t]);
                before.iter().zip(trace).for_each(|(&a, &b)| side.add(a, b));
            }
            before = trace;
        }
        Ok(())
    }

    /// Adds the sections of another accumulator.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in
            [(&mut self.along_traces, &other.along_traces), (&mut self.along_samples, &other.along_samples)]
        {
            mine.border.merge(&theirs.border);
            mine.elsewhere.merge(&theirs.elsewhere);
        }
    }

    /// The figure, at least 0. `None` when there is no border, or an axis has nothing but borders. Where nothing
    /// changes elsewhere it is 1 if nothing changes at borders either, else infinite.
    pub fn ratio(&self) -> Option<f64> {
        let (mut found, mut expected, mut borders) = (0.0, 0.0, 0);
        for axis in [&self.along_traces, &self.along_samples] {
            if axis.border.count > 0 {
                found += axis.border.sum;
                expected += axis.expected()?;
                borders += axis.border.count;
            }
        }
        match (borders, expected > 0.0, found > 0.0) {
            (0, _, _) => None,
            (_, true, _) => Some(found / expected),
            (_, false, false) => Some(1.0),
            (_, false, true) => Some(f64::INFINITY),
        }
    }
}

fn flags(borders: &[usize], len: usize) -> Vec<bool> {
    let mut flags = vec![false; len];
    for &border in borders {
        if let Some(flag) = flags.get_mut(border) {
            *flag = true;
        }
    }
    flags
}
