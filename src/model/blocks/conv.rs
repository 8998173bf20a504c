//! Convolutions, plain and transposed. Weights follow the kind of their input (float32 masters, bf16 work).

use tch::Tensor;

use crate::error::Result;
use crate::model::weights::Scope;

/// A square convolution with bias, stride 1, that keeps the image size.
#[derive(Debug)]
pub(in crate::model) struct Conv {
    weight: Tensor,
    bias: Tensor,
    padding: i64,
}

impl Conv {
    /// `size` is odd.
    pub(in crate::model) fn new(scope: &Scope<'_>, inputs: i64, outputs: i64, size: i64) -> Result<Self> {
        let weight = scope.he_normal("weight", &[outputs, inputs, size, size], inputs * size * size)?;
        Ok(Self { weight, bias: scope.constant("bias", &[outputs], 0.0)?, padding: size / 2 })
    }

    /// (n, inputs, h, w) to (n, outputs, h, w).
    pub(in crate::model) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = (self.weight.f_to_kind(x.kind())?, self.bias.f_to_kind(x.kind())?);
        Ok(x.f_conv2d(&weight, Some(&bias), [1, 1], [self.padding; 2], [1, 1], 1)?)
    }
}

/// A transposed 3x3 convolution with stride 2 that reaches an exact size, odd or even.
#[derive(Debug)]
pub(in crate::model) struct TransposedConv {
    weight: Tensor,
    bias: Tensor,
}

impl TransposedConv {
    pub(in crate::model) fn new(scope: &Scope<'_>, inputs: i64, outputs: i64) -> Result<Self> {
        // Each output pixel sees a quarter of the kernel on average.
        let weight = scope.he_normal("weight", &[inputs, outputs, 3, 3], inputs * 9 / 4)?;
        Ok(Self { weight, bias: scope.constant("bias", &[outputs], 0.0)? })
    }

    /// (n, inputs, h, w) to (n, outputs, size[0], size[1]); each size is twice the input's, or one more.
    /// An odd size 2n+1 needs no padding, an even size 2n padding 1 and output padding 1.
    pub(in crate::model) fn forward(&self, x: &Tensor, size: [i64; 2]) -> Result<Tensor> {
        let even = size.map(|length| i64::from(length % 2 == 0));
        let (weight, bias) = (self.weight.f_to_kind(x.kind())?, self.bias.f_to_kind(x.kind())?);
        Ok(x.f_conv_transpose2d(&weight, Some(&bias), [2, 2], even, even, 1, [1, 1])?)
    }
}
