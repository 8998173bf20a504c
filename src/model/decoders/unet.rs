//! The U-Net decoder (Ronneberger, Fischer, Brox, MICCAI 2015), for images of any size.

use tch::Tensor;

use super::{Climb, Ladder};
use crate::error::Result;
use crate::model::blocks::{COORDINATES, ConvNorm, ConvShape, DualAttention, Upsample, with_coordinates};
use crate::model::spec::{self, Step};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Level {
    step: Step,
    up: Option<Upsample>,
    gate: Option<DualAttention>,
    before: Option<DualAttention>,
    conv1: ConvNorm,
    conv2: ConvNorm,
    after: Option<DualAttention>,
}

/// Per step: double, join with the gated skip, attention, two convolutions, attention.
#[derive(Debug)]
pub(in crate::model) struct UnetDecoder {
    levels: Vec<Level>,
    coordinates: bool,
    dropout: f64,
}

impl UnetDecoder {
    pub(super) fn new(scope: &Scope<'_>, ladder: &Ladder, spec: &spec::UnetDecoder) -> Result<Self> {
        let mut levels = Vec::new();
        for (index, (step, skip, inputs)) in ladder.with_inputs(&spec.widths).into_iter().enumerate() {
            let (scope, width) = (scope.sub(index), spec.widths[index]);
            let (up, channels) = if step.doubles {
                let (up, channels) = Upsample::new(&scope.sub("up"), inputs, width, spec.upsampling)?;
                (Some(up), channels)
            } else {
                (None, inputs)
            };
            let joined = channels + skip;
            let attention =
                |name: &str, channels| DualAttention::new(&scope.sub(name), channels, &spec.attention);
            let conv = |number: i64, inputs| {
                let shape = ConvShape::new(inputs, width, 3).no_bias();
                let names = [format!("conv{number}"), format!("bn{number}")].map(|name| scope.sub(name));
                ConvNorm::new(&names[0], &names[1], shape)
            };
            let gate =
                if skip > 0 { DualAttention::new(&scope.sub("gate"), skip, &spec.skip_gate)? } else { None };
            levels.push(Level {
                step,
                up,
                gate,
                before: if skip > 0 && spec.joined_attention {
                    attention("attention1", joined)?
                } else {
                    None
                },
                conv1: conv(1, joined + if spec.coordinates { COORDINATES } else { 0 })?,
                conv2: conv(2, width)?,
                after: attention("attention2", width)?,
            });
        }
        Ok(Self { levels, coordinates: spec.coordinates, dropout: spec.dropout })
    }

    pub(super) fn forward(&self, climb: &mut Climb<'_>) -> Result<()> {
        for level in &self.levels {
            let pass = climb.pass;
            let (mut x, mut field) = (climb.x.shallow_clone(), climb.field);
            if let Some(up) = &level.up {
                x = up.forward(&x, climb.target(level.step)?, pass)?;
                field = up.field(field);
            }
            if let Some((skip, seen)) = climb.skip(level.step) {
                let skip = match &level.gate {
                    Some(gate) => gate.forward(skip, pass)?,
                    None => skip.shallow_clone(),
                };
                x = Tensor::f_cat(&[x, skip], 1)?;
                field = field.join(seen);
            }
            if let Some(attention) = &level.before {
                x = attention.forward(&x, pass)?;
            }
            if self.coordinates {
                x = with_coordinates(&x)?;
            }
            x = level.conv2.forward_relu(&level.conv1.forward_relu(&x, pass)?, pass)?;
            field = level.conv2.field(level.conv1.field(field));
            if let Some(attention) = &level.after {
                x = attention.forward(&x, pass)?;
            }
            climb.arrive(pass.drop_channels(&x, self.dropout)?, field)?;
        }
        Ok(())
    }
}
