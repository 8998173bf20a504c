//! Folders of tiles on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::abi::{diapir_mosaic_options, diapir_tileset_options};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::values::{positive, share};

/// A folder of loose tiles, and where its parts lie.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Tiles")]
pub(crate) struct TilesArgs {
    /// The table id,z of the tiles' depths [default: depths.csv in the folder or the one above, if it is
    /// there]
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) depths: Option<PathBuf>,
    /// The table id,rle_mask of the masks [default: train.csv there; it serves where there is no folder of
    /// masks]
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) masks: Option<PathBuf>,
    /// A table id,group: tiles of one group (a mosaic, a line) are kept in one fold
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) groups: Option<PathBuf>,
    /// Grey value of mask pixels without a label [default: all have one]
    #[arg(long, value_name = "0..255")]
    pub(crate) unlabelled: Option<u8>,
    /// Go on without tiles that cannot be used
    #[arg(long)]
    pub(crate) leave_out: bool,
}

impl TilesArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_tileset_options>, HostError> {
        let mut options: Options<'_, diapir_tileset_options> = plugin.options()?;
        if let Some(depths) = &self.depths {
            options.set_depths(depths)?;
        }
        if let Some(masks) = &self.masks {
            options.set_masks(masks)?;
        }
        if let Some(groups) = &self.groups {
            options.set_groups(groups)?;
        }
        options.unlabelled = self.unlabelled.map_or(options.unlabelled, i32::from);
        options.leave_out = self.leave_out.into();
        Ok(options)
    }
}

#[derive(Debug, Args)]
pub(crate) struct DatasetArgs {
    #[command(subcommand)]
    pub(crate) command: DatasetCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetCommand {
    /// Show how many tiles there are, how much salt they hold, and what is wrong with any
    Info(DatasetInfoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DatasetInfoArgs {
    /// The folder: PNG files in images/ and masks/, or in train/images/ and train/masks/
    pub(crate) folder: PathBuf,
    /// Draw tiles with the outlines of their masks and the histogram of coverage
    #[arg(long, value_name = "FILE.png")]
    pub(crate) sheet: Option<PathBuf>,
    /// Tiles drawn at most
    #[arg(long, default_value_t = 64, value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) count: i32,
    #[command(flatten)]
    pub(crate) tiles: TilesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MosaicArgs {
    /// Folders of tiles: PNG files in images/, or in the folder itself
    #[arg(required = true, value_name = "FOLDER")]
    pub(crate) folders: Vec<PathBuf>,
    /// The table id,group,row,column to write; it serves as --groups of trainings
    #[arg(long, short, value_name = "FILE.csv")]
    pub(crate) output: PathBuf,
    /// Draw the mosaics, with the outlines of masks, into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) pictures: Option<PathBuf>,
    /// Draw mosaics of at least this many tiles
    #[arg(long, default_value_t = 4, value_name = "TILES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) pictured_from: i32,
    /// Leave mosaics of fewer tiles out, of the table too
    #[arg(long, default_value_t = 2, value_name = "TILES", value_parser = clap::value_parser!(i32).range(2..))]
    pub(crate) listed_from: i32,
    /// Bring all tiles to their mean histogram before they are compared
    #[arg(long)]
    pub(crate) match_histograms: bool,
    /// Largest distance of two edges that touch, in standard deviations over the length of the edge
    #[arg(long, default_value_t = 10.0, value_name = "DISTANCE", value_parser = positive)]
    pub(crate) max_distance: f64,
    /// How much nearer the nearest edge must be than the next, 0 to 1
    #[arg(long, default_value_t = 0.25, value_name = "SHARE", value_parser = share)]
    pub(crate) min_certainty: f64,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

impl MosaicArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_mosaic_options>, HostError> {
        let mut options: Options<'_, diapir_mosaic_options> = plugin.options()?;
        options.match_histograms = self.match_histograms.into();
        options.max_distance = self.max_distance;
        options.min_certainty = self.min_certainty;
        options.pictured_from = self.pictured_from;
        options.listed_from = self.listed_from;
        if let Some(folder) = &self.pictures {
            options.set_pictures(folder)?;
        }
        Ok(options)
    }
}
