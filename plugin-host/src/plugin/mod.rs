//! Safe owners over the function table. Nothing outside this folder and `api` touches a pointer.
//!
//! [`Plugin`] is the loaded library; [`Survey`] and [`Model`] end their handles when dropped. Each call turns
//! the library's error object into a [`HostError`](crate::failure::HostError).

mod call;
mod listener;
mod model;
mod mosaic;
mod results;
mod survey;
mod synth;
mod tile_predictions;
mod tileset;
mod train;
mod weights;

use std::path::Path;

pub(crate) use listener::{Level, Listener};
pub(crate) use model::{BUILTIN, Model, ModelChoice, PredictChoice, SectionInput};
pub(crate) use mosaic::MosaicChoice;
pub(crate) use results::{MapChoice, PictureChoice};
pub(crate) use survey::{Survey, SurveyChoice};
pub(crate) use synth::SynthChoice;
pub(crate) use tile_predictions::{FinishChoice, TilePredictChoice};
pub(crate) use tileset::{Tileset, TilesetChoice};
pub(crate) use train::{TrainChoice, TrainingData};
pub(crate) use weights::WeightsChoice;

use crate::abi::{FEATURE_GDAL, FEATURE_TORCH};
use crate::api::{Api, HOST_ABI, dotted};
use crate::failure::HostError;
use crate::locate;

/// Lets libtorch's threads sleep while they wait for each other, unless the environment says otherwise.
///
/// The OpenMP runtime's default is to spin. Alone on the machine that is a little faster, beside any other load many
/// times slower, because the waiting thread keeps the working one from its core.
#[allow(unsafe_code, reason = "setting an environment variable is unsafe")]
pub(crate) fn wait_passively() {
    let told = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"].iter().any(|name| std::env::var_os(name).is_some());
    if !told {
        // SAFETY: main calls this first, there is no other thread that could read the environment.
        unsafe { std::env::set_var("OMP_WAIT_POLICY", "PASSIVE") };
    }
}

/// The loaded library; lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    api: &'static Api,
    path: &'static Path,
}

/// A device that networks can run on.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Device {
    pub(crate) name: String,
    /// The first is what "auto" takes.
    pub(crate) precisions: Vec<String>,
}

/// What the library says of itself.
#[derive(serde::Serialize)]
pub(crate) struct Description {
    pub(crate) library: String,
    pub(crate) version: String,
    pub(crate) abi: String,
    pub(crate) host_abi: String,
    pub(crate) libtorch: Option<String>,
    pub(crate) gdal: Option<String>,
    pub(crate) devices: Vec<Device>,
    pub(crate) recipes: Vec<String>,
}

impl Plugin {
    /// Finds and loads the library.
    ///
    /// # Errors
    /// When there is none that this host can use.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, HostError> {
        let (api, path) = locate::load(named)?;
        Ok(Self { api: Box::leak(Box::new(api)), path: Box::leak(path.into_boxed_path()) })
    }

    /// Whether the library trains and predicts.
    pub(crate) fn has_torch(self) -> bool {
        self.features() & FEATURE_TORCH != 0
    }

    /// Whether the library writes maps.
    pub(crate) fn has_gdal(self) -> bool {
        self.features() & FEATURE_GDAL != 0
    }

    /// Versions, features, devices and recipes.
    ///
    /// # Errors
    /// What the library reports.
    pub(crate) fn describe(self) -> Result<Description, HostError> {
        let torch = self.has_torch();
        Ok(Description {
            library: self.path.display().to_string(),
            version: self.version(),
            abi: dotted(self.abi_version()),
            host_abi: dotted(HOST_ABI),
            libtorch: torch.then(|| self.libtorch_version()),
            gdal: self.has_gdal().then(|| self.gdal_version()),
            devices: if torch { self.devices()? } else { Vec::new() },
            recipes: if torch { self.recipe_names()? } else { Vec::new() },
        })
    }
}
