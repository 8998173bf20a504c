//! EfficientNet-Lite as data.

use serde::{Deserialize, Serialize};

use super::encoder::Feature;
use crate::error::{Result, fail};

/// EfficientNet-Lite (TensorFlow's `efficientnet/lite`): EfficientNet (Tan, Le, ICML 2019) without squeeze and excitation, ReLU6
/// for swish, stem and last stage of one size in all variants. Its 1x1 convolution to 1280 channels is the classifier's, not the encoder's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EfficientnetLite {
    /// 0, 1 or 2, for Lite0 to Lite2.
    pub variant: i64,
}

/// One stage: blocks that share their sizes. The first of them changes the resolution and the channels.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct LiteStage {
    pub blocks: usize,
    /// Rows and columns of the depthwise kernel.
    pub size: i64,
    pub stride: i64,
    /// Channels of the depthwise convolution for one that comes in.
    pub expand: i64,
    pub channels: i64,
}

impl EfficientnetLite {
    /// Channels of the stem, which halves the image.
    pub(in crate::model) const STEM: i64 = 32;

    /// Its stages, first to last.
    pub(in crate::model) fn stages(&self) -> [LiteStage; 7] {
        // Depth multipliers 1.0, 1.1 and 1.2, rounded up; width multipliers 1.0, 1.0 and 1.1, rounded to multiples of 8.
        let blocks = if self.variant == 0 { [1, 2, 2, 3, 3, 4, 1] } else { [1, 3, 3, 4, 4, 5, 1] };
        let channels = match self.variant {
            0 | 1 => [16, 24, 40, 80, 112, 192, 320],
            _ => [16, 24, 48, 88, 120, 208, 352],
        };
        let sizes = [3, 3, 5, 3, 5, 5, 3];
        let strides = [1, 2, 2, 2, 1, 2, 1];
        std::array::from_fn(|stage| LiteStage {
            blocks: blocks[stage],
            size: sizes[stage],
            stride: strides[stage],
            expand: if stage == 0 { 1 } else { 6 },
            channels: channels[stage],
        })
    }

    /// Whether the map after a stage is a feature: the last of its resolution.
    pub(in crate::model) fn is_feature(stages: &[LiteStage], stage: usize) -> bool {
        stages.get(stage + 1).is_none_or(|next| next.stride == 2)
    }

    /// Which feature a stage leads to, 0 for the largest: what is frozen together.
    pub(in crate::model) fn feature_of(&self, stage: usize) -> usize {
        let stages = self.stages();
        (0..stage.min(stages.len())).filter(|&before| Self::is_feature(&stages, before)).count()
    }

    /// The last map of each resolution, largest first: five, from half of the image's size on.
    pub(super) fn features(&self) -> Vec<Feature> {
        let stages = self.stages();
        let mut stride = 2;
        let mut features = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            stride *= stage.stride;
            if Self::is_feature(&stages, index) {
                features.push(Feature { channels: stage.channels, stride });
            }
        }
        features
    }

    pub(super) fn check(&self) -> Result<()> {
        if ![0, 1, 2].contains(&self.variant) {
            fail!(InvalidArgument, "encoder.variant is {}, expected 0, 1 or 2", self.variant);
        }
        Ok(())
    }
}
