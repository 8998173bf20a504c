//! Squeeze and excitation (Hu, Shen, Sun, CVPR 2018): each channel weighted by what the whole image shows.

use tch::{Kind, Tensor};

use super::conv::{Conv, ConvShape};
use super::upsample::size_of;
use crate::error::Result;
use crate::model::pass::Pass;
use crate::model::spec::Squeeze;
use crate::model::weights::Scope;

/// `sigmoid(expand(relu(reduce(pool(x)))))`, one weight per image and channel.
#[derive(Debug)]
pub(in crate::model) struct SqueezeExcite {
    squeeze: Squeeze,
    reduce: Conv,
    expand: Conv,
}

impl SqueezeExcite {
    pub(in crate::model) fn new(
        scope: &Scope<'_>,
        channels: i64,
        reduction: i64,
        squeeze: Squeeze,
    ) -> Result<Self> {
        let inner = (channels / reduction).max(1);
        Ok(Self {
            squeeze,
            reduce: Conv::new(&scope.sub("fc1"), ConvShape::new(channels, inner, 1))?,
            expand: Conv::new(&scope.sub("fc2"), ConvShape::new(inner, channels, 1))?,
        })
    }

    /// The weights (n, channels, 1, 1), 0..1.
    pub(super) fn weights(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let pooled = match self.squeeze {
            Squeeze::Mean => global_mean(x)?,
            // The gradient of `amax` takes four passes over the image, that of pooling one.
            Squeeze::Max if pass.is_training() => x.f_adaptive_max_pool2d([1, 1])?.0,
            Squeeze::Max => x.f_amax([2i64, 3].as_slice(), true)?,
        };
        let inner = self.reduce.forward_relu(&pooled, pass)?;
        Ok(self.expand.forward(&inner, pass)?.f_sigmoid()?)
    }

    /// Same shape: `x` times its weights.
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        Ok(x.f_mul(&self.weights(x, pass)?)?)
    }
}

/// (n, c, h, w) to its means (n, c, 1, 1) in the same kind, summed in float32.
pub(in crate::model) fn global_mean(x: &Tensor) -> Result<Tensor> {
    if x.kind() == Kind::Float {
        return Ok(x.f_mean_dim([2i64, 3].as_slice(), true, Kind::Float)?);
    }
    // `mean` would make a float32 copy of the image first, 3 to 40 times slower.
    Ok(x.f_avg_pool2d(size_of(x)?, [1, 1], [0, 0], false, true, None)?)
}
