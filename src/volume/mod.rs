//! Volumes: regular inline x crossline x sample grids in which traces may be missing.
//!
//! Everything that has samples is a [`VolumeSource`]; everything that takes results is a
//! [`VolumeSink`]. SEG-Y files, caller memory and host callbacks are the same to all later steps.
//!
//! Order of samples in a block, everywhere: inline slowest, then crossline, sample fastest.

mod axis;
mod block;
mod direction;
mod georef;
mod grid;
mod live;
mod map;
mod memory;
mod part;
mod quality;
mod source;
mod stats;

pub use axis::{LineAxis, SampleAxis, SampleUnit};
pub use block::Block;
pub use direction::Direction;
pub(crate) use georef::GeoFit;
pub use georef::{GeoReference, Handedness};
pub use grid::SurveyGrid;
pub use live::LiveMask;
pub(crate) use live::clear_dead;
pub use map::SurveyMap;
pub use memory::{ArraySink, ArrayVolume};
pub use part::InlinePart;
pub use quality::{Histogram, Quality, Traces};
pub use source::{VolumeSink, VolumeSource};
pub use stats::{AmplitudeStats, Quantiles};
