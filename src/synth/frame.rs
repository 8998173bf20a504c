//! The physical frame of a survey: metres and milliseconds instead of indices.

use super::SynthOptions;

/// Half the velocity that turns two-way time into geometric depth: metres per millisecond.
/// Salt shapes, faults and distances live in metres; the volume's axis stays time.
pub(super) const METRES_PER_MS: f32 = 1.25;

/// Extent and sampling of a survey.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub seed: u64,
    /// Distance of inlines, of crosslines, in metres.
    pub spacing: [f32; 2],
    /// Extent across the inlines and across the crosslines, in metres.
    pub width: [f32; 2],
    pub samples: usize,
    /// Sample interval in milliseconds.
    pub step_ms: f32,
    /// Record length in milliseconds.
    pub record_ms: f32,
    /// The size of the geology: distance of neighbouring salt bodies, in metres. Small surveys
    /// get small bodies, so that each survey shows several; large ones get more bodies.
    pub unit: f32,
}

impl Frame {
    pub(super) fn new(options: &SynthOptions) -> Self {
        let spacing = options.bin_size_m.map(|size| size as f32);
        let width = [spacing[0] * options.inlines as f32, spacing[1] * options.crosslines as f32];
        let step_ms = options.sample_interval_ms as f32;
        let record_ms = step_ms * options.samples as f32;
        let unit = (0.5 * (width[0] * width[1]).sqrt()).clamp(100.0, 1600.0);
        Self { seed: options.seed, spacing, width, samples: options.samples, step_ms, record_ms, unit }
    }

    /// Record length as depth in metres.
    pub(super) fn depth(&self) -> f32 {
        self.record_ms * METRES_PER_MS
    }

    /// How many cells of about `size` metres fit along each side, at least one.
    pub(super) fn cells(&self, size: f32) -> [usize; 2] {
        self.width.map(|width| (width / size).round().max(1.0) as usize)
    }
}
