//! Models on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::abi::diapir_weights_options;
use crate::failure::HostError;
use crate::plugin::{Options, Plugin};
use crate::recipe;
use crate::values::{WeightsNames, WeightsPart};

#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// List the models that the library carries
    List,
    /// Show network, input contract, training, and a table of the network's stages
    Info(ModelInfoArgs),
    /// Make a model to start a training from, with weights from a safetensors or PyTorch (.pth) file
    Import(ModelImportArgs),
    /// Write a model's weights as safetensors with names that PyTorch software knows
    Export(ModelExportArgs),
    /// Write a model file anew, its kernels rounded to float16: half the size
    Halve(ModelHalveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ModelInfoArgs {
    /// The model: a file, or the name of a built-in one [default: the built-in model for surveys]
    pub(crate) model: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ModelHalveArgs {
    /// The model file
    pub(crate) model: PathBuf,
    /// The model file to write
    #[arg(long, short, value_name = "MODEL", required = true)]
    pub(crate) output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
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

impl ModelImportArgs {
    /// In the library's terms, with the recipe resolved.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_weights_options>, HostError> {
        let mut options: Options<'_, diapir_weights_options> = plugin.options()?;
        options.set_recipe(recipe::text(plugin, &self.recipe, &self.set)?)?;
        options.part = self.part as i32;
        options.partial = self.partial.into();
        Ok(options)
    }
}

impl ModelExportArgs {
    /// In the library's terms.
    pub(crate) fn options(
        &self,
        plugin: Plugin,
    ) -> Result<Options<'static, diapir_weights_options>, HostError> {
        let mut options: Options<'_, diapir_weights_options> = plugin.options()?;
        options.part = self.part as i32;
        options.names = self.names as i32;
        Ok(options)
    }
}
