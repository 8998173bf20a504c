//! Values that options take.

use std::str::FromStr;

use clap::ValueEnum;

use crate::abi;

/// A `diapir_byte_order`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ByteOrder {
    Auto = abi::DIAPIR_BYTE_ORDER_AUTO as isize,
    Big = abi::DIAPIR_BYTE_ORDER_BIG as isize,
    Little = abi::DIAPIR_BYTE_ORDER_LITTLE as isize,
    PairSwapped = abi::DIAPIR_BYTE_ORDER_PAIR_SWAPPED as isize,
}

/// A `diapir_duplicates`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Duplicates {
    Refuse = abi::DIAPIR_DUPLICATES_REFUSE as isize,
    First = abi::DIAPIR_DUPLICATES_FIRST as isize,
    Last = abi::DIAPIR_DUPLICATES_LAST as isize,
}

/// A `diapir_sample_unit`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SampleUnit {
    Auto = abi::DIAPIR_SAMPLE_UNIT_AUTO as isize,
    Milliseconds = abi::DIAPIR_SAMPLE_UNIT_MILLISECONDS as isize,
    Metres = abi::DIAPIR_SAMPLE_UNIT_METRES as isize,
    Feet = abi::DIAPIR_SAMPLE_UNIT_FEET as isize,
}

/// A `diapir_direction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    Inline = abi::DIAPIR_DIRECTION_INLINE as isize,
    Crossline = abi::DIAPIR_DIRECTION_CROSSLINE as isize,
}

/// A SEG-Y sample format code.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SampleFormat {
    /// 4-byte IBM float
    Ibm = 1,
    /// 4-byte IEEE float
    Ieee = 5,
    /// 2-byte integer, the probability times 32767
    Int16 = 3,
    /// 1-byte integer, the probability times 127
    Int8 = 8,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Precision {
    Auto,
    Float32,
    Bfloat16,
    /// On a GPU only
    Float16,
}

impl Precision {
    /// The library's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Float32 => "float32",
            Self::Bfloat16 => "bfloat16",
            Self::Float16 => "float16",
        }
    }
}

/// Which tensors of a network are meant.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WeightsPart {
    /// Those of the encoder, as classifiers trained on ImageNet have them
    Encoder = abi::DIAPIR_WEIGHTS_PART_ENCODER as isize,
    /// All
    Network = abi::DIAPIR_WEIGHTS_PART_NETWORK as isize,
}

/// Whose names exported tensors get.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WeightsNames {
    /// torchvision's ResNets, timm's resnet50, seresnext50_32x4d and the like
    Torchvision = abi::DIAPIR_WEIGHTS_NAMES_TORCHVISION as isize,
    /// Cadene's pretrained-models, timm's legacy_seresnext50_32x4d and the like
    Cadene = abi::DIAPIR_WEIGHTS_NAMES_CADENE as isize,
}

/// The size of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Size {
    pub(crate) inlines: i64,
    pub(crate) crosslines: i64,
    pub(crate) samples: i64,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let counts: Result<Vec<i64>, _> = text.split(['x', 'X']).map(str::parse).collect();
        match counts.as_deref() {
            Ok(&[inlines, crosslines, samples]) if inlines > 0 && crosslines > 0 && samples > 0 => {
                Ok(Self { inlines, crosslines, samples })
            }
            _ => Err("expected inlines x crosslines x samples, such as 120x120x350".to_owned()),
        }
    }
}

/// A number greater than 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number greater than 0".to_owned()),
    }
}

/// A probability or a share.
///
/// # Errors
/// Outside 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!("3x4x5".parse(), Ok(Size { inlines: 3, crosslines: 4, samples: 5 }));
        for wrong in ["3x4", "3x4x0", "3x-4x5", "axbxc", "3x4x5x6", ""] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
