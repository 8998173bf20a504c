//! The pre-activation residual block (He et al., ECCV 2016) with squeeze and excitation.

use tch::Tensor;

use super::{BatchNorm, Conv, SqueezeExcite};
use crate::error::Result;
use crate::model::spec::ResidualSeUnet;
use crate::model::weights::Scope;

/// `x + SE(conv(relu(bn(conv(relu(bn(x)))))))`.
#[derive(Debug)]
pub(in crate::model) struct ResidualSe {
    norm1: BatchNorm,
    conv1: Conv,
    norm2: BatchNorm,
    conv2: Conv,
    excite: SqueezeExcite,
}

impl ResidualSe {
    pub(in crate::model) fn new(scope: &Scope<'_>, channels: i64, spec: &ResidualSeUnet) -> Result<Self> {
        Ok(Self {
            norm1: BatchNorm::new(&scope.sub("bn1"), channels)?,
            conv1: Conv::new(&scope.sub("conv1"), channels, channels, 3)?,
            norm2: BatchNorm::new(&scope.sub("bn2"), channels)?,
            conv2: Conv::new(&scope.sub("conv2"), channels, channels, 3)?,
            excite: SqueezeExcite::new(&scope.sub("se"), channels, spec.reduction, spec.squeeze)?,
        })
    }

    /// Same shape.
    pub(in crate::model) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let y = self.conv1.forward(&self.norm1.forward_relu(x, train)?)?;
        let y = self.conv2.forward(&self.norm2.forward_relu(&y, train)?)?;
        Ok(self.excite.forward(&y)?.f_add(x)?)
    }
}
