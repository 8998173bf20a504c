//! An open SEG-Y survey.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use crate::abi::{self, diapir_survey, diapir_survey_info, diapir_survey_options};
use crate::failure::HostError;

/// A survey; closed when dropped.
pub(crate) struct Survey {
    plugin: Plugin,
    handle: NonNull<diapir_survey>,
}

impl Plugin {
    /// Opens and scans a SEG-Y file.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn open_survey(
        self,
        path: &Path,
        options: &Options<'_, diapir_survey_options>,
        listener: &mut dyn Listener,
    ) -> Result<Survey, HostError> {
        let c_path = c_text(path)?;
        let mut handle = ptr::null_mut();
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.survey_open)(c_path.as_ptr(), options.as_ptr(), callbacks, &raw mut handle, error)
            })
        })
        .map_err(|error| match error.is_of_a_damaged_file() {
            true => error.advise("check that the file is a whole SEG-Y file of post-stack traces"),
            false => error,
        })?;
        match NonNull::new(handle) {
            Some(handle) => Ok(Survey { plugin: self, handle }),
            None => {
                Err(HostError::status(abi::DIAPIR_STATUS_INTERNAL, "the library gave no survey").at(path))
            }
        }
    }
}

impl Survey {
    pub(super) fn handle(&self) -> *const diapir_survey {
        self.handle.as_ptr()
    }

    /// Geometry and format.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn info(&self) -> Result<diapir_survey_info, HostError> {
        let api = self.plugin.api;
        let mut info: diapir_survey_info = self.plugin.prepared()?;
        // SAFETY: the handle is open, the place is ours.
        self.plugin.call(|error| unsafe { (api.survey_get_info)(self.handle(), &raw mut info, error) })?;
        Ok(info)
    }

    /// The textual file header.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn text_header(&self) -> Result<String, HostError> {
        self.plugin.text(|buffer, size, needed, error| {
            // SAFETY: the handle is open; `text` gives a buffer of this size.
            unsafe { (self.plugin.api.survey_text_header)(self.handle(), buffer, size, needed, error) }
        })
    }

    /// Demands of readers that the file does not meet and, with `samples`, figures of all samples.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn report(&self, samples: bool, listener: &mut dyn Listener) -> Result<Value, HostError> {
        let text = self.plugin.heard(listener, |callbacks| {
            self.plugin.text(|buffer, size, needed, error| {
                // SAFETY: the handle is open; `text` gives a buffer of this size; the callbacks outlive the
                // call.
                unsafe {
                    let report = self.plugin.api.survey_report_json;
                    report(self.handle(), samples.into(), callbacks, buffer, size, needed, error)
                }
            })
        })?;
        parsed(&text)
    }

    /// Draws where there are live traces.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn live_map(&self, path: &Path) -> Result<(), HostError> {
        let path = c_text(path)?;
        // SAFETY: the handle is open, the path outlives the call.
        self.plugin.call(|error| unsafe {
            (self.plugin.api.export_live_map_png)(self.handle(), path.as_ptr(), error)
        })
    }

    /// Everything that the scan found.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn summary(&self) -> Result<Value, HostError> {
        let text = self.plugin.text(|buffer, size, needed, error| {
            // SAFETY: the handle is open; `text` gives a buffer of this size.
            unsafe { (self.plugin.api.survey_summary_json)(self.handle(), buffer, size, needed, error) }
        })?;
        parsed(&text)
    }
}

fn parsed(text: &str) -> Result<Value, HostError> {
    serde_json::from_str(text).map_err(|error| {
        HostError::status(abi::DIAPIR_STATUS_INTERNAL, format!("the library's text is not JSON: {error}"))
    })
}

impl Drop for Survey {
    fn drop(&mut self) {
        // SAFETY: ours, freed once; nothing borrows it any more.
        unsafe { (self.plugin.api.survey_free)(self.handle.as_ptr()) };
    }
}
