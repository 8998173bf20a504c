//! Sections by number.

use rayon::prelude::*;

use super::section::{Earth, LabelledSection};
use super::spec::SectionSpec;
use crate::error::{Result, fail};
use crate::volume::{ArrayVolume, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid};

/// As many random sections as anybody asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomSections {
    spec: SectionSpec,
    seed: u64,
    traces: usize,
    samples: usize,
}

/// Fewer or more traces or samples make no section.
const SIZES: std::ops::RangeInclusive<usize> = 16..=4096;

impl RandomSections {
    /// Sections of `traces` x `samples`.
    ///
    /// # Errors
    /// `InvalidArgument` for a spec that cannot be drawn from, or sizes outside 16..=4096.
    pub fn new(spec: SectionSpec, seed: u64, traces: usize, samples: usize) -> Result<Self> {
        spec.check()?;
        if !SIZES.contains(&traces) || !SIZES.contains(&samples) {
            fail!(
                InvalidArgument,
                "random sections of {traces} traces x {samples} samples, expected 16..=4096 each"
            );
        }
        Ok(Self { spec, seed, traces, samples })
    }

    /// Section number `index`.
    pub fn section(&self, index: u64) -> LabelledSection {
        Earth::draw(&self.spec, self.seed, index, [1, self.traces, self.samples]).line(0.0, None)
    }

    /// Amplitudes and labels of a small volume of `lines` inlines whose geology goes on from line to line; number `index` of
    /// its kind. Inlines from 1 and crosslines from 1, 4 ms, no map position.
    ///
    /// # Errors
    /// `InvalidArgument` for no line or more than 4096.
    pub fn volume(&self, index: u64, lines: usize) -> Result<(ArrayVolume, ArrayVolume)> {
        if !(1..=*SIZES.end()).contains(&lines) {
            fail!(InvalidArgument, "a random volume of {lines} lines, expected 1..={}", SIZES.end());
        }
        let earth = Earth::draw(&self.spec, self.seed, index, [lines, self.traces, self.samples]);
        let scale = earth.scale();
        let sections: Vec<_> =
            (0..lines).into_par_iter().map(|line| earth.line(line as f32, Some(scale))).collect();
        let axis = |count| LineAxis { first: 1, step: 1, count };
        let grid = SurveyGrid {
            inlines: axis(lines),
            crosslines: axis(self.traces),
            samples: SampleAxis::new(0.0, 4.0, self.samples, SampleUnit::Milliseconds)?,
            georef: None,
        };
        let volume = |part: fn(&LabelledSection) -> &Vec<f32>| {
            // Volumes have the sample fastest, sections the trace.
            let traces = sections.iter().map(part).flat_map(|rows| {
                (0..self.traces).flat_map(move |trace| rows.iter().skip(trace).step_by(self.traces).copied())
            });
            ArrayVolume::new(grid.clone(), LiveMask::full(&grid), traces.collect())
        };
        Ok((volume(|section| &section.amplitude)?, volume(|section| &section.label)?))
    }
}
