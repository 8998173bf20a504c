//! `diapir tgs` on the command line: systems on loose tiles, from training to a submission.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DeviceArgs, TilesArgs};
use crate::abi::{
    DIAPIR_MEMBERS_MODEL, DIAPIR_MEMBERS_SNAPSHOTS, diapir_finish_tiles_options,
    diapir_predict_tiles_options, diapir_train_options,
};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::recipe;
use crate::values::share;

#[derive(Debug, Args)]
pub(crate) struct TgsArgs {
    #[command(subcommand)]
    pub(crate) command: TgsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TgsCommand {
    /// Train a recipe's whole system: all its trainings on all their folds, and what they say of tiles that
    /// they have not seen
    Train(TgsTrainArgs),
    /// Predict tiles with a trained system, each by the networks that have not seen it
    Predict(TgsPredictArgs),
    /// Average predictions, with weights given or fitted to masks
    Blend(TgsBlendArgs),
    /// Turn predictions into masks by threshold and rules
    Postprocess(TgsPostprocessArgs),
    /// Write masks as run-length codes, as the challenge takes them
    Submit(TgsSubmitArgs),
    /// Measure predictions on tiles with masks, and what each rule adds
    Report(TgsReportArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TgsTrainArgs {
    /// The folder of labelled tiles
    #[arg(long, value_name = "FOLDER")]
    pub(crate) tiles: PathBuf,
    /// A built-in recipe (`diapir recipe list`) or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) recipe: String,
    /// Change a value of the recipe, such as batch=8 or stages.0.epochs=5; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The folder for the trainings and their predictions; made if needed
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Learn from confident predictions too, which `tgs predict` left in this folder with a system of the
    /// same folds and seed
    #[arg(long, value_name = "FOLDER", requires = "pseudo_tiles")]
    pub(crate) pseudo: Option<PathBuf>,
    /// The tiles that were predicted there
    #[arg(long, value_name = "FOLDER", requires = "pseudo")]
    pub(crate) pseudo_tiles: Option<PathBuf>,
    /// Start each training from the weights of this model [default: random weights]
    #[arg(long, value_name = "MODEL")]
    pub(crate) initial: Option<PathBuf>,
    /// Go on with what is there
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

impl TgsTrainArgs {
    /// In the library's terms, with the recipe resolved; what is learnt from predictions is not among it.
    pub(crate) fn options<'a>(&self, plugin: Plugin) -> Result<Options<'a, diapir_train_options>, HostError> {
        let recipe = recipe::text(plugin, &self.recipe, &self.set)?;
        let mut options = self.device.train_options(plugin, &recipe)?;
        options.resume = self.resume.into();
        if let Some(initial) = &self.initial {
            options.set_initial_model(initial)?;
        }
        Ok(options)
    }
}

#[derive(Debug, Args)]
pub(crate) struct TgsPredictArgs {
    /// What `tgs train` or `cross-validate` left
    pub(crate) run: PathBuf,
    /// The folder of tiles
    pub(crate) tiles: PathBuf,
    /// The folder for predictions.safetensors; made if needed
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Average each tile with its mirror image, for twice the time [default: as the recipe says]
    #[arg(long, value_name = "BOOL")]
    pub(crate) flip: Option<bool>,
    /// Predict with the snapshots of each training instead of the model that it kept [default: as the recipe
    /// says]
    #[arg(long, value_name = "BOOL")]
    pub(crate) snapshots: Option<bool>,
    /// Write each tile's probabilities as a PNG file of 16 bits too
    #[arg(long)]
    pub(crate) pictures: bool,
    /// Tiles per forward pass [default: 8 on a CPU, 32 on a GPU]
    #[arg(long, value_name = "TILES", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) batch: Option<i32>,
    /// Go on with what is there
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

impl TgsPredictArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_predict_tiles_options>, HostError> {
        let mut options: Options<'_, diapir_predict_tiles_options> = plugin.options()?;
        options.set_device(&self.device.device)?;
        options.set_precision(self.device.precision.name())?;
        options.batch = self.batch.unwrap_or(options.batch);
        options.flip = self.flip.map_or(options.flip, i32::from);
        options.members = match self.snapshots {
            Some(true) => DIAPIR_MEMBERS_SNAPSHOTS,
            Some(false) => DIAPIR_MEMBERS_MODEL,
            None => options.members,
        };
        options.resume = self.resume.into();
        options.pictures = self.pictures.into();
        Ok(options)
    }
}

#[derive(Debug, Args)]
pub(crate) struct TgsBlendArgs {
    /// Files of predictions
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// A weight for each file [default: equal ones]
    #[arg(long, value_delimiter = ',', value_name = "NUMBER,..", conflicts_with = "stack")]
    pub(crate) weights: Option<Vec<f64>>,
    /// Fit the weights to the masks of the tiles in this folder (linear stacking); the predictions must be
    /// out of fold. The figures go beside the output, as NAME.stack.json
    #[arg(long, value_name = "FOLDER")]
    pub(crate) stack: Option<PathBuf>,
    /// Probability above which a pixel counts as salt in the figures of the stack
    #[arg(long, default_value = "0.5", value_name = "0..1", value_parser = share)]
    pub(crate) threshold: f64,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

/// Predictions, and the rules for them.
#[derive(Debug, Args)]
pub(crate) struct FinishArgs {
    /// The file of predictions
    pub(crate) predictions: PathBuf,
    /// The recipe, built-in or a file, whose threshold and rules are applied [default: 0.5 and none]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) recipe: Option<String>,
    /// Change a value of the recipe, such as rules.holes=true; may be given several times
    #[arg(long, value_name = "KEY=VALUE", requires = "recipe")]
    pub(crate) set: Vec<String>,
    /// Probability above which a pixel is salt [default: the recipe's]
    #[arg(long, value_name = "0..1", value_parser = share)]
    pub(crate) threshold: Option<f64>,
    /// The table of mosaics that `diapir mosaic` writes, for the rules that need it
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) mosaics: Option<PathBuf>,
}

impl FinishArgs {
    /// In the library's terms, with the recipe's rules and threshold; masks go nowhere yet.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_finish_tiles_options>, HostError> {
        let mut options: Options<'_, diapir_finish_tiles_options> = plugin.options()?;
        if let Some(name) = &self.recipe {
            let finishing = recipe::finishing(&recipe::text(plugin, name, &self.set)?)?;
            options.set_rules(finishing.rules)?;
            options.threshold = finishing.threshold.unwrap_or(options.threshold);
        }
        options.threshold = self.threshold.unwrap_or(options.threshold);
        if let Some(mosaics) = &self.mosaics {
            options.set_mosaics(mosaics)?;
        }
        Ok(options)
    }
}

/// Predictions to make masks of, the rules, and the tiles.
#[derive(Debug, Args)]
pub(crate) struct MaskArgs {
    #[command(flatten)]
    pub(crate) finish: FinishArgs,
    /// Folders of tiles: masks there are what rules of mosaics lean on, images say which tiles are of one
    /// value
    #[arg(long, num_args = 1.., value_name = "FOLDER")]
    pub(crate) tiles: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TgsPostprocessArgs {
    #[command(flatten)]
    pub(crate) masks: MaskArgs,
    /// The folder for the masks, PNG, 255 for salt; made if needed, and without pictures
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TgsSubmitArgs {
    #[command(flatten)]
    pub(crate) masks: MaskArgs,
    /// The table id,rle_mask to write
    #[arg(long, short, value_name = "FILE.csv")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TgsReportArgs {
    #[command(flatten)]
    pub(crate) finish: FinishArgs,
    /// Folders of tiles: those with masks are judged; those without, if they are predicted too, are
    /// neighbours for the rules of mosaics
    #[arg(long, required = true, num_args = 1.., value_name = "FOLDER")]
    pub(crate) tiles: Vec<PathBuf>,
    /// The JSON file to write [default: report.json beside the predictions]
    #[arg(long, short, value_name = "FILE.json")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) parts: TilesArgs,
}
