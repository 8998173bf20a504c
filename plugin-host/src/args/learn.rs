//! Trainings on the command line.

use std::path::PathBuf;

use clap::Args;

use super::{ReadArgs, TilesArgs};
use crate::abi::{diapir_model_options, diapir_train_options};
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::recipe;
use crate::values::{Precision, positive};

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

impl DeviceArgs {
    /// Where a model runs; without `batch` as many tiles at a time as the library takes.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
        batch: Option<i32>,
    ) -> Result<Options<'static, diapir_model_options>, HostError> {
        let mut options: Options<'_, diapir_model_options> = plugin.options()?;
        options.set_device(&self.device)?;
        options.set_precision(self.precision.name())?;
        options.batch = batch.unwrap_or(options.batch);
        Ok(options)
    }

    /// How a recipe is trained here.
    pub(crate) fn train_options<'a>(
        &self,
        plugin: Plugin,
        recipe: &str,
    ) -> Result<Options<'a, diapir_train_options>, HostError> {
        let mut options: Options<'_, diapir_train_options> = plugin.options()?;
        options.set_recipe(recipe)?;
        options.set_device(&self.device)?;
        options.set_precision(self.precision.name())?;
        Ok(options)
    }
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

impl LearnArgs {
    /// In the library's terms, with the recipe resolved.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_train_options>, HostError> {
        let recipe = recipe::text(plugin, &self.recipe, &self.set)?;
        let mut options = self.device.train_options(plugin, &recipe)?;
        options.resume = self.resume.into();
        if let Some(initial) = &self.initial {
            options.set_initial_model(initial)?;
        }
        Ok(options)
    }
}
