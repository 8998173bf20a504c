//! Decoders: features at falling sizes to maps at rising sizes.

mod conv_up;
mod fpn;
mod lean;
mod link;
mod residual_se;
mod unet;

use tch::Tensor;

use self::conv_up::ConvUpDecoder;
use self::fpn::FpnDecoder;
use self::lean::LeanDecoder;
use self::link::LinkDecoder;
use self::residual_se::ResidualSeDecoder;
use self::unet::UnetDecoder;
use super::describe::Field;
use super::encoders::Features;
use super::pass::Pass;
use super::spec::{DecoderSpec, NetworkSpec, Step};
use super::weights::Scope;
use crate::error::{Result, fail};

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

/// The steps of a decoder with the channels that they meet.
#[derive(Debug)]
struct Ladder {
    /// Channels of the deepest feature.
    deepest: i64,
    /// Each step with the channels of its skip, 0 without one.
    steps: Vec<(Step, i64)>,
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

impl Ladder {
    fn new(spec: &NetworkSpec) -> Result<Self> {
        let features = spec.encoder.features();
        let Some(deepest) = features.last() else {
            fail!(Internal, "the encoder has no feature");
        };
        let skip = |step: Step| (step, step.skip.map_or(0, |index| features[index].channels));
        Ok(Self { deepest: deepest.channels, steps: spec.steps().into_iter().map(skip).collect() })
    }

    /// Steps with the channels that come into each, from what each gives.
    fn with_inputs(&self, outputs: &[i64]) -> Vec<(Step, i64, i64)> {
        let inputs = std::iter::once(self.deepest).chain(outputs.iter().copied());
        self.steps.iter().zip(inputs).map(|(&(step, skip), inputs)| (step, skip, inputs)).collect()
    }
}

/// A forward pass on its way up.
struct Climb<'a> {
    features: &'a Features,
    size: [i64; 2],
    pass: &'a Pass,
    /// Where it stands, and what a pixel there sees.
    x: Tensor,
    field: Field,
    maps: Features,
}

impl<'a> Climb<'a> {
    fn new(features: &'a Features, size: [i64; 2], pass: &'a Pass) -> Result<Self> {
        let (Some(x), Some(&field)) = (features.maps.last(), features.fields.last()) else {
            fail!(Internal, "the decoder was given no features");
        };
        Ok(Self { features, size, pass, x: x.shallow_clone(), field, maps: Features::default() })
    }

    /// The skip of a step with its field.
    fn skip(&self, step: Step) -> Option<(&'a Tensor, Field)> {
        let index = step.skip?;
        Some((self.features.maps.get(index)?, *self.features.fields.get(index)?))
    }

    /// Rows and columns after a step: the skip's, or, without one, those of the input divided by the stride, rounded up.
    fn target(&self, step: Step) -> Result<[i64; 2]> {
        match self.skip(step) {
            Some((skip, _)) => super::blocks::size_of(skip),
            None => Ok(self.size.map(|length| (length + step.stride - 1) / step.stride)),
        }
    }

    /// Ends a step with the map `x`.
    fn arrive(&mut self, x: Tensor, field: Field) -> Result<()> {
        if let Some(recorder) = self.pass.recorder() {
            recorder.stage(format!("decoder.{}", self.maps.maps.len()), &x, field)?;
        }
        self.maps.push(&x, field);
        self.x = x;
        self.field = field;
        Ok(())
    }
}
