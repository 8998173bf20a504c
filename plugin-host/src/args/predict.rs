//! Prediction on the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{DeviceArgs, PictureArgs, ReadArgs};
use crate::abi::{
    self, diapir_model_options, diapir_predict_options, diapir_predict_survey_output, diapir_survey_info,
};
use crate::failure::HostError;
use crate::plugin::{Model, Options, Plugin};
use crate::values::{Direction, SampleFormat, share};

#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// The model (a file or a built-in one's name), if it shall not be the built-in one for surveys, and the
    /// SEG-Y file; ./NAME is a file of a built-in one's name
    #[arg(required = true, num_args = 1..=2, value_name = "[MODEL] SURVEY")]
    paths: Vec<PathBuf>,
    /// The probability volume to write, as SEG-Y; NAME-run.json beside it says what was done
    #[arg(long, short, value_name = "FILE.sgy", required = true)]
    pub(crate) output: PathBuf,
    /// Write NAME-uncertainty.sgy too: the standard deviation of all predictions of each sample
    #[arg(long)]
    pub(crate) uncertainty: bool,
    /// Write NAME-mask.sgy too: 1 in salt, 0 elsewhere
    #[arg(long)]
    pub(crate) mask: bool,
    /// Write NAME-report.html too: sections, maps, histogram, seams, times
    #[arg(long)]
    pub(crate) report: bool,
    /// Sample format of probability and uncertainty
    #[arg(long, value_enum, default_value = "ieee")]
    pub(crate) format: SampleFormat,
    /// Probability above which a sample is salt in mask, maps and pictures [default: the model's]
    #[arg(long, value_name = "PROBABILITY", value_parser = share)]
    pub(crate) threshold: Option<f64>,
    /// Go on with a prediction of the same models and survey that was stopped, by whatever; when stopped,
    /// leave what is done in a hidden folder beside the output
    #[arg(long)]
    pub(crate) resume: bool,
    /// Do a part of the work only, such as 2/8; parts may be done at the same time, on any machines that
    /// share the file system, and `diapir finish` ends the work
    #[arg(long, value_name = "K/N", conflicts_with_all = ["top", "max", "png"])]
    pub(crate) part: Option<Part>,
    #[command(flatten)]
    pub(crate) how: HowArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Tiles per forward pass [default: the library's]
    #[arg(long, value_name = "TILES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) batch: Option<i32>,
    /// One tile per forward pass: results do not depend on --batch; slower
    #[arg(long)]
    pub(crate) deterministic: bool,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

impl PredictArgs {
    /// The model: a file or a built-in one's name; `None` is the built-in one for surveys.
    pub(crate) fn model(&self) -> Option<&Path> {
        self.paths.first().filter(|_| self.paths.len() > 1).map(PathBuf::as_path)
    }

    /// The SEG-Y file.
    pub(crate) fn survey(&self) -> &Path {
        self.paths.last().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Where the models run, in the library's terms.
    pub(crate) fn model_options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_model_options>, HostError> {
        let mut options = self.device.options(plugin, self.batch)?;
        options.deterministic = self.deterministic.into();
        Ok(options)
    }

    /// What is written, and which part of it, in the library's terms.
    pub(crate) fn output_options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_predict_survey_output>, HostError> {
        let mut output: Options<'_, diapir_predict_survey_output> = plugin.options()?;
        output.sample_format = self.format as i32;
        output.uncertainty = self.uncertainty.into();
        output.mask = self.mask.into();
        output.mask_threshold = self.threshold.map_or(output.mask_threshold, |threshold| threshold as f32);
        output.report = self.report.into();
        output.resume = self.resume.into();
        if let Some(Part { index, count }) = self.part {
            (output.part, output.part_count) = (index, count);
        }
        Ok(output)
    }
}

/// How sections are predicted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How sections are predicted")]
pub(crate) struct HowArgs {
    /// What to spend time on; sets --direction, --tile, --overlap and --flip where they are not given
    #[arg(long, value_enum, default_value = "normal")]
    pub(crate) quality: Quality,
    /// Which sections the network sees [default: inline; with --quality best: both]; inlines are drawn unless
    /// it sees crosslines only
    #[arg(long, value_enum)]
    pub(crate) direction: Option<Sections>,
    /// How the predictions of both directions become one
    #[arg(long, value_enum, default_value = "mean")]
    pub(crate) fusion: Fusion,
    /// Samples and traces of a tile, from the model's on (models with windows: from a quarter of it), or
    /// "section" for whole sections [default: the model's]
    #[arg(long, value_name = "PIXELS|section")]
    pub(crate) tile: Option<Tile>,
    /// Samples by which neighbouring tiles overlap [default: 32, of models with windows half the size that they
    /// were trained with; half the tile where that is less]
    #[arg(long, value_name = "SAMPLES", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) overlap: Option<i32>,
    /// Average with the prediction of the mirrored tile, at twice the time
    #[arg(long)]
    pub(crate) flip: bool,
    /// What tiles do at the borders of a section [default: the model's]
    #[arg(long, value_enum)]
    pub(crate) edge: Option<Edge>,
    /// How overlapping tiles are weighted
    #[arg(long, value_enum, default_value = "cosine")]
    pub(crate) window: Window,
    /// Passes per network with channels dropped as in training, for networks that do so [default: one
    /// without]
    #[arg(long, value_name = "PASSES", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) dropout_passes: i32,
    /// Bring sections to the sample interval and trace spacing that the model was trained at, and the result
    /// back
    #[arg(long)]
    pub(crate) resample: bool,
    /// Predict tiles with nothing to see (water, mutes: all samples within 1/255 of the amplitude range) too
    #[arg(long)]
    pub(crate) predict_blank: bool,
    /// A further model, whose predictions are averaged with the others'; may be given several times
    #[arg(long, value_name = "MODEL")]
    pub(crate) ensemble: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FinishSurveyArgs {
    /// The SEG-Y file that was predicted
    pub(crate) survey: PathBuf,
    /// The output of the parts
    #[arg(long, short, value_name = "FILE.sgy", required = true)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// Part `k` of `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) index: i32,
    pub(crate) count: i32,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').map(|(index, count)| (index.parse(), count.parse()));
        match numbers {
            Some((Ok(index), Ok(count))) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected K/N with K from 1 to N, such as 2/8".to_owned()),
        }
    }
}

/// Pixels of a tile, or `DIAPIR_TILE_SECTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tile(pub(crate) i32);

impl FromStr for Tile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse()) {
            ("section", _) => Ok(Self(abi::DIAPIR_TILE_SECTION)),
            (_, Ok(pixels)) if pixels > 0 => Ok(Self(pixels)),
            _ => Err("expected a number of pixels, or section".to_owned()),
        }
    }
}

