//! Encoders as data.

use serde::{Deserialize, Serialize};

use super::attention::{Attention, Squeeze};
use super::check::{check_share, check_widths};
use crate::error::{Result, fail};

/// Which encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EncoderSpec {
    /// ResNet (He, Zhang, Ren, Sun, CVPR 2016), as torchvision builds it.
    Resnet(Resnet),
    /// SE-ResNeXt 32x4d (Hu, Shen, Sun, CVPR 2018), as timm builds it.
    SeResnext(SeResnext),
    /// Residual levels of any widths (`survey`).
    Residual(Residual),
    /// The plain residual squeeze-and-excitation encoder that works at odd sizes (`lessons-316`).
    ResidualSe(ResidualSe),
}

/// A ResNet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resnet {
    /// Layers: 18, 34, 50, 101 or 152.
    pub depth: i64,
    /// What comes before the four layers.
    #[serde(default)]
    pub stem: Stem,
}

/// A squeeze-and-excitation ResNeXt with 32 groups of 4 channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeResnext {
    /// Layers: 50 or 101.
    pub depth: i64,
    /// What comes before the four layers.
    #[serde(default)]
    pub stem: Stem,
}

/// The 7x7 convolution with 64 outputs that ResNets begin with, and what follows each layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stem {
    /// Stride of the convolution: 2, or 1 to keep the resolution.
    pub stride: i64,
    /// The pooling after it.
    pub pool: Pool,
    /// Attention after the stem and after each layer, where the next layer sees it (`kmike-27`).
    pub attention: Attention,
}

impl Default for Stem {
    fn default() -> Self {
        Self { stride: 2, pool: Pool::Max3, attention: Attention::None }
    }
}

/// The pooling of a ResNet's stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    /// None: the first layer keeps the stem's resolution.
    None,
    /// Maximum over 2x2, stride 2.
    Max2,
    /// Maximum over 3x3, stride 2, padded by 1 (torchvision, timm).
    Max3,
    /// Maximum over 3x3, stride 2, not padded, a partial window at the end counts (Cadene's networks).
    Max3Ceil,
}

/// Sizes of the residual squeeze-and-excitation encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualSe {
    /// Channels at full size; they double at each level. The published system has 32.
    pub width: i64,
    /// Levels, the full size included. The published system has 5: 101, 50, 25, 12, 6.
    pub levels: i64,
    /// How squeeze and excitation sees the whole image.
    pub squeeze: Squeeze,
    /// Channels of squeeze and excitation are divided by this. The published system has 16.
    pub reduction: i64,
    /// Share of whole channels dropped after each pooling in training, 0..1; half of it after the first. The published system has 0.5.
    #[serde(default)]
    pub dropout: f64,
}

/// Sizes of the residual encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// Channels at each level; the first has the image's size, each other half of the one before.
    pub widths: Vec<i64>,
    /// Residual blocks (ResNet's basic ones) of each level.
    pub blocks: Vec<i64>,
}

/// What an encoder gives at one of its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Feature {
    pub channels: i64,
    /// Input pixels per pixel.
    pub stride: i64,
}

/// The numbers behind a ResNet's name.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct ResnetPlan {
    /// Blocks of each layer.
    pub blocks: [i64; 4],
    /// 1x1, 3x3, 1x1 convolutions instead of 3x3, 3x3.
    pub bottleneck: bool,
    /// Groups of the bottleneck's 3x3 convolution.
    pub groups: i64,
    /// Whether blocks have squeeze and excitation.
    pub excite: bool,
}

impl ResnetPlan {
    /// Of layer 0 to 3, channels between the convolutions of a block, and after it.
    pub(in crate::model) fn channels(&self, layer: usize) -> (i64, i64) {
        let planes = 64 << layer;
        match (self.bottleneck, self.groups) {
            (false, _) => (planes, planes),
            (true, 1) => (planes, 4 * planes),
            (true, _) => (2 * planes, 4 * planes),
        }
    }
}

