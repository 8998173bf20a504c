//! Squeeze and excitation (Hu, Shen, Sun, CVPR 2018): each channel weighted by what the whole image shows.

use tch::Tensor;

use super::Conv;
use crate::error::Result;
use crate::model::spec::Squeeze;
use crate::model::weights::Scope;

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
            reduce: Conv::new(&scope.sub("fc1"), channels, inner, 1)?,
            expand: Conv::new(&scope.sub("fc2"), inner, channels, 1)?,
        })
    }

    /// Same shape: `x * sigmoid(expand(relu(reduce(pool(x)))))`.
    pub(in crate::model) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let pooled = match self.squeeze {
            Squeeze::Mean => x.f_mean_dim([2i64, 3].as_slice(), true, x.kind())?,
            Squeeze::Max => x.f_amax([2i64, 3].as_slice(), true)?,
        };
        let gate = self.expand.forward(&self.reduce.forward(&pooled)?.f_relu_()?)?.f_sigmoid()?;
        Ok(x.f_mul(&gate)?)
    }
}
