//! The decoder of `kmike-27`: join with the skip of the step before, convolve, double by a learned 4x4 kernel, attention.

use tch::Tensor;

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{ConvNorm, ConvShape, DualAttention, TransposedConvNorm, size_of};
use crate::model::spec::{self, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    step: Step,
    conv: ConvNorm,
    up: Option<TransposedConvNorm>,
    attention: Option<DualAttention>,
}

/// Its maps are those before the join. The skip of each step is joined at the beginning of the next.
#[derive(Debug)]
pub(in crate::model) struct ConvUpDecoder {
    levels: Vec<Level>,
}

impl ConvUpDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::ConvUp) -> Result<Self> {
        let mut levels = Vec::new();
        let mut inputs = ladder.deepest;
        for (index, (&(step, skip), &[middle, outputs])) in ladder.steps.iter().zip(&spec.stages).enumerate()
        {
            let scope = scope.sub(index);
            let (up, outputs) = if step.doubles {
                let names = [scope.sub("up"), scope.sub("bn2")];
                (Some(TransposedConvNorm::new(&names[0], &names[1], [middle, outputs], 4)?), outputs)
            } else {
                (None, middle)
            };
            levels.push(Level {
                step,
                conv: ConvNorm::new(
                    &scope.sub("conv"),
                    &scope.sub("bn1"),
                    ConvShape::new(inputs, middle, 3),
                )?,
                up,
                attention: DualAttention::new(&scope.sub("gate"), outputs, &spec.attention)?,
            });
            inputs = outputs + skip;
        }
        Ok(Self { levels })
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for level in &self.levels {
            let pass = climb.pass;
            let mut x = level.conv.forward_relu(&climb.x, pass)?;
            let mut field = level.conv.field(climb.field);
            if let Some(up) = &level.up {
                x = up.forward_relu(&x, climb.target(level.step)?, pass)?;
                field = up.field(field);
            }
            if let Some(attention) = &level.attention {
                x = attention.forward(&x, pass)?;
            }
            let skip = climb.skip(level.step);
            climb.arrive(x, field)?;
            if let Some((skip, seen)) = skip {
                debug_assert_eq!(size_of(&climb.x)?, size_of(skip)?);
                climb.x = Tensor::f_cat(&[&climb.x, skip], 1)?;
                climb.field = field.join(seen);
            }
        }
        Ok(())
    }
}
