//! The plain residual-SE encoder, trained from scratch (`lessons-316`): width doubles at each level.

use tch::Tensor;

use super::Features;
use crate::error::Result;
use crate::model::blocks::{Conv, ConvShape, ResidualSe};
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec;
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
    dropout: f64,
}

impl ResidualSeEncoder {
    pub(super) fn new(scope: &Scope<'_>, inputs: i64, spec: &spec::ResidualSe) -> Result<Self> {
        let mut levels = Vec::new();
        let mut channels = inputs;
        for level in 0..spec.levels {
            let (scope, width) = (scope.sub(level), spec.width << level);
            levels.push(Level {
                conv: Conv::new(&scope.sub("conv"), ConvShape::new(channels, width, 3))?,
                block: ResidualSe::new(&scope.sub("block"), width, spec.reduction, spec.squeeze)?,
            });
            channels = width;
        }
        Ok(Self { levels, dropout: spec.dropout })
    }

    pub(super) fn forward<'a>(&self, x: &Tensor, pass: impl Fn(usize) -> &'a Pass) -> Result<Features> {
        let mut features = Features::default();
        let (mut x, mut field) = (x.shallow_clone(), Field::INPUT);
        for (index, level) in self.levels.iter().enumerate() {
            let pass = pass(index);
            if index > 0 {
                x = x.f_max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)?;
                x = pass.drop_channels(&x, if index == 1 { 0.5 * self.dropout } else { self.dropout })?;
                field = field.through(2, 2);
            }
            x = level.block.forward(&level.conv.forward(&x, pass)?, pass)?;
            field = level.block.field(level.conv.field(field));
            if let Some(recorder) = pass.recorder() {
                recorder.stage(format!("encoder.{index}"), &x, field)?;
            }
            features.push(&x, field);
        }
        Ok(features)
    }
}
