//! Convolutions, plain and transposed.

use std::cell::RefCell;

use tch::Tensor;

use crate::error::Result;
use crate::model::describe::Field;
use crate::model::pass::Pass;
use crate::model::weights::{Form, Scope};
use crate::tensor::{After, ConvSizes, can_fuse, conv2d, cut, fused_conv, fused_conv_add_relu, pack_kernel};

/// The sizes of a square convolution.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct ConvShape {
    pub inputs: i64,
    pub outputs: i64,
    pub size: i64,
    pub stride: i64,
    pub padding: i64,
    pub groups: i64,
    pub bias: bool,
}

impl ConvShape {
    /// Stride 1, one group, with bias; the image keeps its size when `size` is odd.
    pub(in crate::model) fn new(inputs: i64, outputs: i64, size: i64) -> Self {
        Self { inputs, outputs, size, stride: 1, padding: (size - 1) / 2, groups: 1, bias: true }
    }

    pub(in crate::model) fn stride(self, stride: i64) -> Self {
        Self { stride, ..self }
    }

    /// Rows and columns added on each side.
    pub(in crate::model) fn padding(self, padding: i64) -> Self {
        Self { padding, ..self }
    }

    pub(in crate::model) fn groups(self, groups: i64) -> Self {
        Self { groups, ..self }
    }

    pub(in crate::model) fn no_bias(self) -> Self {
        Self { bias: false, ..self }
    }
}

/// A square convolution. Its tensors are float32 in training, where each pass brings them to the kind of its input; in
/// prediction they have the kind that the network computes in.
#[derive(Debug)]
pub(in crate::model) struct Conv {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
    /// Kernels packed for sizes of images, in prediction where convolutions can be fused. Gone once oneDNN has refused one.
    packed: RefCell<Option<Vec<Packed>>>,
}

/// A kernel packed for images of this size.
#[derive(Debug)]
struct Packed {
    image: Vec<i64>,
    kernel: Tensor,
}

/// Sizes of images whose kernels are kept: whole batches, and what is left over for the last.
const KEPT: usize = 2;

impl Conv {
    pub(in crate::model) fn new(scope: &Scope<'_>, shape: ConvShape) -> Result<Self> {
        let (weight, bias) = Self::tensors(scope, &shape)?;
        Self::of(scope.form(), weight, bias, shape)
    }

    /// Weight (outputs, inputs / groups, size, size) and bias as they are stored.
    pub(super) fn tensors(scope: &Scope<'_>, shape: &ConvShape) -> Result<(Tensor, Option<Tensor>)> {
        let ConvShape { inputs, outputs, size, groups, .. } = *shape;
        let inputs = inputs / groups;
        let weight = scope.he_normal("weight", &[outputs, inputs, size, size], inputs * size * size)?;
        let bias = shape.bias.then(|| scope.constant("bias", &[outputs], 0.0)).transpose()?;
        Ok((weight, bias))
    }

    /// With tensors that are made already.
    pub(super) fn of(form: Form, weight: Tensor, bias: Option<Tensor>, shape: ConvShape) -> Result<Self> {
        let bias = bias.map(|bias| form.vector(&bias)).transpose()?;
        let weight = form.kernel(&weight)?;
        let fuses = !form.is_training() && can_fuse(weight.device(), weight.kind());
        Ok(Self { weight, bias, shape, packed: RefCell::new(fuses.then(Vec::new)) })
    }

