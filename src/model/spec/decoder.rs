//! Decoders as data. Lists of sizes go from the deepest step to the one at full size.

use serde::{Deserialize, Serialize};

use super::attention::{Attention, Squeeze};
use super::check::{check_share, check_widths};
use crate::error::{Result, fail};

/// Which decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DecoderSpec {
    /// U-Net (Ronneberger, Fischer, Brox, MICCAI 2015): double, join with the skip, two convolutions.
    Unet(UnetDecoder),
    /// Join with the skip, one convolution, a learned doubling, attention (`kmike-27`).
    ConvUp(ConvUp),
    /// LinkNet (Chaurasia, Culurciello, VCIP 2017): narrow, double, widen, join with the skip (`argus-14`).
    Link(LinkDecoder),
    /// Feature pyramid (Lin et al., CVPR 2017): every feature brought to one width, the deeper ones added.
    Fpn(FpnDecoder),
    /// Narrow, enlarge, add the skip, one convolution (`survey`).
    Lean(LeanDecoder),
    /// U-Net whose blocks are residual with squeeze and excitation, for odd sizes too (`lessons-316`).
    ResidualSe(ResidualSeDecoder),
}

/// How an image doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upsampling {
    /// A transposed 2x2 convolution.
    Transposed2,
    /// A transposed 3x3 convolution.
    Transposed3,
    /// A transposed 4x4 convolution.
    Transposed4,
    /// Each pixel repeated.
    #[default]
    Nearest,
    /// Linear in both directions.
    Bilinear,
}

/// A U-Net decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnetDecoder {
    /// Channels after each step.
    pub widths: Vec<i64>,
    /// How the image doubles. A transposed convolution goes to the step's width, interpolation keeps the channels.
    #[serde(default)]
    pub upsampling: Upsampling,
    /// Attention after the convolutions.
    #[serde(default)]
    pub attention: Attention,
    /// Whether the joined maps, before the convolutions, have that attention too.
    #[serde(default = "yes")]
    pub joined_attention: bool,
    /// Gates on the skips before they are joined: attention of their own.
    #[serde(default)]
    pub skip_gate: Attention,
    /// Whether the first convolution of each step is told where it is (CoordConv).
    #[serde(default)]
    pub coordinates: bool,
    /// Share of whole channels dropped after each step in training, 0..1.
    #[serde(default)]
    pub dropout: f64,
}

/// The decoder of `kmike-27`; it does not use the stem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvUp {
    /// Per step, channels after the convolution and after the doubling.
    pub stages: Vec<[i64; 2]>,
    /// Attention after each step.
    #[serde(default)]
    pub attention: Attention,
}

/// How a map and a skip become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Their sum; both have the skip's channels.
    Add,
    /// One behind the other.
    Concat,
}

/// A LinkNet decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkDecoder {
    /// Channels after each step, before the join. With `add` those of the skip are taken where there is one.
    pub widths: Vec<i64>,
    /// How a step's result and the skip become one.
    pub join: Join,
    /// Share of the skips' whole channels dropped in training, 0..1.
    #[serde(default)]
    pub skip_dropout: f64,
}

/// A feature pyramid; it ends at the size of the largest feature that it uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FpnDecoder {
    /// Channels of every level.
    pub width: i64,
    /// Share of whole channels dropped after each level in training, 0..1.
    #[serde(default)]
    pub dropout: f64,
}

/// The decoder of few operations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeanDecoder {
    /// Channels after each step.
    pub widths: Vec<i64>,
}

fn yes() -> bool {
    true
}

/// The decoder of `lessons-316`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualSeDecoder {
    /// Channels after each step.
    pub widths: Vec<i64>,
    /// How squeeze and excitation sees the whole image.
    pub squeeze: Squeeze,
    /// Channels of squeeze and excitation are divided by this.
    pub reduction: i64,
    /// Share of whole channels dropped from the joined maps in training, 0..1; none at full size.
    #[serde(default)]
    pub dropout: f64,
}

impl DecoderSpec {
    /// Whether a ResNet's stem is joined.
    pub(super) fn takes_stem(&self) -> bool {
        !matches!(self, Self::ConvUp(_) | Self::Fpn(_))
    }

    /// Whether it goes on to full size where the encoder has no feature of it.
    pub(super) fn reaches_full_size(&self) -> bool {
        !matches!(self, Self::Fpn(_))
    }

    /// Number of maps that it gives in so many steps.
    pub(in crate::model) fn maps(&self, steps: usize) -> usize {
        steps + usize::from(matches!(self, Self::Fpn(_)))
    }

    /// Share of channels that are dropped in training.
    pub(super) fn dropout(&self) -> f64 {
        match self {
            Self::Unet(unet) => unet.dropout,
            Self::Link(link) => link.skip_dropout,
            Self::Fpn(fpn) => fpn.dropout,
            Self::ResidualSe(residual) => residual.dropout,
            Self::ConvUp(_) | Self::Lean(_) => 0.0,
        }
    }

    pub(super) fn check(&self, steps: usize) -> Result<()> {
        let (name, widths) = match self {
            Self::Unet(unet) => {
                unet.attention.check("decoder.attention")?;
                unet.skip_gate.check("decoder.skip_gate")?;
                check_share("decoder.dropout", unet.dropout)?;
                ("decoder.widths", unet.widths.clone())
            }
            Self::ConvUp(decoder) => {
                decoder.attention.check("decoder.attention")?;
                check_widths("decoder.stages", &decoder.stages.concat())?;
                ("decoder.stages", decoder.stages.iter().map(|stage| stage[1]).collect())
            }
            Self::Link(link) => {
                check_share("decoder.skip_dropout", link.skip_dropout)?;
                ("decoder.widths", link.widths.clone())
            }
            Self::Lean(lean) => ("decoder.widths", lean.widths.clone()),
            Self::Fpn(fpn) => {
                check_share("decoder.dropout", fpn.dropout)?;
                ("decoder.width", vec![fpn.width; steps])
            }
            Self::ResidualSe(decoder) => {
                if !(1..=1024).contains(&decoder.reduction) {
                    fail!(InvalidArgument, "decoder.reduction is {}, expected 1..=1024", decoder.reduction);
                }
                check_share("decoder.dropout", decoder.dropout)?;
                ("decoder.widths", decoder.widths.clone())
            }
        };
        if widths.len() != steps {
            fail!(
                InvalidArgument,
                "{name} has {} entries, this encoder needs {steps}, one per step from the deepest feature to the full size",
                widths.len()
            );
        }
        check_widths(name, &widths)
    }
}
