//! A convolution with its batch normalisation: two layers in training, one in prediction.

use tch::Tensor;

use super::conv::{Conv, ConvShape, TransposedConv};
use super::norm::{BatchNorm, NormRule};
use crate::error::Result;
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::weights::Scope;

/// Convolution and normalisation.
#[derive(Debug)]
pub(in crate::model) struct ConvNorm {
    conv: Conv,
    norm: Option<BatchNorm>,
}

impl ConvNorm {
    /// The tensors of the convolution are in `conv`, those of the normalisation in `norm`.
    pub(in crate::model) fn new(conv: &Scope<'_>, norm: &Scope<'_>, shape: ConvShape) -> Result<Self> {
        Self::with_rule(conv, norm, shape, NormRule::PYTORCH)
    }

    pub(in crate::model) fn with_rule(
        conv: &Scope<'_>,
        norm: &Scope<'_>,
        shape: ConvShape,
        rule: NormRule,
    ) -> Result<Self> {
        let batch_norm = BatchNorm::with_rule(norm, shape.outputs, rule)?;
        if conv.form().is_training() {
            return Ok(Self { conv: Conv::new(conv, shape)?, norm: Some(batch_norm) });
        }
        let (kernel, bias) = Conv::tensors(conv, &shape)?;
        let (kernel, bias) = batch_norm.fold(&kernel, bias.as_ref(), 0)?;
        Ok(Self { conv: Conv::of(conv.form(), kernel, Some(bias), shape)?, norm: None })
    }

    /// (n, inputs, h, w) to (n, outputs, h', w').
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let y = self.conv.forward(x, pass)?;
        match &self.norm {
            Some(norm) => norm.forward(&y, pass),
            None => Ok(y),
        }
    }

    /// The same, negative results become 0.
    pub(in crate::model) fn forward_relu(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        match &self.norm {
            Some(_) => Ok(self.forward(x, pass)?.f_relu_()?),
            None => self.conv.forward_relu(x, pass),
        }
    }

    /// The same, results are brought to 0..=6 (Howard et al., arXiv 1704.04861).
    pub(in crate::model) fn forward_relu6(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        match &self.norm {
            Some(_) => Ok(self.forward(x, pass)?.f_relu6_()?),
            None => self.conv.forward_relu6(x, pass),
        }
    }

    /// The same plus `other`, negative results become 0.
    pub(in crate::model) fn forward_add_relu(
        &self,
        x: &Tensor,
        other: &Tensor,
        pass: &Pass,
    ) -> Result<Tensor> {
        match &self.norm {
            Some(_) => Ok(self.forward(x, pass)?.f_add_(other)?.f_relu_()?),
            None => self.conv.forward_add_relu(x, other, pass),
        }
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        self.conv.field(field)
    }
}

/// A transposed convolution with stride 2, normalisation and ReLU.
#[derive(Debug)]
pub(in crate::model) struct TransposedConvNorm {
    conv: TransposedConv,
    norm: Option<BatchNorm>,
}

impl TransposedConvNorm {
    pub(in crate::model) fn new(
        conv: &Scope<'_>,
        norm: &Scope<'_>,
        [inputs, outputs]: [i64; 2],
        size: i64,
    ) -> Result<Self> {
        let batch_norm = BatchNorm::new(norm, outputs)?;
        if conv.form().is_training() {
            let conv = TransposedConv::new(conv, inputs, outputs, size)?;
            return Ok(Self { conv, norm: Some(batch_norm) });
        }
        let (kernel, bias) = TransposedConv::tensors(conv, inputs, outputs, size)?;
        let (kernel, bias) = batch_norm.fold(&kernel, Some(&bias), 1)?;
        Ok(Self { conv: TransposedConv::of(conv.form(), &kernel, &bias, size)?, norm: None })
    }

    /// (n, inputs, h, w) to (n, outputs, target[0], target[1]), not negative.
    pub(in crate::model) fn forward_relu(&self, x: &Tensor, target: [i64; 2], pass: &Pass) -> Result<Tensor> {
        let y = self.conv.forward(x, target, pass)?;
        let mut y = match &self.norm {
            Some(norm) => norm.forward(&y, pass)?,
            None => y,
        };
        Ok(y.f_relu_()?)
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        self.conv.field(field)
    }
}
