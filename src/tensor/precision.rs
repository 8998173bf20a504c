//! The number format that networks compute in. Weights, losses and statistics stay float32.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

use super::device::DeviceChoice;
use crate::error::{Error, Result, fail};

/// The precision that a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// bfloat16 where the device computes it in hardware, else float32.
    #[default]
    Auto,
    /// 32-bit IEEE.
    Float32,
    /// 16 bits with the exponent range of float32 and 8 bits of mantissa.
    Bfloat16,
    /// 16-bit IEEE: 11 bits of mantissa, up to 65504; on a GPU only.
    Float16,
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "float32" => Ok(Self::Float32),
            "bfloat16" => Ok(Self::Bfloat16),
            "float16" => Ok(Self::Float16),
            _ => fail!(InvalidArgument, "precision is {text:?}, expected auto, float32, bfloat16 or float16"),
        }
    }
}

impl Precision {
    /// The libtorch kind that the network's input gets on this device.
    ///
    /// # Errors
    /// `InvalidArgument` for float16 on a CPU, which has no fast convolutions in it.
    pub fn kind(self, device: Device) -> Result<Kind> {
        Ok(match self {
            Self::Float32 => Kind::Float,
            Self::Bfloat16 => Kind::BFloat16,
            Self::Float16 if device == Device::Cpu => {
                fail!(
                    InvalidArgument,
                    "precision float16 needs a GPU; on a CPU take bfloat16, float32 or auto"
                )
            }
            Self::Float16 => Kind::Half,
            Self::Auto if device != Device::Cpu || cpu_has_bfloat16() => Kind::BFloat16,
            Self::Auto => Kind::Float,
        })
    }
}

/// The name of a kind that networks compute in.
pub fn precision_name(kind: Kind) -> &'static str {
    match kind {
        Kind::BFloat16 => "bfloat16",
        Kind::Half => "float16",
        _ => "float32",
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_bfloat16() -> bool {
    std::arch::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_bfloat16() -> bool {
    false
}

/// What a host may ask of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// "cpu" or "cuda:N".
    pub name: String,
    /// Precisions that networks can run in there, the first that "auto" takes.
    pub precisions: Vec<&'static str>,
}

impl DeviceInfo {
    /// Of this device.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn of(choice: DeviceChoice) -> Result<Self> {
        let device = choice.resolve()?;
        let auto = precision_name(Precision::Auto.kind(device)?);
        let all = [Precision::Float32, Precision::Bfloat16, Precision::Float16];
        let others = all.into_iter().filter_map(|precision| precision.kind(device).ok()).map(precision_name);
        let precisions = std::iter::once(auto).chain(others.filter(|name| *name != auto)).collect();
        Ok(Self { name: choice.to_string(), precisions })
    }
}
