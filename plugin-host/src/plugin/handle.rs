//! The loaded library, and what it says of itself.

use std::path::Path;

use crate::abi::{DIAPIR_FEATURE_GDAL, DIAPIR_FEATURE_TORCH};
use crate::api::{Api, HOST_ABI, dotted};
use crate::failure::HostError;
use crate::locate;

/// The loaded library; lives as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    pub(super) api: &'static Api,
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
        self.features() & DIAPIR_FEATURE_TORCH as u32 != 0
    }

    /// Whether the library writes maps.
    pub(crate) fn has_gdal(self) -> bool {
        self.features() & DIAPIR_FEATURE_GDAL as u32 != 0
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
