//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Finds salt bodies in seismic data.
///
/// Exit status: 0 done; 1 trouble of this program; 2 wrong usage; 10 wrong argument; 11 wrong data or files; 12 wrong model or
/// training; 13 resources; 14 cancelled; 15 defect of the library; 130 ended by a second Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "diapir", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// The library to load instead of looking for libdiapir.so.
    #[arg(long, global = true, value_name = "FILE")]
    pub library: Option<PathBuf>,
    /// Print the result as one JSON object.
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no messages.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Versions, devices and recipes of the library; or what a model file is.
    Info {
        /// Describe this model file.
        #[arg(long, value_name = "FILE")]
        model: Option<PathBuf>,
        /// Print a built-in recipe.
        #[arg(long, value_name = "NAME")]
        recipe: Option<String>,
    },
    /// Geometry and format of a SEG-Y file, and what is odd about it.
    Scan {
        survey: PathBuf,
        #[command(flatten)]
        headers: Headers,
    },
    /// Write a labelled synthetic survey.
    Synth {
        /// Everything random follows from it.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Inlines x crosslines x samples.
        #[arg(long, default_value = "120x120x350", value_parser = size)]
        size: Size,
        #[arg(long, value_name = "FILE")]
        seismic: PathBuf,
        #[arg(long, value_name = "FILE")]
        label: PathBuf,
    },
    /// Train a network on labelled surveys.
    Train(Train),
    /// Predict salt probability.
    Predict(Predict),
    /// Compare a probability volume with a label.
    Evaluate {
        probability: PathBuf,
        label: PathBuf,
        #[arg(long, default_value_t = 0.5)]
        threshold: f32,
    },
    /// Make, learn, predict and score a synthetic survey.
    Demo {
        /// Folder for the results; must not hold an earlier run.
        #[arg(long, default_value = "demo")]
        output: PathBuf,
        /// Seed of the survey that is predicted.
        #[arg(long, default_value_t = 42)]
        seed: u64,
        /// Recipe name or file.
        #[arg(long, default_value = "demo")]
        recipe: String,
        /// Inlines x crosslines x samples of each survey.
        #[arg(long, default_value = "120x120x350", value_parser = size)]
        size: Size,
    },
    /// Print completions for a shell.
    Completions { shell: clap_complete::Shell },
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Seismic and label volumes; repeatable.
    #[arg(long, num_args = 2, value_names = ["SEISMIC", "LABEL"], required = true)]
    pub survey: Vec<PathBuf>,
    /// Volumes to validate on; otherwise some inlines of each survey are kept back.
    #[arg(long, num_args = 2, value_names = ["SEISMIC", "LABEL"])]
    pub validation: Vec<PathBuf>,
    /// Name of a built-in recipe, or a TOML file.
    #[arg(long, default_value = "lessons-316")]
    pub recipe: String,
    /// Run folder.
    #[arg(long)]
    pub output: PathBuf,
    /// Go on from the run folder's checkpoint.
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Predict {
    pub model: PathBuf,
    pub survey: PathBuf,
    /// SEG-Y file for the probability.
    #[arg(long)]
    pub output: PathBuf,
    #[arg(long, value_enum, default_value_t = Direction::Inline)]
    pub direction: Direction,
    /// Samples and traces that neighbouring tiles share; -1 takes the default.
    #[arg(long, default_value_t = -1, allow_negative_numbers = true)]
    pub overlap: i32,
    /// Average with the mirrored tile.
    #[arg(long)]
    pub flip: bool,
    /// SEG-Y sample format: 5 (IEEE) or 1 (IBM).
    #[arg(long, default_value_t = 5)]
    pub format: i32,
    /// Tiles per forward pass; 0 takes the default.
    #[arg(long, default_value_t = 0)]
    pub batch: i32,
    /// GeoTIFF of the top of salt.
    #[arg(long, value_name = "FILE")]
    pub top: Option<PathBuf>,
    /// GeoTIFF of the largest probability.
    #[arg(long, value_name = "FILE")]
    pub max: Option<PathBuf>,
    /// Picture of a section.
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
    /// Line number of the picture; the middle one otherwise.
    #[arg(long)]
    pub line: Option<i32>,
    /// Interpretation to outline in the picture.
    #[arg(long, value_name = "FILE")]
    pub label: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub headers: Headers,
}

/// Where networks run.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// auto, cpu or cuda:N.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// auto, float32 or bfloat16.
    #[arg(long, default_value = "auto")]
    pub precision: String,
}

/// What the headers of a file do not say, or say wrongly.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct Headers {
    /// First byte of the inline number in the trace header, from 1.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub inline_byte: i32,
    /// First byte of the crossline number.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub crossline_byte: i32,
    /// First byte of the x coordinate.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub x_byte: i32,
    /// First byte of the y coordinate.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub y_byte: i32,
    /// What the vertical axis measures.
    #[arg(long, value_enum)]
    pub sample_unit: Option<SampleUnit>,
    /// Sample interval in that unit; 0 takes the headers'.
    #[arg(long, default_value_t = 0.0, hide_default_value = true)]
    pub sample_interval: f64,
    /// Coordinate reference system, such as EPSG:32631.
    #[arg(long)]
    pub crs: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SampleUnit {
    Ms = 1,
    M = 2,
    Ft = 3,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Direction {
    Inline = 0,
    Crossline = 1,
}

/// Inlines, crosslines, samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size(pub [i64; 3]);

fn size(text: &str) -> Result<Size, String> {
    let parts: Vec<i64> = text.split('x').map_while(|part| part.parse().ok()).collect();
    match parts[..] {
        [inlines, crosslines, samples] => Ok(Size([inlines, crosslines, samples])),
        _ => Err("expected INLINESxCROSSLINESxSAMPLES, such as 120x120x350".to_owned()),
    }
}
