//! The number format that networks compute in. Weights, losses and statistics stay float32.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

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
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "float32" => Ok(Self::Float32),
            "bfloat16" => Ok(Self::Bfloat16),
            _ => fail!(InvalidArgument, "precision is {text:?}, expected auto, float32 or bfloat16"),
        }
    }
}

impl Precision {
    /// The libtorch kind that the network's input gets on this device.
    pub fn kind(self, device: Device) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Bfloat16 => Kind::BFloat16,
            Self::Auto if device != Device::Cpu || cpu_has_bfloat16() => Kind::BFloat16,
            Self::Auto => Kind::Float,
        }
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
