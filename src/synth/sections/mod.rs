//! Random labelled sections: what a network is to learn of salt, drawn instead of recorded.
//!
//! ```text
//! spec, seed, index ─> earth: layers, faults, salt, what looks like it ─> reflectivity ─> wavelet, noise, gain, gaps ─> section
//! ```
//!
//! [`SynthSurvey`](super::SynthSurvey) makes surveys that look like one another and are surveyed in metres; sections are as
//! different as their ranges allow and have no units. A section is a pure function of spec, seed and index.

mod bodies;
mod dice;
mod field;
mod gain;
mod gaps;
mod kernels;
mod layers;
mod lookalikes;
mod noise;
mod section;
mod shapes;
mod source;
mod spec;
mod wavelet;

pub use section::LabelledSection;
pub use source::RandomSections;
pub use spec::{
    DragSpec, FaultSpec, GainSpec, GapSpec, ImagingSpec, LayerSpec, LookalikeSpec, NoiseSpec, Range,
    SaltSpec, SectionSpec,
};
