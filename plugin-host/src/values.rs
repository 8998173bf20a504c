//! Values that options take.

use std::str::FromStr;

use clap::ValueEnum;

/// A `diapir_byte_order`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ByteOrder {
    Auto = 0,
    Big = 1,
    Little = 2,
    PairSwapped = 3,
}

/// A `diapir_duplicates`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Duplicates {
    Refuse = 0,
    First = 1,
    Last = 2,
}

/// A `diapir_sample_unit`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SampleUnit {
    Auto = 0,
    Milliseconds = 1,
    Metres = 2,
    Feet = 3,
}

/// A `diapir_direction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    Inline = 0,
    Crossline = 1,
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

/// Which tensors of a network are meant; the numbers are the library's.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WeightsPart {
    /// Those of the encoder, as classifiers trained on ImageNet have them
    Encoder = 0,
    /// All
    Network = 1,
}

/// Whose names exported tensors get; the numbers are the library's.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WeightsNames {
    /// torchvision's ResNets, timm's resnet50, seresnext50_32x4d and the like
    Torchvision = 0,
    /// Cadene's pretrained-models, timm's legacy_seresnext50_32x4d and the like
    Cadene = 1,
}

/// Inlines, crosslines and samples of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) [i64; 3]);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let counts: Result<Vec<i64>, _> = text.split(['x', 'X']).map(str::parse).collect();
        match counts.as_deref() {
            Ok(&[inlines, crosslines, samples]) if inlines > 0 && crosslines > 0 && samples > 0 => {
                Ok(Self([inlines, crosslines, samples]))
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

/// A probability. 0 means "default" in the library's options, so it cannot be asked for.
pub(crate) fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err("expected a probability greater than 0, at most 1".to_owned()),
    }
}

/// A threshold on probabilities.
///
/// # Errors
/// Outside 0 to 1.
pub(crate) fn threshold(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("expected a probability from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!("3x4x5".parse(), Ok(Size([3, 4, 5])));
        for wrong in ["3x4", "3x4x0", "3x-4x5", "axbxc", "3x4x5x6", ""] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
