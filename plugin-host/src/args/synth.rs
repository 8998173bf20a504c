//! Synthetic surveys on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::abi::diapir_synth_options;
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::values::{Size, positive};

#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// Number that everything random follows from
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Inlines x crosslines x samples
    #[arg(long, default_value = "120x120x350", value_name = "IxXxS")]
    pub(crate) size: Size,
    /// Milliseconds between samples
    #[arg(long, default_value_t = 4.0, value_name = "MS", value_parser = positive)]
    pub(crate) sample_interval: f64,
    /// Folder for seismic.sgy and label.sgy; made if needed
    #[arg(long, short, value_name = "FOLDER", conflicts_with_all = ["seismic", "label"])]
    pub(crate) output: Option<PathBuf>,
    /// The seismic file to write, with --label
    #[arg(long, value_name = "FILE")]
    pub(crate) seismic: Option<PathBuf>,
    /// The label file to write, with --seismic
    #[arg(long, value_name = "FILE")]
    pub(crate) label: Option<PathBuf>,
}

impl SynthArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_synth_options>, HostError> {
        let mut options = self.size.options(plugin, self.seed)?;
        options.sample_interval_ms = self.sample_interval;
        Ok(options)
    }
}

impl Size {
    /// A survey of this size.
    pub(crate) fn options(
        self,
        plugin: Plugin,
        seed: u64,
    ) -> Result<Options<'static, diapir_synth_options>, HostError> {
        let mut options: Options<'_, diapir_synth_options> = plugin.options()?;
        options.seed = seed;
        (options.inlines, options.crosslines, options.samples) =
            (self.inlines, self.crosslines, self.samples);
        Ok(options)
    }
}
