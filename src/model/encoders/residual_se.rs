//! The plain residual-SE encoder, trained from scratch (`lessons-316`): width doubles at each level.

use tch::Tensor;

use crate::error::Result;
use crate::model::blocks::{Conv, ResidualSe};
use crate::model::spec::ResidualSeUnet;
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    conv: Conv,
    block: ResidualSe,
}

/// Level k gives (n, width * 2^k, h / 2^k, w / 2^k), sizes rounded down.
#[derive(Debug)]
pub(in crate::model) struct ResidualSeEncoder {
    levels: Vec<Level>,
}

impl ResidualSeEncoder {
    pub(in crate::model) fn new(scope: &Scope<'_>, inputs: i64, spec: &ResidualSeUnet) -> Result<Self> {
        let mut levels = Vec::new();
        let mut channels = inputs;
        for (index, width) in spec.widths().into_iter().enumerate() {
            let scope = scope.sub(index);
            levels.push(Level {
                conv: Conv::new(&scope.sub("conv"), channels, width, 3)?,
                block: ResidualSe::new(&scope.sub("block"), width, spec)?,
            });
            channels = width;
        }
        Ok(Self { levels })
    }

    /// Features, full size first.
    pub(in crate::model) fn forward(&self, x: &Tensor, train: bool) -> Result<Vec<Tensor>> {
        let mut features: Vec<Tensor> = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            let input = match features.last() {
                None => x.shallow_clone(),
                Some(above) => above.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)?,
            };
            features.push(level.block.forward(&level.conv.forward(&input)?, train)?);
        }
        Ok(features)
    }
}
