//! Decoders: features at falling sizes to maps at rising sizes.

mod climb;
mod conv_up;
mod fpn;
mod ladder;
mod lean;
mod link;
mod residual_se;
mod unet;

use self::climb::Climb;
use self::conv_up::ConvUpDecoder;
use self::fpn::FpnDecoder;
use self::ladder::Ladder;
use self::lean::LeanDecoder;
use self::link::LinkDecoder;
use self::residual_se::ResidualSeDecoder;
use self::unet::UnetDecoder;
use super::encoders::Features;
use super::pass::Pass;
use super::spec::{DecoderSpec, NetworkSpec};
use super::weights::Scope;
use crate::error::Result;

/// One of the decoders.
#[derive(Debug)]
pub(super) enum Decoder {
    Unet(UnetDecoder),
    ConvUp(ConvUpDecoder),
    Link(LinkDecoder),
    Fpn(FpnDecoder),
    ResidualSe(ResidualSeDecoder),
    Lean(LeanDecoder),
}

/// A map of the decoder with its channels and the input pixels per pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct MapShape {
    pub channels: i64,
    pub stride: i64,
}

impl Decoder {
    /// The decoder and the shapes of its maps, deepest first.
    pub(super) fn new(scope: &Scope<'_>, spec: &NetworkSpec) -> Result<(Self, Vec<MapShape>)> {
        let ladder = Ladder::new(spec)?;
        let maps = |channels: Vec<i64>| {
            let steps = ladder.steps.iter().zip(channels);
            steps.map(|((step, _), channels)| MapShape { channels, stride: step.stride }).collect()
        };
        Ok(match &spec.decoder {
            DecoderSpec::Unet(unet) => {
                (Self::Unet(UnetDecoder::new(scope, &ladder, unet)?), maps(unet.widths.clone()))
            }
            DecoderSpec::ConvUp(decoder) => {
                let channels = decoder.stages.iter().map(|stage| stage[1]).collect();
                (Self::ConvUp(ConvUpDecoder::new(scope, &ladder, decoder)?), maps(channels))
            }
            DecoderSpec::Link(link) => {
                let decoder = LinkDecoder::new(scope, &ladder, link)?;
                let channels = decoder.channels();
                (Self::Link(decoder), maps(channels))
            }
            DecoderSpec::Fpn(fpn) => {
                let deepest = spec.encoder.features().last().map_or(1, |feature| feature.stride);
                let deepest = MapShape { channels: fpn.width, stride: deepest };
                let mut shapes = vec![deepest];
                shapes.extend::<Vec<MapShape>>(maps(vec![fpn.width; ladder.steps.len()]));
                (Self::Fpn(FpnDecoder::new(scope, &ladder, fpn)?), shapes)
            }
            DecoderSpec::Lean(lean) => {
                (Self::Lean(LeanDecoder::new(scope, &ladder, lean)?), maps(lean.widths.clone()))
            }
            DecoderSpec::ResidualSe(decoder) => (
                Self::ResidualSe(ResidualSeDecoder::new(scope, &ladder, decoder)?),
                maps(decoder.widths.clone()),
            ),
        })
    }

    /// The maps, deepest first; `size` is the input's.
    pub(super) fn forward(&self, features: &Features, size: [i64; 2], pass: &Pass) -> Result<Features> {
        let mut climb = Climb::new(features, size, pass)?;
        match self {
            Self::Unet(decoder) => decoder.forward(&mut climb)?,
            Self::ConvUp(decoder) => decoder.forward(&mut climb)?,
            Self::Link(decoder) => decoder.forward(&mut climb)?,
            Self::Fpn(decoder) => decoder.forward(&mut climb)?,
            Self::ResidualSe(decoder) => decoder.forward(&mut climb)?,
            Self::Lean(decoder) => decoder.forward(&mut climb)?,
        }
        Ok(climb.maps)
    }
}
