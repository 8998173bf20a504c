//! Maps and pictures on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::abi::{diapir_export_maps_options, diapir_export_section_options};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::values::Direction;

/// Which section to draw.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Maps and pictures")]
pub(crate) struct PictureArgs {
    /// Map of the top of salt, as GeoTIFF
    #[arg(long, value_name = "FILE.tif")]
    pub(crate) top: Option<PathBuf>,
    /// Map of the largest probability, as GeoTIFF
    #[arg(long, value_name = "FILE.tif")]
    pub(crate) max: Option<PathBuf>,
    /// Picture of one section with the outline of salt
    #[arg(long, value_name = "FILE.png")]
    pub(crate) png: Option<PathBuf>,
    /// Number of the section drawn [default: the middle one]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) line: Option<i32>,
    /// Labels to outline in the picture too
    #[arg(long, value_name = "FILE")]
    pub(crate) label: Option<PathBuf>,
    /// Title of the picture
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Samples that salt must be thick to count in maps [default: the library's]
    #[arg(long, value_name = "SAMPLES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) min_thickness: Option<i32>,
}

impl PictureArgs {
    /// How maps are made, in the library's terms.
    pub(crate) fn maps_options(
        &self,
        plugin: Plugin,
        threshold: f64,
    ) -> Result<Options<'static, diapir_export_maps_options>, HostError> {
        let mut options: Options<'_, diapir_export_maps_options> = plugin.options()?;
        options.threshold = threshold as f32;
        options.min_thickness = self.min_thickness.unwrap_or(options.min_thickness);
        Ok(options)
    }

    /// How the section is drawn, in the library's terms.
    pub(crate) fn section_options(
        &self,
        plugin: Plugin,
        direction: Direction,
        threshold: f64,
    ) -> Result<Options<'static, diapir_export_section_options>, HostError> {
        let mut options: Options<'_, diapir_export_section_options> = plugin.options()?;
        options.direction = direction as i32;
        options.line = self.line.unwrap_or(options.line);
        options.threshold = threshold as f32;
        if let Some(title) = &self.title {
            options.set_title(title)?;
        }
        Ok(options)
    }
}
