//! Sections at another sample interval and trace spacing, and back.
//!
//! Pixels are areas here, as in images: sample `k` stands for the interval around it, and a section keeps its extent. The first sample of a
//! section at twice the interval therefore lies half an interval deeper; its axis says so.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::Section;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::volume::{SampleAxis, clear_dead};

/// How many traces and samples a section gets for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Traces for one.
    pub traces: f64,
    /// Samples for one.
    pub samples: f64,
}

impl Scale {
    /// Nothing changes.
    pub const NONE: Self = Self { traces: 1.0, samples: 1.0 };

    /// The size of a section of `traces` x `samples`.
    pub fn of(self, [traces, samples]: [usize; 2]) -> [usize; 2] {
        let scaled = |count: usize, scale: f64| ((count as f64 * scale).round() as usize).max(1);
        [scaled(traces, self.traces), scaled(samples, self.samples)]
    }

    /// Flags of the scaled section's traces: live where any is of those that they stand for.
    pub fn live(self, live: &[bool]) -> Vec<bool> {
        let count = self.of([live.len(), 1])[0];
        let from = |trace: usize| trace * live.len() / count;
        let to = |trace: usize| ((trace + 1) * live.len()).div_ceil(count);
        (0..count).map(|trace| live[from(trace)..to(trace)].contains(&true)).collect()
    }

    /// Refuses what no two surveys of one kind differ by.
    ///
    /// # Errors
    /// `InvalidArgument` beyond 1/16 to 16.
    pub fn check(self) -> Result<()> {
        for scale in [self.traces, self.samples] {
            if !(1.0 / 16.0..=16.0).contains(&scale) {
                fail!(
                    InvalidArgument,
                    "the survey would have to be resampled by {scale:.3}, at most 16 is allowed: are its sample interval and units right?"
                );
            }
        }
        Ok(())
    }
}

impl Section {
    /// The section at another scale: cubic between samples, smoothed first where there become fewer, so that nothing is aliased. NaN and infinities
    /// count as 0.
    ///
    /// # Errors
    /// `InvalidArgument` for a section too long to be an image (2^32).
    pub fn resampled(&self, scale: Scale) -> Result<Self> {
        let from = [self.traces(), self.samples()];
        let to = scale.of(from);
        let finite = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
        let mut data: Vec<f32> = self.data().iter().map(finite).collect();
        fill_dead(&mut data, self.live(), from[1]);
        let mut data = resize(&data, from, to, FilterType::CatmullRom)?;
        let live = scale.live(self.live());
        clear_dead(&mut data, &live, to[1]);
        let axis = self.axis();
        let ratio = from[1] as f64 / to[1] as f64;
        let step = axis.step * ratio;
        let first = axis.first + 0.5 * (step - axis.step);
        let axis = SampleAxis::new(first, step, to[1], axis.unit)?;
        Self::new(axis, live, data)
    }
}

/// Values between 0 and 1, on traces of which some are live, back to the section that was scaled (traces, samples): linear, so that they stay there.
///
/// # Errors
/// As [`Section::resampled`].
pub fn resample_back(
    mut values: Vec<f32>,
    live: &[bool],
    samples: usize,
    to: [usize; 2],
) -> Result<Vec<f32>> {
    fill_dead(&mut values, live, samples);
    resize(&values, [live.len(), samples], to, FilterType::Bilinear)
}

/// Gives dead traces the samples of the nearest live one, so that live ones beside them are not drawn to 0.
fn fill_dead(values: &mut [f32], live: &[bool], samples: usize) {
    let alive: Vec<usize> = (0..live.len()).filter(|&trace| live[trace]).collect();
    for dead in (0..live.len()).filter(|&trace| !live[trace]) {
        let after = alive.partition_point(|&trace| trace < dead);
        let beside = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|n| alive.get(n));
        if let Some(&nearest) = beside.min_by_key(|trace| trace.abs_diff(dead)) {
            values.copy_within(nearest * samples..(nearest + 1) * samples, dead * samples);
        }
    }
}

/// Traces are the image's rows.
fn resize(values: &[f32], from: [usize; 2], to: [usize; 2], filter: FilterType) -> Result<Vec<f32>> {
    let size = |count: usize| u32::try_from(count).map_err(|error| failed(&error));
    let pixels: Vec<F32> = values.iter().map(|&value| F32::new(value)).collect();
    let source =
        TypedImageRef::new(size(from[1])?, size(from[0])?, &pixels).map_err(|error| failed(&error))?;
    let mut target = TypedImage::<F32>::new(size(to[1])?, size(to[0])?);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|error| failed(&error))?;
    Ok(target.pixels().iter().map(|pixel| pixel.0).collect())
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("cannot resample a section: {error}"))
}
