//! How SEG-Y files are read, on the command line.

use clap::Args;

use crate::abi::{DIAPIR_BYTE_ORDER_AUTO, diapir_survey_options};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::values::{ByteOrder, Duplicates, SampleUnit, positive};

/// How to read SEG-Y files that depart from the standard.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading SEG-Y")]
pub(crate) struct ReadArgs {
    /// Where the inline number is in the trace header: its first byte, from 1, and its type if it is not
    /// int32, such as 73:ieee32 (int16, int32, ibm32, ieee32, ieee64) [default: 189, or found by evidence]
    #[arg(long, value_name = "BYTE[:TYPE]")]
    pub(crate) inline_byte: Option<String>,
    /// The same for the crossline number [default: 193, or found by evidence]
    #[arg(long, value_name = "BYTE[:TYPE]")]
    pub(crate) crossline_byte: Option<String>,
    /// The same for the x coordinate [default: 181, or found by evidence]
    #[arg(long, value_name = "BYTE[:TYPE]")]
    pub(crate) x_byte: Option<String>,
    /// The same for the y coordinate [default: 185, or found by evidence]
    #[arg(long, value_name = "BYTE[:TYPE]")]
    pub(crate) y_byte: Option<String>,
    /// The same for the coordinate scalar, int16 [default: 71]
    #[arg(long, value_name = "BYTE[:TYPE]")]
    pub(crate) scalar_byte: Option<String>,
    /// Do not look elsewhere for numbers that are not where the standard has them
    #[arg(long)]
    pub(crate) no_guess: bool,
    /// Several traces at one position of the grid
    #[arg(long, value_enum, default_value = "refuse", value_name = "CHOICE")]
    pub(crate) duplicates: Duplicates,
    /// Read only the traces with this source-receiver offset, of a prestack file
    #[arg(long, value_name = "OFFSET", allow_negative_numbers = true)]
    pub(crate) offset: Option<i32>,
    /// Scan the file again, and keep no index of large files in the cache folder
    #[arg(long)]
    pub(crate) no_index: bool,
    /// Byte order of numbers
    #[arg(long, value_enum, default_value = "auto", value_name = "ORDER")]
    pub(crate) byte_order: ByteOrder,
    /// What the vertical axis measures
    #[arg(long, value_enum, default_value = "auto", value_name = "UNIT")]
    pub(crate) sample_unit: SampleUnit,
    /// Sample interval in that unit [default: from the headers]
    #[arg(long, value_name = "INTERVAL", value_parser = positive)]
    pub(crate) sample_interval: Option<f64>,
    /// Coordinate reference system, such as EPSG:32631
    #[arg(long, value_name = "CRS")]
    pub(crate) crs: Option<String>,
}

impl ReadArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_survey_options>, HostError> {
        let mut options: Options<'_, diapir_survey_options> = plugin.options()?;
        let named = [
            ("inline", &self.inline_byte),
            ("crossline", &self.crossline_byte),
            ("x", &self.x_byte),
            ("y", &self.y_byte),
            ("scalar", &self.scalar_byte),
        ];
        let field =
            |(name, field): (&str, &Option<String>)| field.as_ref().map(|field| format!("{name}={field}"));
        options.set_header_fields(named.into_iter().filter_map(field).collect::<Vec<_>>().join(","))?;
        options.no_guess = self.no_guess.into();
        options.duplicates = self.duplicates as i32;
        if let Some(offset) = self.offset {
            (options.choose_offset, options.offset) = (1, offset);
        }
        options.use_index = (!self.no_index).into();
        options.byte_order = self.byte_order as i32;
        options.sample_unit = self.sample_unit as i32;
        if let Some(interval) = self.sample_interval {
            options.sample_interval = interval;
        }
        if let Some(crs) = &self.crs {
            options.set_crs(crs)?;
        }
        Ok(options)
    }

    /// For a volume that the library wrote after the survey that this is for: numbers are big-endian again.
    pub(crate) fn options_of_result(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_survey_options>, HostError> {
        let mut options = self.options(plugin)?;
        options.byte_order = DIAPIR_BYTE_ORDER_AUTO;
        Ok(options)
    }
}
