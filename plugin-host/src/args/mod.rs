//! The command line: one struct per command.

mod bench;
mod predict;
mod tgs;
mod tiles;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use bench::{BenchArgs, BenchCommand, BenchPredictArgs, BenchSectionArgs};
pub(crate) use predict::{FinishSurveyArgs, HowArgs, Part, PredictArgs, Quality};
pub(crate) use tgs::{
    FinishArgs, MaskArgs, TgsArgs, TgsBlendArgs, TgsCommand, TgsPredictArgs, TgsReportArgs, TgsTrainArgs,
};
pub(crate) use tiles::{DatasetArgs, DatasetCommand, DatasetInfoArgs, MosaicArgs, TilesArgs};

use crate::values::{
    ByteOrder, Direction, Duplicates, Precision, SampleUnit, Size, WeightsNames, WeightsPart, positive, share,
};

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

/// How to read SEG-Y files that depart from the standard.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reading SEG-Y")]
pub(crate) struct ReadArgs {
    /// Where the inline number is in the trace header: its first byte, from 1, and its type if it is not int32, such as
    /// 73:ieee32 (int16, int32, ibm32, ieee32, ieee64) [default: 189, or found by evidence]
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

/// Where networks run.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeviceArgs {
    /// auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    pub(crate) device: String,
    /// Arithmetic of the network
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) precision: Precision,
}

/// What is learnt, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct LearnArgs {
    /// A survey to train on and its labels; may be given several times
    #[arg(long, num_args = 2, value_names = ["SEISMIC", "LABEL"])]
    pub(crate) survey: Vec<PathBuf>,
    /// A folder of labelled tiles to train on, instead of surveys
    #[arg(long, value_name = "FOLDER", conflicts_with = "survey")]
    pub(crate) tiles: Option<PathBuf>,
    /// A built-in recipe (`diapir recipe list`) or a TOML file
    #[arg(long, default_value = "diapir-fast", value_name = "NAME|FILE")]
    pub(crate) recipe: String,
    /// Change a value of the recipe, such as batch=8 or stages.0.epochs=5; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Start from the weights of this model, such as `diapir model import` makes [default: random weights]
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    pub(crate) initial: Option<PathBuf>,
    /// Go on from the run folder's checkpoint
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// A survey to validate on and its labels [default: a part of each training survey is kept back]
    #[arg(long, num_args = 2, value_names = ["SEISMIC", "LABEL"], conflicts_with = "tiles")]
    pub(crate) validation: Vec<PathBuf>,
    /// Run folder, for the model, the report, the history and the checkpoint; made if needed
    #[arg(long, short, value_name = "FOLDER", required = true)]
    pub(crate) output: PathBuf,
    /// Begin anew in a run folder that holds a training
    #[arg(long, conflicts_with = "resume")]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) learn: LearnArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CrossValidateArgs {
    /// Folder for the runs fold-0, fold-1 .. and cross-validation.json; made if needed
    #[arg(long, short, value_name = "FOLDER", required = true)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) learn: LearnArgs,
}

// There is nothing to go on with; whoever asks for it all the same is told so.
#[derive(Debug, Args)]
#[command(mut_arg("resume", |resume| resume.hide(true)))]
pub(crate) struct RatesArgs {
    /// The table step,rate,loss,smoothed to write
    #[arg(long, short, value_name = "FILE.csv", required = true)]
    pub(crate) output: PathBuf,
    /// The first learning rate
    #[arg(long, default_value = "1e-6", value_name = "RATE", value_parser = positive)]
    pub(crate) from: f64,
    /// The last, unless the loss explodes before
    #[arg(long, default_value = "1", value_name = "RATE", value_parser = positive)]
    pub(crate) to: f64,
    /// Steps from the first to the last
    #[arg(long, default_value_t = 200, value_name = "STEPS", value_parser = clap::value_parser!(i64).range(10..=100_000))]
    pub(crate) steps: i64,
    #[command(flatten)]
    pub(crate) learn: LearnArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Run folders, or folders that hold run folders
    #[arg(required = true)]
    pub(crate) folders: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Show network, input contract, training, and a table of the network's stages
    Info(ModelInfoArgs),
    /// Make a model to start a training from, with weights from a safetensors or PyTorch (.pth) file
    Import(ModelImportArgs),
    /// Write a model's weights as safetensors with names that PyTorch software knows
    Export(ModelExportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ModelInfoArgs {
    /// The model file [default: the built-in model]
    pub(crate) model: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ModelImportArgs {
    /// The file of weights: safetensors, or a plain state dict saved by PyTorch
    pub(crate) weights: PathBuf,
    /// The recipe whose network is made: a built-in one (`diapir recipe list`) or a TOML file
    #[arg(long, value_name = "NAME|FILE", required = true)]
    pub(crate) recipe: String,
    /// Change a value of the recipe; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The model file to write
    #[arg(long, short, value_name = "MODEL", required = true)]
    pub(crate) output: PathBuf,
    /// Where in the network the weights belong
    #[arg(long, value_enum, default_value = "encoder")]
    pub(crate) part: WeightsPart,
    /// Pass over tensors that are missing, unexpected or of another shape
    #[arg(long)]
    pub(crate) partial: bool,
    /// Replace the model file if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelExportArgs {
    /// The model file
    pub(crate) model: PathBuf,
    /// The safetensors file to write
    #[arg(long, short, value_name = "FILE.safetensors", required = true)]
    pub(crate) output: PathBuf,
    /// Which weights
    #[arg(long, value_enum, default_value = "encoder")]
    pub(crate) part: WeightsPart,
    /// Whose names they get
    #[arg(long, value_enum, default_value = "torchvision")]
    pub(crate) names: WeightsNames,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
}

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

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The probability volume
    #[arg(required_unless_present = "tiles", requires = "label")]
    pub(crate) probability: Option<PathBuf>,
    /// The labels on the same grid: 0.5 and more is salt
    pub(crate) label: Option<PathBuf>,
    /// A folder of tiles with masks that a model predicts, instead of volumes
    #[arg(long, value_name = "FOLDER", conflicts_with = "probability")]
    pub(crate) tiles: Option<PathBuf>,
    /// The model that predicts --tiles [default: the built-in one]
    #[arg(long, value_name = "MODEL", requires = "tiles")]
    pub(crate) model: Option<PathBuf>,
    /// Probability above which a sample is salt [default: 0.5, or the model's]
    #[arg(long, value_name = "PROBABILITY", value_parser = share)]
    pub(crate) threshold: Option<f32>,
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
    pub(crate) threshold: f32,
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
}
