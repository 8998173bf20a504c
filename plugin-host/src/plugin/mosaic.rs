//! Tiles put together again.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::path::Path;

use super::call::{c_path, pointer, prepared};
use super::{Listener, Plugin, Tileset};
use crate::abi::{diapir_mosaic_report, diapir_tileset};
use crate::failure::HostError;

/// How mosaics are found.
#[derive(Debug, Clone)]
pub(crate) struct MosaicChoice<'a> {
    pub(crate) match_histograms: bool,
    pub(crate) max_distance: f64,
    pub(crate) min_certainty: f64,
    /// A folder for pictures of mosaics of at least so many tiles.
    pub(crate) pictures: Option<(&'a Path, i32)>,
}

impl Plugin {
    /// Finds neighbours among the tiles, and writes the table of mosaics.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn mosaic_tiles(
        self,
        tilesets: &[Tileset],
        table: &Path,
        choice: &MosaicChoice<'_>,
        listener: &mut dyn Listener,
    ) -> Result<diapir_mosaic_report, HostError> {
        let handles: Vec<*const diapir_tileset> = tilesets.iter().map(Tileset::handle).collect();
        let table = c_path(table)?;
        let pictures = choice.pictures.map(|(folder, _)| c_path(folder)).transpose()?;
        let mut options = prepared(self.api.mosaic_options_init)?;
        options.match_histograms = choice.match_histograms.into();
        options.max_distance = choice.max_distance;
        options.min_certainty = choice.min_certainty;
        options.pictures = pointer(pictures.as_ref());
        options.pictured_from = choice.pictures.map_or(0, |(_, from)| from);
        let mut report = prepared(self.api.mosaic_report_init)?;
        self.heard(listener, |callbacks| {
            // SAFETY: all pointers outlive the call; there are as many handles as it says.
            self.call(|error| unsafe {
                (self.api.mosaic_tiles)(
                    handles.as_ptr(),
                    handles.len(),
                    table.as_ptr(),
                    &raw const options,
                    callbacks,
                    &raw mut report,
                    error,
                )
            })
        })?;
        Ok(report)
    }
}
