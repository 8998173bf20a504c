//! Labelled synthetic surveys: folded and faulted layers, salt of several shapes, and what imaging does to them.
//!
//! They are not meant to fool an interpreter. They teach and test: salt is recognised by its texture, its bright
//! top and its shape, and by no amplitude threshold. A survey is a pure function of its [`SynthOptions`]:
//! each trace follows from the seed and its position alone, so any part can be made anywhere, with the same bits.
//!
//! ```text
//! options ─> frame ─> layers, faults, salt (the earth) ─> imaging ─> survey ─> volumes, sinks
//! ```

mod faults;
mod frame;
mod grid;
mod imaging;
mod layers;
mod options;
mod outline;
mod random;
mod salt;
mod sections;
mod shapes;
mod survey;
mod texture;
mod volumes;
mod wavelet;

pub use options::SynthOptions;
pub use sections::{
    DragSpec, FaultSpec, GainSpec, GapSpec, ImagingSpec, LabelledSection, LayerSpec, LookalikeSpec,
    NoiseSpec, RandomSections, Range, SaltSpec, SectionSpec,
};
pub use survey::SynthSurvey;
