//! Surveys to probabilities: on disk (resumable, in parts, in one or both directions), in memory, or between a caller's functions; and what a
//! prediction is worth.
//!
//! Unfinished files stand in a hidden folder beside the output, with a journal per part ([`journal`]); [`finish`] sees to it that nothing is
//! missing and gives the files their names, the probability last.

#[cfg(feature = "torch")]
mod blocks;
#[cfg(feature = "torch")]
mod combine;
mod evaluate;
#[cfg(feature = "torch")]
mod finish;
#[cfg(feature = "torch")]
mod job;
#[cfg(feature = "torch")]
mod journal;
#[cfg(feature = "torch")]
mod memory;
#[cfg(feature = "torch")]
mod options;
#[cfg(feature = "torch")]
mod record;
#[cfg(feature = "torch")]
mod report;
#[cfg(feature = "torch")]
mod run;
#[cfg(feature = "torch")]
mod work;
#[cfg(feature = "torch")]
mod workplace;

#[cfg(feature = "torch")]
pub use blocks::{Sinks, predict_blocks};
pub use evaluate::{Evaluation, evaluate};
#[cfg(feature = "torch")]
pub use finish::finish_survey;
#[cfg(feature = "torch")]
pub use memory::predict_volume;
#[cfg(feature = "torch")]
pub use options::{Fusion, OutputNames, Part, Sections, SurveyOptions};
#[cfg(feature = "torch")]
pub use run::predict_survey;
