//! Attention over channels and places of one map: concurrent squeeze and excitation, and the gates of `kmike-27`.

use tch::Tensor;

use super::conv::{Conv, ConvShape};
use super::squeeze::SqueezeExcite;
use crate::error::Result;
use crate::model::pass::Pass;
use crate::model::spec::{Attention, Combine, Squeeze};
use crate::model::weights::Scope;

/// Weights each channel by the whole image and each place by its channels, and puts both together.
#[derive(Debug)]
pub(in crate::model) struct DualAttention {
    channel: SqueezeExcite,
    /// From channels to one weight per place; a hidden layer comes first in the gates.
    hidden: Option<Conv>,
    place: Conv,
    combine: Combine,
}

impl DualAttention {
    /// The block that `attention` asks for, if any.
    pub(in crate::model) fn new(
        scope: &Scope<'_>,
        channels: i64,
        attention: &Attention,
    ) -> Result<Option<Self>> {
        let (reduction, hidden, combine) = match *attention {
            Attention::None => return Ok(None),
            Attention::Scse { reduction, combine } => (reduction, None, combine),
            Attention::Gate { reduction, hidden } => (reduction, Some(hidden), Combine::Add),
        };
        let channel = SqueezeExcite::new(&scope.sub("channel"), channels, reduction, Squeeze::Mean)?;
        let scope = scope.sub("place");
        let conv =
            |name: &str, inputs, outputs| Conv::new(&scope.sub(name), ConvShape::new(inputs, outputs, 1));
        Ok(Some(Self {
            channel,
            hidden: hidden.map(|hidden| conv("conv1", channels, hidden)).transpose()?,
            place: conv("conv2", hidden.unwrap_or(channels), 1)?,
            combine,
        }))
    }

    /// Same shape: `x * c + x * s`, or the larger of the two products.
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let place = match &self.hidden {
            Some(hidden) => self.place.forward(&hidden.forward_relu(x, pass)?, pass)?,
            None => self.place.forward(x, pass)?,
        };
        let (channel, place) = (self.channel.weights(x, pass)?, place.f_sigmoid()?);
        Ok(match self.combine {
            // Not `x * (channel + place)`: adding one broadcast to the other is many times slower.
            Combine::Add => x.f_mul(&channel)?.f_addcmul_(x, &place)?,
            Combine::Max => x.f_mul(&channel)?.f_maximum(&x.f_mul(&place)?)?,
        })
    }
}
