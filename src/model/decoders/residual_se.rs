//! The U-Net decoder of `lessons-316`: double, join with the skip, convolve, residual block.

use tch::Tensor;

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{BatchNorm, Conv, ConvShape, ResidualSe, TransposedConv};
use crate::model::spec::{self, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    step: Step,
    up: Option<TransposedConv>,
    merge: Conv,
    block: ResidualSe,
}

/// Its last map is normalised, because residual blocks are not.
#[derive(Debug)]
pub(in crate::model) struct ResidualSeDecoder {
    levels: Vec<Level>,
    norm: BatchNorm,
    dropout: f64,
}

impl ResidualSeDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::ResidualSeDecoder) -> Result<Self> {
        let mut levels = Vec::new();
        let mut last = ladder.deepest;
        for (index, (step, skip, inputs)) in ladder.with_inputs(&spec.widths).into_iter().enumerate() {
            let (scope, width) = (scope.sub(index), spec.widths[index]);
            let up =
                step.doubles.then(|| TransposedConv::new(&scope.sub("up"), inputs, width, 3)).transpose()?;
            let joined = skip + if step.doubles { width } else { inputs };
            levels.push(Level {
                step,
                up,
                merge: Conv::new(&scope.sub("conv"), ConvShape::new(joined, width, 3))?,
                block: ResidualSe::new(&scope.sub("block"), width, spec.reduction, spec.squeeze)?,
            });
            last = width;
        }
        Ok(Self { levels, norm: BatchNorm::new(&scope.sub("bn"), last)?, dropout: spec.dropout })
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for (index, level) in self.levels.iter().enumerate() {
            let pass = climb.pass;
            let (mut x, mut field) = (climb.x.shallow_clone(), climb.field);
            if let Some(up) = &level.up {
                x = up.forward(&x, climb.target(level.step)?, pass)?;
                field = up.field(field);
            }
            if let Some((skip, seen)) = climb.skip(level.step) {
                x = Tensor::f_cat(&[&x, skip], 1)?;
                field = field.join(seen);
            }
            if index + 1 < self.levels.len() {
                x = pass.drop_channels(&x, self.dropout)?;
            }
            x = level.block.forward(&level.merge.forward(&x, pass)?, pass)?;
            field = level.block.field(level.merge.field(field));
            if index + 1 == self.levels.len() {
                x = self.norm.forward_relu(&x, pass)?;
            }
            climb.arrive(x, field)?;
        }
        Ok(())
    }
}
