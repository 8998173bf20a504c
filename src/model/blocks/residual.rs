//! The pre-activation residual block (He et al., ECCV 2016) with squeeze and excitation.

use tch::Tensor;

use super::conv::{Conv, ConvShape};
use super::conv_norm::ConvNorm;
use super::norm::BatchNorm;
use super::squeeze::SqueezeExcite;
use crate::error::Result;
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::Squeeze;
use crate::model::weights::Scope;

/// `x + SE(conv(relu(bn(conv(relu(bn(x)))))))`.
#[derive(Debug)]
pub(in crate::model) struct ResidualSe {
    norm1: BatchNorm,
    conv1: ConvNorm,
    conv2: Conv,
    excite: SqueezeExcite,
}

impl ResidualSe {
    pub(in crate::model) fn new(
        scope: &Scope<'_>,
        channels: i64,
        reduction: i64,
        squeeze: Squeeze,
    ) -> Result<Self> {
        let shape = ConvShape::new(channels, channels, 3);
        Ok(Self {
            norm1: BatchNorm::new(&scope.sub("bn1"), channels)?,
            conv1: ConvNorm::new(&scope.sub("conv1"), &scope.sub("bn2"), shape)?,
            conv2: Conv::new(&scope.sub("conv2"), shape)?,
            excite: SqueezeExcite::new(&scope.sub("se"), channels, reduction, squeeze)?,
        })
    }

    /// Same shape.
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let y = self.conv1.forward_relu(&self.norm1.forward_relu(x, pass)?, pass)?;
        let y = self.conv2.forward(&y, pass)?;
        Ok(self.excite.forward(&y, pass)?.f_add_(x)?)
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        self.conv2.field(self.conv1.field(field))
    }
}
