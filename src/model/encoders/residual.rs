//! A plain residual encoder of any widths, for images of any size: nothing in it depends on how large the image is.

use tch::Tensor;

use super::Features;
use crate::error::Result;
use crate::model::blocks::{BlockShape, ConvNorm, ConvShape, ResidualBlock};
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::{self, ResnetPlan};
use crate::model::weights::Scope;

/// Basic blocks without squeeze and excitation.
const PLAN: ResnetPlan = ResnetPlan { blocks: [0; 4], bottleneck: false, groups: 1, excite: false };

/// Level k gives (n, widths[k], h / 2^k, w / 2^k), sizes rounded up.
#[derive(Debug)]
pub(in crate::model) struct ResidualEncoder {
    stem: ConvNorm,
    levels: Vec<Vec<ResidualBlock>>,
}

impl ResidualEncoder {
    pub(super) fn new(scope: &Scope<'_>, inputs: i64, spec: &spec::Residual) -> Result<Self> {
        let mut channels = spec.widths.first().copied().unwrap_or(1);
        let stem = scope.sub("stem");
        let shape = ConvShape::new(inputs, channels, 3).no_bias();
        let stem = ConvNorm::new(&stem.sub("conv"), &stem.sub("bn"), shape)?;
        let mut levels = Vec::new();
        for (level, (&width, &blocks)) in spec.widths.iter().zip(&spec.blocks).enumerate() {
            let scope = scope.sub(level);
            let block = |index: i64| {
                let stride = if index == 0 && level > 0 { 2 } else { 1 };
                let inputs = if index == 0 { channels } else { width };
                let shape = BlockShape { inputs, inner: width, outputs: width, stride, plan: PLAN };
                ResidualBlock::new(&scope.sub(index), &shape)
            };
            levels.push((0..blocks).map(block).collect::<Result<Vec<_>>>()?);
            channels = width;
        }
        Ok(Self { stem, levels })
    }

    pub(super) fn forward<'a>(&self, x: &Tensor, pass: impl Fn(usize) -> &'a Pass) -> Result<Features> {
        let mut features = Features::default();
        let (mut x, mut field) = (self.stem.forward_relu(x, pass(0))?, self.stem.field(Field::INPUT));
        for (level, blocks) in self.levels.iter().enumerate() {
            for (index, block) in blocks.iter().enumerate() {
                x = block.forward(&x, pass(level))?;
                field = block.field(field);
                if index == 0 && level > 0 {
                    field = Field { jump: 2.0 * field.jump, ..field };
                }
            }
            if let Some(recorder) = pass(level).recorder() {
                recorder.stage(format!("encoder.{level}"), &x, field)?;
            }
            features.push(&x, field);
        }
        Ok(features)
    }
}
