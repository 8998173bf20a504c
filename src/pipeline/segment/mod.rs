//! A survey on disk to probabilities on disk: resumable, in parts, in one or both directions.
//!
//! Unfinished files stand in a hidden folder beside the output, with a journal per part ([`journal`]); [`finish`] sees to it that nothing is
//! missing and gives the files their names, the probability last.

mod finish;
mod job;
mod journal;
mod memory;
mod options;
mod qc;
mod record;
mod run;
mod workplace;

pub use finish::finish;
pub use memory::segment_memory;
pub use options::{Fusion, OutputNames, Part, Sections, SegmentOptions};
pub use run::segment;
