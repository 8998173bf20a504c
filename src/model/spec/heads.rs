//! Fusions and heads as data.

use serde::{Deserialize, Serialize};

use super::check::{check_share, check_widths};
use crate::error::{Result, fail};

/// How the decoder's maps become one at full size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FusionSpec {
    /// Only the last counts.
    #[default]
    Last,
    /// Each map narrowed and enlarged to full size, all behind each other, one convolution (Hariharan et al., CVPR 2015).
    Hypercolumn(Hypercolumn),
    /// Each map brought to one channel at full size, all behind each other (`kmike-27`).
    SideMaps,
    /// Two convolutions per map, enlarged to full size, all behind each other, one convolution (`argus-14`).
    Pyramid(Pyramid),
}

/// Sizes of a hypercolumn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hypercolumn {
    /// Channels that each map is narrowed to.
    pub width: i64,
    /// Channels after the last convolution.
    pub out: i64,
    /// Share of whole channels dropped before it in training, 0..1.
    #[serde(default)]
    pub dropout: f64,
}

/// Sizes of the pyramid of `argus-14`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pyramid {
    /// Channels that each of the decoder's maps is brought to, deepest first.
    pub widths: Vec<i64>,
    /// Channels after the last convolution.
    pub out: i64,
    /// Share of whole channels dropped before it in training, 0..1.
    #[serde(default)]
    pub dropout: f64,
}

/// What is read from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadsSpec {
    /// Side of the convolution that gives the mask's logits: 1 or 3.
    pub mask_kernel: i64,
    /// Whether the tile has any salt, read from the deepest feature.
    pub classifier: Option<ClassifierSpec>,
    /// A logit map from each of the decoder's maps too, for losses at every scale.
    pub deep_supervision: bool,
}

impl Default for HeadsSpec {
    fn default() -> Self {
        Self { mask_kernel: 1, classifier: None, deep_supervision: false }
    }
}

/// Global mean of the deepest feature, then fully connected layers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassifierSpec {
    /// Values after each hidden layer; none in `argus-14`.
    pub hidden: Vec<i64>,
}

impl FusionSpec {
    /// Share of channels that are dropped in training.
    pub(super) fn dropout(&self) -> f64 {
        match self {
            Self::Hypercolumn(spec) => spec.dropout,
            Self::Pyramid(spec) => spec.dropout,
            Self::Last | Self::SideMaps => 0.0,
        }
    }

    pub(super) fn check(&self, maps: usize) -> Result<()> {
        match self {
            Self::Last | Self::SideMaps => Ok(()),
            Self::Hypercolumn(spec) => {
                check_share("fusion.dropout", spec.dropout)?;
                check_widths("fusion", &[spec.width, spec.out])
            }
            Self::Pyramid(spec) => {
                if spec.widths.len() != maps {
                    fail!(
                        InvalidArgument,
                        "fusion.widths has {} entries, the decoder gives {maps} maps",
                        spec.widths.len()
                    );
                }
                check_share("fusion.dropout", spec.dropout)?;
                check_widths("fusion.widths", &[spec.widths.as_slice(), &[spec.out]].concat())
            }
        }
    }
}

impl HeadsSpec {
    pub(super) fn check(&self) -> Result<()> {
        if ![1, 3].contains(&self.mask_kernel) {
            fail!(InvalidArgument, "heads.mask_kernel is {}, expected 1 or 3", self.mask_kernel);
        }
        let hidden = self.classifier.iter().flat_map(|classifier| &classifier.hidden);
        check_widths("heads.classifier.hidden", &hidden.copied().collect::<Vec<_>>())
    }
}
