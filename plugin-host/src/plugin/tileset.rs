//! A folder of loose tiles.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use crate::abi::{self, diapir_tileset, diapir_tileset_options};
use crate::failure::HostError;

/// A folder of tiles in memory; ended when dropped.
pub(crate) struct Tileset {
    plugin: Plugin,
    handle: NonNull<diapir_tileset>,
}

impl Plugin {
    /// Reads and checks a folder of tiles.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn open_tileset(
        self,
        path: &Path,
        options: &Options<'_, diapir_tileset_options>,
        listener: &mut dyn Listener,
    ) -> Result<Tileset, HostError> {
        let c_folder = c_text(path)?;
        let mut handle = ptr::null_mut();
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.tileset_open)(
                    c_folder.as_ptr(),
                    options.as_ptr(),
                    callbacks,
                    &raw mut handle,
                    error,
                )
            })
        })?;
        match NonNull::new(handle) {
            Some(handle) => Ok(Tileset { plugin: self, handle }),
            None => {
                Err(HostError::status(abi::DIAPIR_STATUS_INTERNAL, "the library gave no tileset").at(path))
            }
        }
    }
}

impl Tileset {
    /// For calls.
    pub(super) fn handle(&self) -> *const diapir_tileset {
        self.handle.as_ptr()
    }

    /// Numbers, coverage, problems.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn info(&self) -> Result<Value, HostError> {
        let text = self.plugin.text(|buffer, size, needed, error| {
            // SAFETY: the handle is open; `text` gives a buffer of this size.
            unsafe { (self.plugin.api.tileset_info_json)(self.handle(), buffer, size, needed, error) }
        })?;
        serde_json::from_str(&text).map_err(|error| {
            HostError::status(
                abi::DIAPIR_STATUS_INTERNAL,
                format!("the tileset's description is not JSON: {error}"),
            )
        })
    }

    /// Draws up to `count` tiles and the histogram of coverage.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn contact_sheet(&self, path: &Path, count: i32) -> Result<(), HostError> {
        let path = c_text(path)?;
        // SAFETY: the handle is open, the path outlives the call.
        self.plugin.call(|error| unsafe {
            (self.plugin.api.tileset_contact_sheet)(self.handle(), path.as_ptr(), count, error)
        })
    }
}

impl Drop for Tileset {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { (self.plugin.api.tileset_free)(self.handle.as_ptr()) };
    }
}
