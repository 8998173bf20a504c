//! Tiles put together again.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::c_text;
use super::handle::Plugin;
use super::listener::Listener;
use super::options::Options;
use super::tileset::Tileset;
use crate::abi::{diapir_mosaic_options, diapir_mosaic_report, diapir_tileset};
use crate::failure::HostError;

impl Plugin {
    /// Finds neighbours among the tiles, and writes the table of mosaics.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn mosaic_tiles(
        self,
        tilesets: &[Tileset],
        table: &Path,
        options: &Options<'_, diapir_mosaic_options>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_mosaic_report, HostError> {
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        let table = c_text(table)?;
        let mut report: diapir_mosaic_report = self.prepared()?;
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call; there are as many handles as it says.
            self.call(|error| unsafe {
                (self.api.mosaic_tiles)(
                    handles.as_ptr(),
                    handles.len(),
                    table.as_ptr(),
                    options.as_ptr(),
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }
}
