//! The regular grid of a 3-D survey and where it lies in the world.

use serde::{Deserialize, Serialize};

use super::{Direction, GeoReference, LineAxis, SampleAxis};

/// Inline, crossline and sample axes, and the map position if it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyGrid {
    /// The inline numbers.
    pub inlines: LineAxis,
    /// The crossline numbers.
    pub crosslines: LineAxis,
    /// The vertical axis.
    pub samples: SampleAxis,
    /// From line indices to map coordinates.
    pub georef: Option<GeoReference>,
}

impl SurveyGrid {
    /// Inlines, crosslines, samples.
    pub fn shape(&self) -> [usize; 3] {
        [self.inlines.count, self.crosslines.count, self.samples.count]
    }

    /// Number of trace positions, live or not.
    pub fn bin_count(&self) -> usize {
        self.inlines.count.saturating_mul(self.crosslines.count)
    }

    /// The flat index of a trace position, inline slowest.
    pub fn bin(&self, inline: usize, crossline: usize) -> usize {
        inline * self.crosslines.count + crossline
    }

    /// Distance of the traces of a line, in coordinate units, if the survey tells.
    pub fn trace_spacing(&self, direction: Direction) -> Option<f64> {
        let [inline, crossline] = self.georef.as_ref()?.bin_size();
        Some(match direction {
            Direction::Inline => crossline,
            Direction::Crossline => inline,
        })
    }
}
