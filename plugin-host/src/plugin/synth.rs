//! Synthetic surveys.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use crate::abi::diapir_synth_options;
use crate::failure::HostError;

impl Plugin {
    /// Writes a survey and its salt labels as SEG-Y.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn synth_write(
        self,
        seismic: &Path,
        label: &Path,
        options: &Options<'_, diapir_synth_options>,
        listener: &mut dyn Listener,
    ) -> Result<(), HostError> {
        let (seismic, label) = (c_text(seismic)?, c_text(label)?);
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.synth_write)(seismic.as_ptr(), label.as_ptr(), options.as_ptr(), callbacks, error)
            })
        })
    }
}
