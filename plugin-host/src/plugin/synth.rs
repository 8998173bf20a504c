//! Synthetic surveys.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::{c_path, prepared};
use super::{Listener, Plugin};
use crate::failure::HostError;

/// What a synthetic survey is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SynthChoice {
    pub(crate) seed: u64,
    /// Inlines, crosslines, samples.
    pub(crate) size: [i64; 3],
    pub(crate) sample_interval_ms: f64,
}

impl Plugin {
    /// Writes a survey and its salt labels as SEG-Y.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn write_synthetic(
        self,
        [seismic, label]: [&Path; 2],
        choice: &SynthChoice,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (seismic, label) = (c_path(seismic)?, c_path(label)?);
        let mut options = prepared(self.api.synth_options_init)?;
        options.seed = choice.seed;
        [options.inlines, options.crosslines, options.samples] = choice.size;
        options.sample_interval_ms = choice.sample_interval_ms;
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.synth_write)(seismic.as_ptr(), label.as_ptr(), &raw const options, callbacks, error)
            })
        })
    }
}
