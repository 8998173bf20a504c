//! Networks as data: an encoder, a decoder, a fusion of the decoder's maps, heads.

mod attention;
mod check;
mod decoder;
mod encoder;
mod heads;

pub use attention::{Attention, Combine, Squeeze};
pub use decoder::{
    ConvUp, DecoderSpec, FpnDecoder, Join, LeanDecoder, LinkDecoder, ResidualSeDecoder, UnetDecoder,
    Upsampling,
};
pub(super) use encoder::ResnetPlan;
pub use encoder::{EncoderSpec, Pool, Residual, ResidualSe, Resnet, SeResnext, Stem};
pub use heads::{ClassifierSpec, FusionSpec, HeadsSpec, Hypercolumn, Pyramid};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, fail};

/// A network: what falls, what rises, how the rising maps become one, what is read from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// The network works on an image of this many times fewer rows and columns, each pixel of which holds the `fold` x `fold`
    /// pixels of the input as channels; its logits are unfolded likewise (Shi et al., CVPR 2016). 1: on the image itself.
    #[serde(default = "unfolded", skip_serializing_if = "is_unfolded")]
    pub fold: i64,
    /// An image to features at falling sizes.
    pub encoder: EncoderSpec,
    /// The features to maps at rising sizes.
    pub decoder: DecoderSpec,
    /// The decoder's maps to one at full size.
    #[serde(default)]
    pub fusion: FusionSpec,
    /// What is read from it.
    #[serde(default)]
    pub heads: HeadsSpec,
}

fn unfolded() -> i64 {
    1
}

fn is_unfolded(fold: &i64) -> bool {
    *fold == 1
}

/// One step of a decoder: where it goes, and what it meets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Whether the image doubles.
    pub doubles: bool,
    /// Input pixels per pixel after the step.
    pub stride: i64,
    /// Index of the encoder's feature that is joined, if any.
    pub skip: Option<usize>,
}

impl NetworkSpec {
    /// The steps of the decoder, deepest first: to each skip, then, where the decoder goes on, to full size.
    pub(super) fn steps(&self) -> Vec<Step> {
        let features = self.encoder.features();
        let mut stride = features.last().map_or(1, |feature| feature.stride);
        let first = usize::from(!self.decoder.takes_stem() && self.encoder.has_stem());
        let mut steps = Vec::new();
        for skip in (first..features.len().saturating_sub(1)).rev() {
            let next = features[skip].stride;
            steps.push(Step { doubles: next < stride, stride: next, skip: Some(skip) });
            stride = next;
        }
        while self.decoder.reaches_full_size() && stride > 1 {
            stride /= 2;
            steps.push(Step { doubles: true, stride, skip: None });
        }
        steps
    }

    /// Stages of the encoder that can be frozen: a ResNet's stem and its layers, the levels of another.
    pub fn encoder_stages(&self) -> usize {
        self.encoder.features().len()
    }

    /// Whether a part of the network drops channels in training.
    pub fn has_dropout(&self) -> bool {
        [self.encoder.dropout(), self.decoder.dropout(), self.fusion.dropout()]
            .iter()
            .any(|share| *share > 0.0)
    }

    /// Pixels of the input along an axis for one at the encoder's end.
    pub fn stride(&self) -> usize {
        let deepest = self.encoder.features().last().map_or(1, |feature| feature.stride);
        (deepest * self.fold).unsigned_abs() as usize
    }

    /// Refuses what cannot be built for tiles of `tile` pixels and `channels` planes.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self, tile: usize, channels: usize) -> Result<()> {
        let about =
            |error: Error| Error::new(ErrorKind::InvalidArgument, format!("network: {}", error.message()));
        self.encoder.check().map_err(about)?;
        if ![1, 2, 4].contains(&self.fold) {
            fail!(InvalidArgument, "network: fold is {}, expected 1, 2 or 4", self.fold);
        }
        if self.fold > 1 && self.heads.deep_supervision {
            fail!(InvalidArgument, "network: heads.deep_supervision does not go with fold = {}", self.fold);
        }
        let deepest = self.stride();
        if tile / deepest < 2 {
            fail!(
                InvalidArgument,
                "network: the encoder divides the image by {deepest}, which leaves less than 2 pixels of the tile's {tile}: take larger tiles or fewer levels"
            );
        }
        if !(1..=64).contains(&channels) {
            fail!(InvalidArgument, "network: {channels} input planes, expected 1..=64");
        }
        self.decoder.check(self.steps().len()).map_err(about)?;
        if matches!((&self.decoder, &self.fusion), (DecoderSpec::Fpn(_), FusionSpec::Last)) {
            fail!(
                InvalidArgument,
                "network: an fpn decoder needs a fusion of its maps: hypercolumn, side_maps or pyramid"
            );
        }
        self.fusion.check(self.decoder.maps(self.steps().len())).map_err(about)?;
        self.heads.check().map_err(about)
    }
}
