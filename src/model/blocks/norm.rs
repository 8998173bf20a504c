//! Batch normalisation (Ioffe, Szegedy, ICML 2015), followed by ReLU wherever this library uses it.

use tch::Tensor;

use crate::error::Result;
use crate::model::weights::Scope;

/// PyTorch's defaults.
const MOMENTUM: f64 = 0.1;
const EPSILON: f64 = 1e-5;

/// Normalises each channel by batch statistics in training, by running ones in prediction.
#[derive(Debug)]
pub(in crate::model) struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl BatchNorm {
    pub(in crate::model) fn new(scope: &Scope<'_>, channels: i64) -> Result<Self> {
        Ok(Self {
            weight: scope.constant("weight", &[channels], 1.0)?,
            bias: scope.constant("bias", &[channels], 0.0)?,
            mean: scope.buffer("running_mean", &[channels], 0.0)?,
            variance: scope.buffer("running_var", &[channels], 1.0)?,
        })
    }

    /// Same shape; negative results become 0.
    pub(in crate::model) fn forward_relu(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let parameters = [&self.weight, &self.bias, &self.mean, &self.variance];
        let [weight, bias, mean, variance] = parameters.map(Some);
        Ok(x.f_batch_norm(weight, bias, mean, variance, train, MOMENTUM, EPSILON, true)?.f_relu_()?)
    }
}
