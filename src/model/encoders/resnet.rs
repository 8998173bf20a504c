//! ResNet and SE-ResNeXt: a stem and four layers of residual blocks. Tensor names are torchvision's and timm's:
//! `conv1`, `bn1`, `layer1.0.conv1`, ..., without the classifier; `gate0` to `gate4` are the attention of `kmike-27`.

use tch::Tensor;

use super::Features;
use crate::error::{Result, fail};
use crate::model::blocks::{BlockShape, ConvNorm, ConvShape, DualAttention, ResidualBlock};
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::{EncoderSpec, Pool};
use crate::model::weights::Scope;

#[derive(Debug)]
struct Layer {
    blocks: Vec<ResidualBlock>,
    gate: Option<DualAttention>,
}

/// Features: the stem before its pooling, then the four layers.
#[derive(Debug)]
pub(in crate::model) struct ResnetEncoder {
    stem: ConvNorm,
    pool: Pool,
    gate: Option<DualAttention>,
    layers: Vec<Layer>,
}

impl ResnetEncoder {
    pub(super) fn new(scope: &Scope<'_>, channels: i64, spec: &EncoderSpec) -> Result<Self> {
        let Some((plan, stem)) = spec.resnet() else {
            fail!(Internal, "not a ResNet: {spec:?}");
        };
        let shape = ConvShape::new(channels, 64, 7).stride(stem.stride).no_bias();
        let gate = |index: usize, channels| {
            DualAttention::new(&scope.sub(format!("gate{index}")), channels, &stem.attention)
        };
        let mut layers = Vec::new();
        let mut inputs = 64;
        for (index, &count) in plan.blocks.iter().enumerate() {
            let scope = scope.sub(format!("layer{}", index + 1));
            let (inner, outputs) = plan.channels(index);
            let mut blocks = Vec::new();
            for block in 0..count {
                let stride = if block == 0 && index > 0 { 2 } else { 1 };
                let shape = BlockShape { inputs, inner, outputs, stride, plan };
                blocks.push(ResidualBlock::new(&scope.sub(block), &shape)?);
                inputs = outputs;
            }
            layers.push(Layer { blocks, gate: gate(index + 1, outputs)? });
        }
        Ok(Self {
            stem: ConvNorm::new(&scope.sub("conv1"), &scope.sub("bn1"), shape)?,
            pool: stem.pool,
            gate: gate(0, 64)?,
            layers,
        })
    }

    pub(super) fn forward<'a>(&self, x: &Tensor, pass: impl Fn(usize) -> &'a Pass) -> Result<Features> {
        let here = pass(0);
        let stem = self.stem.forward_relu(x, here)?;
        let mut field = self.stem.field(Field::INPUT);
        if let Some(recorder) = here.recorder() {
            recorder.stage("encoder.stem".to_owned(), &stem, field)?;
        }
        let mut features = Features::default();
        features.push(&stem, field);
        let (mut x, pooled) = pool(&stem, self.pool, field)?;
        field = pooled;
        x = gated(x, self.gate.as_ref(), here)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let here = pass(index + 1);
            for block in &layer.blocks {
                x = block.forward(&x, here)?;
                field = block.field(field);
            }
            x = gated(x, layer.gate.as_ref(), here)?;
            if let Some(recorder) = here.recorder() {
                recorder.stage(format!("encoder.layer{}", index + 1), &x, field)?;
            }
            features.push(&x, field);
        }
        Ok(features)
    }
}

fn gated(x: Tensor, gate: Option<&DualAttention>, pass: &Pass) -> Result<Tensor> {
    match gate {
        Some(gate) => gate.forward(&x, pass),
        None => Ok(x),
    }
}

fn pool(x: &Tensor, pool: Pool, field: Field) -> Result<(Tensor, Field)> {
    let (size, padding, ceil) = match pool {
        Pool::None => return Ok((x.shallow_clone(), field)),
        Pool::Max2 => (2, 0, false),
        Pool::Max3 => (3, 1, false),
        Pool::Max3Ceil => (3, 0, true),
    };
    let y = x.f_max_pool2d([size; 2], [2, 2], [padding; 2], [1, 1], ceil)?;
    Ok((y, field.through(size, 2)))
}
