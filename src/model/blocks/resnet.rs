//! The residual blocks of ResNet (He et al., CVPR 2016) and ResNeXt (Xie et al., CVPR 2017), with squeeze and
//! excitation before the sum where the network has it. Tensor names are torchvision's; those of SE are timm's.

use tch::Tensor;

use super::conv::ConvShape;
use super::conv_norm::ConvNorm;
use super::squeeze::SqueezeExcite;
use crate::error::Result;
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::spec::{ResnetPlan, Squeeze};
use crate::model::weights::Scope;

/// Channels of squeeze and excitation are divided by this in all published SE-ResNeXts.
const REDUCTION: i64 = 16;

/// The sizes of one block.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct BlockShape {
    pub inputs: i64,
    /// Channels between the first and the last convolution.
    pub inner: i64,
    pub outputs: i64,
    pub stride: i64,
    /// The network that it belongs to.
    pub plan: ResnetPlan,
}

/// `relu(SE(convolutions(x)) + shortcut(x))`.
#[derive(Debug)]
pub(in crate::model) struct ResidualBlock {
    first: Vec<ConvNorm>,
    last: ConvNorm,
    excite: Option<SqueezeExcite>,
    shortcut: Option<ConvNorm>,
}

impl ResidualBlock {
    pub(in crate::model) fn new(scope: &Scope<'_>, shape: &BlockShape) -> Result<Self> {
        let BlockShape { inputs, inner, outputs, stride, plan } = *shape;
        let conv = |index: i64, inputs, outputs, size| {
            let names = [format!("conv{index}"), format!("bn{index}")].map(|name| scope.sub(name));
            (names, ConvShape::new(inputs, outputs, size).no_bias())
        };
        let make = |([conv, norm], shape): ([Scope<'_>; 2], ConvShape)| ConvNorm::new(&conv, &norm, shape);
        let (first, last) = if plan.bottleneck {
            let (names, middle) = conv(2, inner, inner, 3);
            let middle = make((names, middle.stride(stride).groups(plan.groups)))?;
            (vec![make(conv(1, inputs, inner, 1))?, middle], make(conv(3, inner, outputs, 1))?)
        } else {
            let (names, only) = conv(1, inputs, inner, 3);
            (vec![make((names, only.stride(stride)))?], make(conv(2, inner, outputs, 3))?)
        };
        let excite =
            plan.excite.then(|| SqueezeExcite::new(&scope.sub("se"), outputs, REDUCTION, Squeeze::Mean));
        let shortcut = (stride != 1 || inputs != outputs).then(|| {
            let scope = scope.sub("downsample");
            let shape = ConvShape::new(inputs, outputs, 1).stride(stride).no_bias();
            ConvNorm::new(&scope.sub(0), &scope.sub(1), shape)
        });
        Ok(Self { first, last, excite: excite.transpose()?, shortcut: shortcut.transpose()? })
    }

    /// (n, inputs, h, w) to (n, outputs, h / stride, w / stride), sizes rounded up.
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let shortcut = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, pass)?,
            None => x.shallow_clone(),
        };
        let mut y = x.shallow_clone();
        for conv in &self.first {
            y = conv.forward_relu(&y, pass)?;
        }
        match &self.excite {
            None => self.last.forward_add_relu(&y, &shortcut, pass),
            Some(excite) => {
                let y = self.last.forward(&y, pass)?;
                let weights = excite.weights(&y, pass)?;
                Ok(shortcut.f_addcmul(&y, &weights)?.f_relu_()?)
            }
        }
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        let first = self.first.iter().fold(field, |field, conv| conv.field(field));
        self.last.field(first)
    }
}
