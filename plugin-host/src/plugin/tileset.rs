//! A folder of loose tiles.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};

use serde_json::Value;

use super::call::{c_path, pointer, prepared};
use super::{Listener, Plugin};
use crate::abi::{self, diapir_tileset};
use crate::failure::HostError;

/// Where the parts of a folder lie; `None` is the usual place.
#[derive(Debug, Clone, Default)]
pub(crate) struct TilesetChoice {
    pub(crate) depths: Option<PathBuf>,
    pub(crate) masks: Option<PathBuf>,
    pub(crate) groups: Option<PathBuf>,
    /// Grey value of pixels without a label.
    pub(crate) unlabelled: Option<u8>,
    /// Go on without tiles that cannot be used.
    pub(crate) leave_out: bool,
}

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
        choice: &TilesetChoice,
        listener: &mut dyn Listener,
    ) -> Result<Tileset, HostError> {
        let c_folder = c_path(path)?;
        let file = |file: &Option<PathBuf>| file.as_deref().map(c_path).transpose();
        let (depths, masks, groups) = (file(&choice.depths)?, file(&choice.masks)?, file(&choice.groups)?);
        let mut options = prepared(self.api.tileset_options_init)?;
        options.depths = pointer(depths.as_ref());
        options.masks = pointer(masks.as_ref());
        options.groups = pointer(groups.as_ref());
        options.unlabelled = choice.unlabelled.map_or(-1, i32::from);
        options.leave_out = choice.leave_out.into();
        let mut handle = ptr::null_mut();
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call.
            self.call(|error| unsafe {
                (self.api.tileset_open)(
                    c_folder.as_ptr(),
                    &raw const options,
                    callbacks,
                    &raw mut handle,
                    error,
                )
            })
        })?;
        match NonNull::new(handle) {
            Some(handle) => Ok(Tileset { plugin: self, handle }),
            None => Err(HostError::status(abi::INTERNAL, "the library gave no tileset").at(path)),
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
            HostError::status(abi::INTERNAL, format!("the tileset's description is not JSON: {error}"))
        })
    }

    /// Draws up to `count` tiles and the histogram of coverage.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn contact_sheet(&self, path: &Path, count: i32) -> Result<(), HostError> {
        let path = c_path(path)?;
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
