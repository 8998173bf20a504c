//! The decoder of few operations: narrow to the skip's channels, enlarge, add the skip, one convolution.

use tch::Tensor;

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{ConvNorm, ConvShape, bilinear};
use crate::model::spec::{self, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    step: Step,
    narrow: ConvNorm,
    conv: ConvNorm,
}

/// Narrowing comes before enlarging: both are linear, and the image is then four times smaller.
#[derive(Debug)]
pub(in crate::model) struct LeanDecoder {
    levels: Vec<Level>,
}

impl LeanDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::LeanDecoder) -> Result<Self> {
        let mut levels = Vec::new();
        for (index, (step, skip, inputs)) in ladder.with_inputs(&spec.widths).into_iter().enumerate() {
            let (scope, width) = (scope.sub(index), spec.widths[index]);
            let conv_norm = |name: &str, inputs, outputs, size| {
                let scope = scope.sub(name);
                let shape = ConvShape::new(inputs, outputs, size).no_bias();
                ConvNorm::new(&scope.sub("conv"), &scope.sub("bn"), shape)
            };
            let joined = if skip > 0 { skip } else { width };
            levels.push(Level {
                step,
                narrow: conv_norm("narrow", inputs, joined, 1)?,
                conv: conv_norm("join", joined, width, 3)?,
            });
        }
        Ok(Self { levels })
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for level in &self.levels {
            let pass = climb.pass;
            let narrow = level.narrow.forward(&climb.x, pass)?;
            let mut x = bilinear(&narrow, climb.target(level.step)?, false)?;
            let mut field = level.narrow.field(climb.field);
            if level.step.doubles {
                field = field.doubled(4);
            }
            if let Some((skip, seen)) = climb.skip(level.step) {
                x = Tensor::f_add(&x, skip)?;
                field = field.join(seen);
            }
            let x = level.conv.forward_relu(&x, pass)?;
            climb.arrive(x, level.conv.field(field))?;
        }
        Ok(())
    }
}