impl EncoderSpec {
    /// The plan and the stem of a ResNet, `None` for other encoders.
    pub(in crate::model) fn resnet(&self) -> Option<(ResnetPlan, &Stem)> {
        let (depth, excite, stem) = match self {
            Self::Resnet(resnet) => (resnet.depth, false, &resnet.stem),
            Self::SeResnext(resnext) => (resnext.depth, true, &resnext.stem),
            Self::Residual(_) | Self::ResidualSe(_) => return None,
        };
        let blocks = match depth {
            18 => [2, 2, 2, 2],
            34 | 50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            _ => [3, 8, 36, 3],
        };
        let groups = if excite { 32 } else { 1 };
        Some((ResnetPlan { blocks, bottleneck: depth >= 50, groups, excite }, stem))
    }

    /// Whether the first feature is a ResNet's stem, before its pooling.
    pub(in crate::model) fn has_stem(&self) -> bool {
        self.resnet().is_some()
    }

    /// Its features, largest first.
    pub(in crate::model) fn features(&self) -> Vec<Feature> {
        if let Self::ResidualSe(spec) = self {
            let level = |level: i64| Feature { channels: spec.width << level, stride: 1i64 << level };
            return (0..spec.levels.clamp(0, 16)).map(level).collect();
        }
        if let Self::Residual(spec) = self {
            let level = |(level, &channels): (usize, &i64)| Feature { channels, stride: 1 << level.min(16) };
            return spec.widths.iter().enumerate().map(level).collect();
        }
        let Some((plan, stem)) = self.resnet() else { return Vec::new() };
        let pooled = stem.stride * if stem.pool == Pool::None { 1 } else { 2 };
        let layer = |layer: usize| Feature { channels: plan.channels(layer).1, stride: pooled << layer };
        std::iter::once(Feature { channels: 64, stride: stem.stride }).chain((0..4).map(layer)).collect()
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Resnet(Resnet { depth, stem }) => {
                if ![18, 34, 50, 101, 152].contains(depth) {
                    fail!(InvalidArgument, "encoder.depth is {depth}, expected 18, 34, 50, 101 or 152");
                }
                stem.check()
            }
            Self::SeResnext(SeResnext { depth, stem }) => {
                if ![50, 101].contains(depth) {
                    fail!(InvalidArgument, "encoder.depth is {depth}, expected 50 or 101");
                }
                stem.check()
            }
            Self::Residual(spec) => spec.check(),
            Self::ResidualSe(spec) => spec.check(),
        }
    }

    /// Share of channels that are dropped in training.
    pub(super) fn dropout(&self) -> f64 {
        match self {
            Self::ResidualSe(spec) => spec.dropout,
            Self::Resnet(_) | Self::SeResnext(_) | Self::Residual(_) => 0.0,
        }
    }
}

impl Stem {
    fn check(&self) -> Result<()> {
        if ![1, 2].contains(&self.stride) {
            fail!(InvalidArgument, "encoder.stem.stride is {}, expected 1 or 2", self.stride);
        }
        self.attention.check("encoder.stem.attention")
    }
}

impl Residual {
    fn check(&self) -> Result<()> {
        if !(2..=8).contains(&self.widths.len()) {
            fail!(InvalidArgument, "encoder.widths has {} levels, expected 2..=8", self.widths.len());
        }
        if self.blocks.len() != self.widths.len() || self.blocks.iter().any(|count| !(1..=32).contains(count))
        {
            fail!(
                InvalidArgument,
                "encoder.blocks is {:?}, expected {} numbers of 1..=32, one per level",
                self.blocks,
                self.widths.len()
            );
        }
        check_widths("encoder.widths", &self.widths)
    }
}

impl ResidualSe {
    fn check(&self) -> Result<()> {
        if !(2..=8).contains(&self.levels) {
            fail!(InvalidArgument, "encoder.levels is {}, expected 2..=8", self.levels);
        }
        if !(1..=1024).contains(&self.reduction) {
            fail!(InvalidArgument, "encoder.reduction is {}, expected 1..=1024", self.reduction);
        }
        if !(1..=512).contains(&self.width) {
            fail!(InvalidArgument, "encoder.width is {}, expected 1..=512", self.width);
        }
        check_share("encoder.dropout", self.dropout)?;
        check_widths("encoder", &[self.width << (self.levels - 1)])
    }
}
