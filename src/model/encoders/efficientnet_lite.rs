//! EfficientNet-Lite: a stem and seven stages of inverted residual blocks (Sandler et al., CVPR 2018). Tensor names are
//! timm's (`tf_efficientnet_lite0`): `conv_stem`, `bn1`, `blocks.1.0.conv_pw`, ..., without `conv_head` and the classifier.

use tch::Tensor;

use super::Features;
use crate::error::Result;
use crate::model::blocks::{ConvNorm, ConvShape, NormRule, size_of};
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::{EfficientnetLite, LiteStage};
use crate::model::weights::Scope;

/// TensorFlow's: an epsilon of 0.001, and running statistics that keep 0.99.
const NORM: NormRule = NormRule { epsilon: 1e-3, momentum: 0.01 };

/// A convolution padded as TensorFlow's "same" does: the result has the image's size divided by the stride, rounded up, and where
/// the padding is odd, the bottom and the right get the larger part.
#[derive(Debug)]
struct SameConv {
    conv: ConvNorm,
    size: i64,
    stride: i64,
}

/// `x + project(depthwise(expand(x)))`, the sum where both have one shape.
#[derive(Debug)]
struct Block {
    expand: Option<ConvNorm>,
    depthwise: SameConv,
    project: ConvNorm,
    residual: bool,
}

#[derive(Debug)]
struct Stage {
    blocks: Vec<Block>,
    /// Whether its result is a feature, and which one it leads to.
    is_feature: bool,
    feature: usize,
}

/// Features: the last map of each resolution, from half of the image's on.
#[derive(Debug)]
pub(in crate::model) struct EfficientnetLiteEncoder {
    stem: SameConv,
    stages: Vec<Stage>,
}

impl SameConv {
    /// The tensors of the convolution are in `conv`, those of the normalisation in `norm`.
    fn new(conv: &Scope<'_>, norm: &Scope<'_>, shape: ConvShape) -> Result<Self> {
        let ConvShape { size, stride, .. } = shape;
        // With stride 1 the padding is the same on both sides, and the convolution's own.
        let shape = if stride == 1 { shape } else { shape.padding(0) };
        Ok(Self { conv: ConvNorm::with_rule(conv, norm, shape.no_bias(), NORM)?, size, stride })
    }

    /// (n, inputs, h, w) to (n, outputs, h / stride, w / stride), sizes rounded up, 0..=6.
    fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        if self.stride == 1 {
            return self.conv.forward_relu6(x, pass);
        }
        let [rows, columns] = size_of(x)?.map(|length| {
            let outputs = (length + self.stride - 1) / self.stride;
            let padding = ((outputs - 1) * self.stride + self.size - length).max(0);
            [padding / 2, padding - padding / 2]
        });
        let padded = x.f_constant_pad_nd([columns[0], columns[1], rows[0], rows[1]])?;
        self.conv.forward_relu6(&padded, pass)
    }

    fn field(&self, field: Field) -> Field {
        self.conv.field(field)
    }
}

impl Block {
    fn new(scope: &Scope<'_>, inputs: i64, stage: &LiteStage, stride: i64) -> Result<Self> {
        let LiteStage { size, expand, channels, .. } = *stage;
        let inner = inputs * expand;
        // A block that does not widen begins with the depthwise convolution, and its names do so too.
        let (first, last) = if expand == 1 { (1, "conv_pw") } else { (2, "conv_pwl") };
        let norm = |number: usize| scope.sub(format!("bn{number}"));
        let pointwise = |name: &str, norm: &Scope<'_>, inputs, outputs| {
            ConvNorm::with_rule(&scope.sub(name), norm, ConvShape::new(inputs, outputs, 1).no_bias(), NORM)
        };
        let wide = (expand != 1).then(|| pointwise("conv_pw", &norm(1), inputs, inner)).transpose()?;
        let depthwise = ConvShape::new(inner, inner, size).stride(stride).groups(inner);
        let depthwise = SameConv::new(&scope.sub("conv_dw"), &norm(first), depthwise)?;
        let project = pointwise(last, &norm(first + 1), inner, channels)?;
        Ok(Self { expand: wide, depthwise, project, residual: stride == 1 && inputs == channels })
    }

    fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let wide = match &self.expand {
            Some(expand) => expand.forward_relu6(x, pass)?,
            None => x.shallow_clone(),
        };
        let mut y = self.project.forward(&self.depthwise.forward(&wide, pass)?, pass)?;
        Ok(if self.residual { y.f_add_(x)? } else { y })
    }

    fn field(&self, field: Field) -> Field {
        self.depthwise.field(field)
    }
}

impl EfficientnetLiteEncoder {
    pub(super) fn new(scope: &Scope<'_>, channels: i64, spec: &EfficientnetLite) -> Result<Self> {
        let stem = ConvShape::new(channels, EfficientnetLite::STEM, 3).stride(2);
        let plan = spec.stages();
        let mut stages = Vec::new();
        let mut inputs = EfficientnetLite::STEM;
        for (index, stage) in plan.iter().enumerate() {
            let scope = scope.sub("blocks").sub(index);
            let mut blocks = Vec::new();
            for block in 0..stage.blocks {
                let stride = if block == 0 { stage.stride } else { 1 };
                blocks.push(Block::new(&scope.sub(block), inputs, stage, stride)?);
                inputs = stage.channels;
            }
            let is_feature = EfficientnetLite::is_feature(&plan, index);
            stages.push(Stage { blocks, is_feature, feature: spec.feature_of(index) });
        }
        Ok(Self { stem: SameConv::new(&scope.sub("conv_stem"), &scope.sub("bn1"), stem)?, stages })
    }

    pub(super) fn forward<'a>(&self, x: &Tensor, pass: impl Fn(usize) -> &'a Pass) -> Result<Features> {
        let mut x = self.stem.forward(x, pass(0))?;
        let mut field = self.stem.field(Field::INPUT);
        let mut features = Features::default();
        for stage in &self.stages {
            let here = pass(stage.feature);
            for block in &stage.blocks {
                x = block.forward(&x, here)?;
                field = block.field(field);
            }
            if stage.is_feature {
                if let Some(recorder) = here.recorder() {
                    recorder.stage(format!("encoder.{}", features.maps.len()), &x, field)?;
                }
                features.push(&x, field);
            }
        }
        Ok(features)
    }

    /// Which feature the tensor `name` of the encoder leads to; `None` for a name that it has not.
    pub(super) fn feature_of(spec: &EfficientnetLite, name: &str) -> Option<usize> {
        match name.split('.').collect::<Vec<_>>().as_slice() {
            ["conv_stem" | "bn1", ..] => Some(0),
            ["blocks", stage, ..] => stage.parse().ok().map(|stage| spec.feature_of(stage)),
            _ => None,
        }
    }
}
