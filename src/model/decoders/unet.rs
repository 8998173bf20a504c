//! The U-Net decoder (Ronneberger, Fischer, Brox, MICCAI 2015) for any image size, odd or even.

use tch::Tensor;

use crate::error::{Result, fail};
use crate::model::blocks::{BatchNorm, Conv, ResidualSe, TransposedConv};
use crate::model::spec::ResidualSeUnet;
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    up: TransposedConv,
    merge: Conv,
    block: ResidualSe,
}

/// From the deepest features upwards: double, join with the skip, convolve, residual block.
#[derive(Debug)]
pub(in crate::model) struct UnetDecoder {
    levels: Vec<Level>,
    norm: BatchNorm,
}

impl UnetDecoder {
    pub(in crate::model) fn new(scope: &Scope<'_>, spec: &ResidualSeUnet) -> Result<Self> {
        let widths = spec.widths();
        let mut levels = Vec::new();
        for index in (0..widths.len() - 1).rev() {
            let (width, below) = (widths[index], widths[index + 1]);
            let scope = scope.sub(index);
            levels.push(Level {
                up: TransposedConv::new(&scope.sub("up"), below, width)?,
                merge: Conv::new(&scope.sub("conv"), 2 * width, width, 3)?,
                block: ResidualSe::new(&scope.sub("block"), width, spec)?,
            });
        }
        Ok(Self { levels, norm: BatchNorm::new(&scope.sub("bn"), widths[0])? })
    }

    /// (n, width, h, w) of the full-size features.
    pub(in crate::model) fn forward(&self, features: &[Tensor], train: bool) -> Result<Tensor> {
        let Some((deepest, skips)) = features.split_last() else {
            fail!(Internal, "the decoder was given no features");
        };
        let mut x = deepest.shallow_clone();
        for (level, skip) in self.levels.iter().zip(skips.iter().rev()) {
            let (_, _, rows, columns) = skip.size4()?;
            let up = level.up.forward(&x, [rows, columns])?;
            let joined = Tensor::f_cat(&[&up, skip], 1)?;
            x = level.block.forward(&level.merge.forward(&joined)?, train)?;
        }
        self.norm.forward_relu(&x, train)
    }
}
