//! The decoder of LinkNet (Chaurasia, Culurciello, VCIP 2017) and, with concatenated skips, of `argus-14`: narrow to a
//! quarter, double, widen, join with the skip.

use tch::Tensor;

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{ConvNorm, ConvShape, TransposedConvNorm};
use crate::model::spec::{self, Join, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
enum Middle {
    Up(TransposedConvNorm),
    Same(ConvNorm),
}

#[derive(Debug)]
struct Level {
    step: Step,
    reduce: ConvNorm,
    middle: Middle,
    expand: ConvNorm,
    /// Channels after the join.
    channels: i64,
}

/// Its maps are those after the join.
#[derive(Debug)]
pub(in crate::model) struct LinkDecoder {
    levels: Vec<Level>,
    join: Join,
    skip_dropout: f64,
}

impl LinkDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::LinkDecoder) -> Result<Self> {
        let mut levels = Vec::new();
        let mut inputs = ladder.deepest;
        for (index, (&(step, skip), &width)) in ladder.steps.iter().zip(&spec.widths).enumerate() {
            let scope = scope.sub(index);
            let (outputs, channels) = match spec.join {
                Join::Add if skip > 0 => (skip, skip),
                Join::Add => (width, width),
                Join::Concat => (width, width + skip),
            };
            let inner = (inputs / 4).max(1);
            let conv = |number: i64, inputs, outputs, size| {
                let names = [format!("conv{number}"), format!("bn{number}")].map(|name| scope.sub(name));
                ConvNorm::new(&names[0], &names[1], ConvShape::new(inputs, outputs, size))
            };
            let middle = if step.doubles {
                let names = [scope.sub("conv2"), scope.sub("bn2")];
                Middle::Up(TransposedConvNorm::new(&names[0], &names[1], [inner, inner], 3)?)
            } else {
                Middle::Same(conv(2, inner, inner, 3)?)
            };
            levels.push(Level {
                step,
                reduce: conv(1, inputs, inner, 1)?,
                middle,
                expand: conv(3, inner, outputs, 1)?,
                channels,
            });
            inputs = channels;
        }
        Ok(Self { levels, join: spec.join, skip_dropout: spec.skip_dropout })
    }

    /// Channels of its maps.
    pub(super) fn channels(&self) -> Vec<i64> {
        self.levels.iter().map(|level| level.channels).collect()
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for level in &self.levels {
            let pass = climb.pass;
            let mut x = level.reduce.forward_relu(&climb.x, pass)?;
            let mut field = level.reduce.field(climb.field);
            (x, field) = match &level.middle {
                Middle::Up(up) => (up.forward_relu(&x, climb.target(level.step)?, pass)?, up.field(field)),
                Middle::Same(conv) => (conv.forward_relu(&x, pass)?, conv.field(field)),
            };
            x = level.expand.forward_relu(&x, pass)?;
            field = level.expand.field(field);
            if let Some((skip, seen)) = climb.skip(level.step) {
                let skip = pass.drop_channels(skip, self.skip_dropout)?;
                x = match self.join {
                    Join::Add => x.f_add(&skip)?,
                    Join::Concat => Tensor::f_cat(&[x, skip], 1)?,
                };
                field = field.join(seen);
            }
            climb.arrive(x, field)?;
        }
        Ok(())
    }
}
