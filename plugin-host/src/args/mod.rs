//! The command line: one struct per command. Those that have an options struct in the library fill it: what
//! is not given keeps the library's default.

mod bench;
mod learn;
mod model;
mod picture;
mod predict;
mod read;
mod synth;
mod tgs;
mod tiles;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use bench::{BenchArgs, BenchCommand, BenchPredictArgs, BenchSectionArgs};
pub(crate) use learn::{CrossValidateArgs, DeviceArgs, LearnArgs, RatesArgs, TrainArgs};
pub(crate) use model::{
    ModelArgs, ModelCommand, ModelExportArgs, ModelHalveArgs, ModelImportArgs, ModelInfoArgs,
};
pub(crate) use picture::PictureArgs;
pub(crate) use predict::{FinishSurveyArgs, Part, PredictArgs, Quality};
pub(crate) use read::ReadArgs;
pub(crate) use synth::SynthArgs;
pub(crate) use tgs::{
    MaskArgs, TgsArgs, TgsBlendArgs, TgsCommand, TgsPredictArgs, TgsReportArgs, TgsTrainArgs,
};
pub(crate) use tiles::{DatasetArgs, DatasetCommand, DatasetInfoArgs, MosaicArgs, TilesArgs};

use crate::values::{Direction, share};

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  a check that was asked for (scan --strict) found something
    2  the command line or the configuration file is wrong
   10  the library refused an argument, or this build lacks what was asked for
   11  input data or a file: missing, unreadable, malformed, no grid, unusable labels
   12  the model: damaged, another version, not fit for the data; training diverged
   13  resources: memory, device, libtorch, GDAL
   15  a defect of the library
   16  the library could not be loaded
  130  cancelled by Ctrl-C; a second Ctrl-C ends the program at once

Environment:
  DIAPIR_LIBRARY   the library, where --library does not name it
  DIAPIR_LIBTORCH  a folder with libtorch's libraries, loaded before it";

/// Finds salt bodies in seismic data.
#[derive(Debug, Parser)]
#[command(name = "diapir", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "General options")]
pub(crate) struct Global {
    /// The library to use [default: beside this program, ../lib, the system's]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
    /// TOML file with defaults: a table per command, keys as the long flags; flags given here override it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// No progress and no messages but warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Print one JSON object with the result, or with the error, and nothing else on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show versions, devices and recipes
    Info,
    /// Check the geometry and format of a SEG-Y file
    Scan(ScanArgs),
    /// Write a synthetic survey and its salt labels
    Synth(SynthArgs),
    /// Look at a folder of labelled tiles
    Dataset(DatasetArgs),
    /// Find which tiles were neighbours, and put them together
    Mosaic(MosaicArgs),
    /// List the built-in recipes, or print one
    Recipe(RecipeArgs),
    /// Systems on loose tiles: train, predict, blend, postprocess, submit, report
    Tgs(TgsArgs),
    /// Train a model on labelled surveys or tiles
    Train(TrainArgs),
    /// Train a model for each fold of the data, validated on that fold
    CrossValidate(CrossValidateArgs),
    /// Test which learning rates a recipe can take
    Rates(RatesArgs),
    /// Compare trainings
    Runs(RunsArgs),
    /// Describe a model, import weights trained elsewhere, export weights for other software
    Model(ModelArgs),
    /// Predict the salt probability of a survey, at once or in parts
    Predict(Box<PredictArgs>),
    /// End a prediction that was done in parts
    Finish(FinishSurveyArgs),
    /// Compare a probability volume with labels, or a model's predictions of tiles with their masks
    Evaluate(EvaluateArgs),
    /// Draw maps and a section of a probability volume
    Export(ExportArgs),
    /// Measure prediction
    Bench(BenchArgs),
    /// From nothing to a result: make surveys, train, predict an unseen survey, measure, draw
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RecipeArgs {
    #[command(subcommand)]
    pub(crate) command: RecipeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecipeCommand {
    /// Names of the built-in recipes
    List,
    /// Print a recipe as TOML
    Show {
        /// A built-in recipe or a TOML file
        name: String,
        /// Change a value, such as batch=8 or stages.0.epochs=5; may be given several times
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The SEG-Y file
    pub(crate) file: PathBuf,
    /// Print the textual file header too
    #[arg(long)]
    pub(crate) text: bool,
    /// Look at the headers only, not at the samples
    #[arg(long)]
    pub(crate) quick: bool,
    /// Exit with 1 when the file does not meet a demand of common readers
    #[arg(long)]
    pub(crate) strict: bool,
    /// Draw a map of the live traces, PNG
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Run folders, or folders that hold run folders
    #[arg(required = true)]
    pub(crate) folders: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The probability volume
    #[arg(required_unless_present = "tiles", requires = "label")]
    pub(crate) probability: Option<PathBuf>,
    /// The labels on the same grid: 0.5 and more is salt
    pub(crate) label: Option<PathBuf>,
    /// A folder of tiles with masks that --model predicts, instead of volumes
    #[arg(long, value_name = "FOLDER", conflicts_with = "probability", requires = "model")]
    pub(crate) tiles: Option<PathBuf>,
    /// The model that predicts --tiles
    #[arg(long, value_name = "MODEL", requires = "tiles")]
    pub(crate) model: Option<PathBuf>,
    /// Probability above which a sample is salt [default: 0.5, or the model's]
    #[arg(long, value_name = "PROBABILITY", value_parser = share)]
    pub(crate) threshold: Option<f64>,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The probability volume
    pub(crate) probability: PathBuf,
    /// The seismic survey behind the picture, for --png
    #[arg(long, value_name = "FILE")]
    pub(crate) seismic: Option<PathBuf>,
    /// Which way the section drawn runs
    #[arg(long, value_enum, default_value = "inline")]
    pub(crate) direction: Direction,
    /// Probability above which a sample is salt
    #[arg(long, default_value_t = 0.5, value_name = "PROBABILITY", value_parser = share)]
    pub(crate) threshold: f64,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for everything that the demo writes; files of an earlier demo are replaced
    #[arg(long, short, value_name = "FOLDER", default_value = "demo")]
    pub(crate) output: PathBuf,
    /// Seed of the survey predicted; those trained on get the numbers after it
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// One smaller training survey and one epoch per stage: shows the way, not the quality
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Commands without commands below them.
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            match below.has_subcommands() {
                true => leaves(below, &path, found),
                false => found.push(path),
            }
        }
    }

    #[test]
    fn what_every_command_prints_is_documented() {
        let text = include_str!("../../../docs/json.md");
        let mut commands = Vec::new();
        leaves(&Cli::command(), "diapir", &mut commands);
        assert!(commands.len() > 20, "{commands:?}");
        for command in commands {
            assert!(text.contains(&format!("\n### {command}\n")), "docs/json.md has no section {command}");
        }
    }
}
