//! Where networks run: the CPU, or a CUDA GPU when its libraries stand beside libtorch.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use tch::{Cuda, Device};

use crate::error::{Error, ErrorKind, Result, fail};

/// The device that a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU with this index.
    Cuda(usize),
}

impl std::str::FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => match text.strip_prefix("cuda:").and_then(|index| index.parse().ok()) {
                Some(index) => Ok(Self::Cuda(index)),
                None => fail!(InvalidArgument, "device is {text:?}, expected auto, cpu, cuda or cuda:N"),
            },
        }
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl DeviceChoice {
    /// The libtorch device.
    ///
    /// # Errors
    /// `DeviceUnavailable` when the GPU that was asked for is not there, with the reason.
    pub fn resolve(self) -> Result<Device> {
        let missing = load_cuda();
        let count = usize::try_from(Cuda::device_count()).unwrap_or(0);
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto if count == 0 => Ok(Device::Cpu),
            Self::Auto => Ok(Device::Cuda(0)),
            Self::Cuda(index) if index < count => Ok(Device::Cuda(index)),
            Self::Cuda(index) => {
                let reason = missing.unwrap_or_else(|| format!("libtorch sees {count} GPUs"));
                Err(Error::new(
                    ErrorKind::DeviceUnavailable,
                    format!("device cuda:{index} is not available: {reason}"),
                ))
            }
        }
    }
}

impl DeviceChoice {
    /// The libtorch devices to predict on, at least one: for [`DeviceChoice::Auto`] every GPU.
    ///
    /// # Errors
    /// As [`DeviceChoice::resolve`].
    pub fn resolve_all(self) -> Result<Vec<Device>> {
        let first = self.resolve()?;
        let count = usize::try_from(Cuda::device_count()).unwrap_or(0);
        Ok(match (self, first) {
            (Self::Auto, Device::Cuda(_)) => (0..count).map(Device::Cuda).collect(),
            _ => vec![first],
        })
    }
}

/// The devices of this machine: "cpu", then "cuda:0" and so on.
pub fn device_names() -> Vec<String> {
    load_cuda();
    let gpus = (0..Cuda::device_count()).map(|index| format!("cuda:{index}"));
    std::iter::once("cpu".to_owned()).chain(gpus).collect()
}

/// The libtorch version that this library was built against.
pub fn libtorch_version() -> &'static str {
    "2.11.0"
}

/// Loads `libtorch_cuda` once, from the folder that libtorch itself was loaded from, so that one binary
/// serves machines with and without a GPU. Returns why there is no CUDA, if there is none.
fn load_cuda() -> Option<String> {
    static CUDA: OnceLock<Option<String>> = OnceLock::new();
    CUDA.get_or_init(|| {
        let Some(path) = cuda_library() else {
            return Some("libtorch_cuda.so does not stand beside libtorch_cpu.so".to_owned());
        };
        open_forever(&path).err().map(|error| format!("libtorch_cuda.so could not be loaded: {error}"))
    })
    .clone()
}

/// `libtorch_cuda.so` beside the `libtorch_cpu.so` of this process, if it is there.
fn cuda_library() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let loaded = maps.lines().find(|line| line.ends_with("/libtorch_cpu.so"))?;
    let cpu = PathBuf::from(&loaded[loaded.find('/')?..]);
    Some(cpu.with_file_name("libtorch_cuda.so")).filter(|path| path.exists())
}

#[allow(unsafe_code)]
fn open_forever(path: &std::path::Path) -> std::result::Result<(), libloading::Error> {
    // SAFETY: libtorch_cuda's static constructors register its kernels with the libtorch that is already
    // in the process; it is the same distribution's file and is never unloaded.
    let library = unsafe { libloading::Library::new(path) }?;
    std::mem::forget(library);
    Ok(())
}