/// A `diapir_sections`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sections {
    Inline = abi::DIAPIR_SECTIONS_INLINE as isize,
    Crossline = abi::DIAPIR_SECTIONS_CROSSLINE as isize,
    /// Inlines and crosslines; twice the time
    Both = abi::DIAPIR_SECTIONS_BOTH as isize,
}

impl HowArgs {
    /// In the library's terms; `more` are the models of --ensemble.
    pub(crate) fn options<'a>(
        &self,
        plugin: Plugin,
        more: &'a [Model],
    ) -> Result<Options<'a, diapir_predict_options>, HostError> {
        let mut options = plugin.predict_options(self.quality as i32)?;
        options.sections = self.direction.map_or(options.sections, |direction| direction as i32);
        options.fusion = self.fusion as i32;
        options.tile = self.tile.map_or(options.tile, |tile| tile.0);
        options.overlap = self.overlap.unwrap_or(options.overlap);
        options.edge = self.edge.map_or(options.edge, |edge| edge as i32);
        options.window = self.window as i32;
        options.flip |= i32::from(self.flip);
        options.dropout_passes = self.dropout_passes;
        options.resample = self.resample.into();
        options.predict_blank = self.predict_blank.into();
        options.set_more_models(more);
        Ok(options)
    }

    /// The direction that is drawn: crosslines where the network sees no others.
    pub(crate) fn drawn(&self, survey: &diapir_survey_info) -> Direction {
        // The library leaves out a direction of both whose sections are as narrow as this.
        let narrow = survey.crossline_count < 8 && survey.inline_count >= 8;
        match self.direction {
            Some(Sections::Crossline) => Direction::Crossline,
            Some(Sections::Both) if narrow => Direction::Crossline,
            None if narrow && self.quality == Quality::Best => Direction::Crossline,
            _ => Direction::Inline,
        }
    }
}

/// A `diapir_fusion`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Fusion {
    Mean = abi::DIAPIR_FUSION_MEAN as isize,
    /// Salt where one direction sees some
    Max = abi::DIAPIR_FUSION_MAX as isize,
    /// Salt where both see some
    Min = abi::DIAPIR_FUSION_MIN as isize,
    Geometric = abi::DIAPIR_FUSION_GEOMETRIC as isize,
}

/// A `diapir_edge`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Edge {
    /// Tiles hang over by half the overlap, mirrored
    Extend = abi::DIAPIR_EDGE_EXTEND as isize,
    /// Tiles stay inside the section
    Inside = abi::DIAPIR_EDGE_INSIDE as isize,
}

/// A `diapir_window`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Window {
    Cosine = abi::DIAPIR_WINDOW_COSINE as isize,
    Flat = abi::DIAPIR_WINDOW_FLAT as isize,
    Gaussian = abi::DIAPIR_WINDOW_GAUSSIAN as isize,
}

/// A `diapir_quality`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quality {
    /// A first look
    Draft = abi::DIAPIR_QUALITY_DRAFT as isize,
    Normal = abi::DIAPIR_QUALITY_NORMAL as isize,
    /// What gives more accuracy
    Best = abi::DIAPIR_QUALITY_BEST as isize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_tiles() {
        assert_eq!("2/8".parse(), Ok(Part { index: 2, count: 8 }));
        for wrong in ["0/8", "9/8", "8", "a/b", "1/0", "-1/3", ""] {
            assert!(wrong.parse::<Part>().is_err(), "{wrong}");
        }
        assert_eq!(("section".parse(), "229".parse()), (Ok(Tile(abi::DIAPIR_TILE_SECTION)), Ok(Tile(229))));
        for wrong in ["0", "-1", "sections", ""] {
            assert!(wrong.parse::<Tile>().is_err(), "{wrong}");
        }
    }
}