    /// (n, inputs, h, w) to (n, outputs, h', w').
    pub(in crate::model) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        if let Some(kernel) = self.packed_for(x) {
            return fused_conv(x, &kernel, self.bias.as_ref(), self.sizes(), After::Nothing);
        }
        let weight = self.weight.f_to_kind(x.kind())?;
        let bias = self.bias.as_ref().map(|bias| bias.f_to_kind(x.kind())).transpose()?;
        let y = conv2d(x, &weight, bias.as_ref(), self.sizes())?;
        if let Some(recorder) = pass.recorder() {
            let parameters = self.weight.numel() + self.bias.as_ref().map_or(0, Tensor::numel);
            let per_value = 2 * (self.shape.inputs / self.shape.groups) * self.shape.size * self.shape.size;
            recorder.layer(parameters, per_value * y.numel() as i64);
        }
        Ok(y)
    }

    /// The same, negative results become 0.
    pub(in crate::model) fn forward_relu(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        if let Some(kernel) = self.packed_for(x) {
            return fused_conv(x, &kernel, self.bias.as_ref(), self.sizes(), After::Relu);
        }
        Ok(self.forward(x, pass)?.f_relu_()?)
    }

    /// The same, results are brought to 0..=6.
    pub(in crate::model) fn forward_relu6(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        if let Some(kernel) = self.packed_for(x) {
            return fused_conv(x, &kernel, self.bias.as_ref(), self.sizes(), After::Relu6);
        }
        Ok(self.forward(x, pass)?.f_relu6_()?)
    }

    /// The same plus `other`, negative results become 0.
    pub(in crate::model) fn forward_add_relu(
        &self,
        x: &Tensor,
        other: &Tensor,
        pass: &Pass,
    ) -> Result<Tensor> {
        if let Some(kernel) = self.packed_for(x) {
            return fused_conv_add_relu(x, other, &kernel, self.bias.as_ref(), self.sizes());
        }
        Ok(self.forward(x, pass)?.f_add_(other)?.f_relu_()?)
    }

    fn sizes(&self) -> ConvSizes {
        let ConvShape { stride, padding, groups, .. } = self.shape;
        ConvSizes { padding, stride, groups }
    }

    /// The kernel packed for images of the size of `x`; `None` where the convolution is not to be fused.
    fn packed_for(&self, x: &Tensor) -> Option<Tensor> {
        let mut packed = self.packed.borrow_mut();
        let kernels = packed.as_mut()?;
        let image = x.size();
        if let Some(found) = kernels.iter().find(|packed| packed.image == image) {
            return Some(found.kernel.shallow_clone());
        }
        match pack_kernel(&self.weight, self.sizes(), &image) {
            Ok(kernel) => {
                kernels.truncate(KEPT - 1);
                kernels.insert(0, Packed { image, kernel: kernel.shallow_clone() });
                Some(kernel)
            }
            // Such as bfloat16 on a processor without it: libtorch's plain convolution can do it, slowly.
            Err(error) => {
                log::debug!("convolutions are not fused: {error}");
                *packed = None;
                None
            }
        }
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        field.through(self.shape.size, self.shape.stride)
    }
}

/// A transposed convolution with stride 2 that reaches an exact size, odd or even.
#[derive(Debug)]
pub(in crate::model) struct TransposedConv {
    weight: Tensor,
    bias: Tensor,
    size: i64,
}

impl TransposedConv {
    /// `size` is 2, 3 or 4 pixels; with bias.
    pub(in crate::model) fn new(scope: &Scope<'_>, inputs: i64, outputs: i64, size: i64) -> Result<Self> {
        let (weight, bias) = Self::tensors(scope, inputs, outputs, size)?;
        Self::of(scope.form(), &weight, &bias, size)
    }

    /// Weight (inputs, outputs, size, size) and bias as they are stored.
    pub(super) fn tensors(
        scope: &Scope<'_>,
        inputs: i64,
        outputs: i64,
        size: i64,
    ) -> Result<(Tensor, Tensor)> {
        // Each output pixel sees a quarter of the kernel on average.
        let weight =
            scope.he_normal("weight", &[inputs, outputs, size, size], (inputs * size * size / 4).max(1))?;
        Ok((weight, scope.constant("bias", &[outputs], 0.0)?))
    }

    pub(super) fn of(form: Form, weight: &Tensor, bias: &Tensor, size: i64) -> Result<Self> {
        Ok(Self { weight: form.kernel(weight)?, bias: form.vector(bias)?, size })
    }

    /// (n, inputs, h, w) to (n, outputs, target[0], target[1]); each target is 2 h - 1, 2 h or 2 h + 1.
    pub(in crate::model) fn forward(&self, x: &Tensor, target: [i64; 2], pass: &Pass) -> Result<Tensor> {
        let (_, _, rows, columns) = x.size4()?;
        let fits = [(rows, target[0]), (columns, target[1])].map(|(from, to)| self.fit(from, to));
        let (padding, extra) = (fits.map(|fit| fit.0), fits.map(|fit| fit.1));
        let weight = self.weight.f_to_kind(x.kind())?;
        // oneDNN adds the bias of a transposed convolution pixel by pixel in a reference loop: added here it costs a tenth of that.
        let mut y = x.f_conv_transpose2d(&weight, None::<&Tensor>, [2, 2], padding, extra, 1, [1, 1])?;
        let y = y.f_add_(&self.bias.f_to_kind(x.kind())?.f_reshape([1, -1, 1, 1])?)?;
        if let Some(recorder) = pass.recorder() {
            let parameters = self.weight.numel() + self.bias.numel();
            recorder.layer(parameters, 2 * self.weight.numel() as i64 * rows * columns);
        }
        // A target of 2 h - 1 that padding cannot reach loses its last line.
        cut(&y, [0, 0], target)
    }

    /// Padding and output padding for the smallest size of at least `to`: 2 (from - 1) + size - 2 padding + extra.
    fn fit(&self, from: i64, to: i64) -> (i64, i64) {
        let least = 2 * (from - 1) + self.size;
        let padding = ((least - to + 1) / 2).clamp(0, (self.size - 1) / 2);
        (padding, (to - (least - 2 * padding)).clamp(0, 1))
    }

    pub(in crate::model) fn field(&self, field: Field) -> Field {
        field.doubled(self.size)
    }
}
