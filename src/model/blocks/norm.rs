//! Batch normalisation (Ioffe, Szegedy, ICML 2015).

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::model::pass::Pass;
use crate::model::weights::Scope;

/// The two numbers of a normalisation.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct NormRule {
    /// Added to the variance.
    pub epsilon: f64,
    /// Share of a batch's statistics in the running ones.
    pub momentum: f64,
}

impl NormRule {
    /// PyTorch's defaults.
    pub(in crate::model) const PYTORCH: Self = Self { epsilon: 1e-5, momentum: 0.1 };
}

/// Normalises each channel by batch statistics in training, by running ones in prediction.
#[derive(Debug)]
pub(in crate::model) struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
    rule: NormRule,
}

impl BatchNorm {
    pub(in crate::model) fn new(scope: &Scope<'_>, channels: i64) -> Result<Self> {
        Self::with_rule(scope, channels, NormRule::PYTORCH)
    }

    pub(in crate::model) fn with_rule(scope: &Scope<'_>, channels: i64, rule: NormRule) -> Result<Self> {
        Ok(Self {
            weight: scope.constant("weight", &[channels], 1.0)?,
            bias: scope.constant("bias", &[channels], 0.0)?,
            mean: scope.buffer("running_mean", &[channels], 0.0)?,
            variance: scope.buffer("running_var", &[channels], 1.0)?,
            rule,
        })
    }

    /// Same shape.
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        if let Some(recorder) = pass.recorder() {
            recorder.layer(self.weight.numel() + self.bias.numel(), 0);
        }
        let parameters = [&self.weight, &self.bias, &self.mean, &self.variance];
        let [weight, bias, mean, variance] = parameters.map(Some);
        let NormRule { epsilon, momentum } = self.rule;
        let (training, momentum) = (pass.is_training(), pass.momentum(momentum).unwrap_or(0.0));
        Ok(x.f_batch_norm(weight, bias, mean, variance, training, momentum, epsilon, true)?)
    }

    /// Same shape; negative results become 0.
    pub(in crate::model) fn forward_relu(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        Ok(self.forward(x, pass)?.f_relu_()?)
    }

    /// What normalisation by running statistics makes of a convolution before it: kernel and bias that give the
    /// same result without it. `axis` is the kernel's axis of outputs.
    pub(super) fn fold(
        &self,
        kernel: &Tensor,
        bias: Option<&Tensor>,
        axis: usize,
    ) -> Result<(Tensor, Tensor)> {
        // In double precision: the product of two roundings is not the rounding of the product.
        let [weight, shift, mean, variance] = [&self.weight, &self.bias, &self.mean, &self.variance]
            .map(|tensor| tensor.f_to_kind(Kind::Double));
        let scale = weight?.f_div(&variance?.f_add_scalar(self.rule.epsilon)?.f_sqrt()?)?;
        let mut shape = [1; 4];
        shape[axis] = -1;
        let folded = kernel.f_to_kind(Kind::Double)?.f_mul(&scale.f_reshape(shape)?)?;
        let centre = match bias {
            Some(bias) => bias.f_to_kind(Kind::Double)?.f_sub(&mean?)?,
            None => mean?.f_neg()?,
        };
        let bias = shift?.f_add(&centre.f_mul(&scale)?)?;
        Ok((folded.f_to_kind(Kind::Float)?, bias.f_to_kind(Kind::Float)?))
    }
}
