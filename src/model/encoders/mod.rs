//! Encoders: an image to features at falling sizes.

mod features;
mod residual;
mod residual_se;
mod resnet;

use tch::Tensor;

pub(super) use self::features::Features;
use self::residual::ResidualEncoder;
use self::residual_se::ResidualSeEncoder;
use self::resnet::ResnetEncoder;
use super::pass::Pass;
use super::spec::EncoderSpec;
use super::weights::Scope;
use crate::error::Result;

/// One of the encoders.
#[derive(Debug)]
pub(super) enum Encoder {
    Resnet(Box<ResnetEncoder>),
    ResidualSe(ResidualSeEncoder),
    Residual(ResidualEncoder),
}

impl Encoder {
    pub(super) fn new(scope: &Scope<'_>, channels: i64, spec: &EncoderSpec) -> Result<Self> {
        Ok(match spec {
            EncoderSpec::ResidualSe(spec) => Self::ResidualSe(ResidualSeEncoder::new(scope, channels, spec)?),
            EncoderSpec::Residual(spec) => Self::Residual(ResidualEncoder::new(scope, channels, spec)?),
            _ => Self::Resnet(Box::new(ResnetEncoder::new(scope, channels, spec)?)),
        })
    }

    /// Features of (n, channels, h, w), as many as the spec lists. The first `frozen` of its stages (a
    /// ResNet's stem, then its layers) use running statistics in training too.
    pub(super) fn forward(&self, x: &Tensor, frozen: usize, pass: &Pass) -> Result<Features> {
        let fixed = Pass::predict();
        let stage = |index: usize| if index < frozen && pass.is_training() { &fixed } else { pass };
        match self {
            Self::Resnet(encoder) => encoder.forward(x, stage),
            Self::ResidualSe(encoder) => encoder.forward(x, stage),
            Self::Residual(encoder) => encoder.forward(x, stage),
        }
    }

    /// Whether the tensor `name` below the encoder belongs to one of its first `frozen` stages.
    pub(super) fn is_frozen(spec: &EncoderSpec, name: &str, frozen: usize) -> bool {
        let first = name.split('.').next().unwrap_or(name);
        let stage = match spec {
            EncoderSpec::ResidualSe(_) => first.parse().ok(),
            EncoderSpec::Residual(_) if first == "stem" => Some(0),
            EncoderSpec::Residual(_) => first.parse().ok(),
            _ => match first.strip_prefix("layer").or_else(|| first.strip_prefix("gate")) {
                Some(index) => index.parse().ok(),
                None => Some(0),
            },
        };
        stage.is_some_and(|stage: usize| stage < frozen)
    }
}
