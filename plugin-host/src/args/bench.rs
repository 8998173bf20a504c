//! Measurements on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::predict::HowArgs;
use super::{DeviceArgs, ReadArgs};
use crate::values::Size;

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Predict a survey: speed of each stage, and of the whole against the networks alone
    Predict(Box<BenchPredictArgs>),
    /// Predict a section in memory: how long a viewer waits for it
    Section(BenchSectionArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BenchPredictArgs {
    /// The model: a file, or the name of a built-in one [default: the built-in model for surveys]
    pub(crate) model: Option<PathBuf>,
    /// The survey to predict [default: a synthetic one]
    #[arg(long, value_name = "FILE.sgy")]
    pub(crate) survey: Option<PathBuf>,
    /// Inlines x crosslines x samples of the synthetic survey
    #[arg(long, default_value = "20x256x512", value_name = "IxXxS", conflicts_with = "survey")]
    pub(crate) size: Size,
    /// Folder for the files of the measurement, which stay
    #[arg(long, short, value_name = "FOLDER", default_value = "bench")]
    pub(crate) output: PathBuf,
    /// How often; networks alone are measured before and after each time
    #[arg(long, default_value_t = 3, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,
    #[command(flatten)]
    pub(crate) how: HowArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Tiles per forward pass [default: the library's]
    #[arg(long, value_name = "TILES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) batch: Option<i32>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BenchSectionArgs {
    /// The model: a file, or the name of a built-in one [default: the built-in model for surveys]
    pub(crate) model: Option<PathBuf>,
    /// Traces of the section
    #[arg(long, default_value_t = 951, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) traces: i64,
    /// Samples of each trace
    #[arg(long, default_value_t = 462, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) samples: i64,
    /// How often
    #[arg(long, default_value_t = 9, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,
    #[command(flatten)]
    pub(crate) how: HowArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Tiles per forward pass [default: the library's]
    #[arg(long, value_name = "TILES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) batch: Option<i32>,
}
