//! oneDNN convolutions with what follows them fused, and with their kernel in oneDNN's own order.

use tch::{Device, IValue, Kind, Tensor};

use super::script::Script;
use crate::error::{Result, fail};

static SCRIPT: Script = Script::new("fused convolutions", include_bytes!("convolutions.pt"));

/// Sizes of a convolution.
#[derive(Debug, Clone, Copy)]
pub struct ConvSizes {
    /// Rows and columns added on each side.
    pub padding: i64,
    /// Pixels from one window to the next.
    pub stride: i64,
    /// Groups of channels that do not see each other.
    pub groups: i64,
}

/// What follows a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Negative values become 0.
    Relu,
}

/// Whether this libtorch can fuse convolutions on `device` in `kind`.
pub fn can_fuse(device: Device, kind: Kind) -> bool {
    device == Device::Cpu && matches!(kind, Kind::Float | Kind::BFloat16) && SCRIPT.module().is_some()
}

/// The kernel in the order that oneDNN takes for images of `image` (n, channels, h, w); only [`fused_conv`] and
/// [`fused_conv_add_relu`] take it.
///
/// # Errors
/// `Backend` where oneDNN has no such convolution; `OutOfMemory`.
pub fn pack_kernel(kernel: &Tensor, sizes: ConvSizes, image: &[i64]) -> Result<Tensor> {
    let ConvSizes { padding, stride, groups } = sizes;
    let kernel = kernel.f_contiguous()?.f_to_mkldnn(None)?;
    Ok(kernel.f_mkldnn_reorder_conv2d_weight([padding; 2], [stride; 2], [1, 1], groups, image)?)
}

/// The convolution of `x` with a packed kernel and what follows it.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn fused_conv(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    sizes: ConvSizes,
    after: After,
) -> Result<Tensor> {
    let after = if after == After::Relu { "relu" } else { "none" };
    let mut arguments = vec![IValue::Tensor(x.shallow_clone())];
    arguments.extend(kernel_arguments(kernel, bias, sizes));
    arguments.push(IValue::String(after.to_owned()));
    call("conv", &arguments)
}

/// `relu(conv(x) + sum)`.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn fused_conv_add_relu(
    x: &Tensor,
    sum: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    sizes: ConvSizes,
) -> Result<Tensor> {
    let mut arguments = vec![IValue::Tensor(x.shallow_clone()), IValue::Tensor(sum.shallow_clone())];
    arguments.extend(kernel_arguments(kernel, bias, sizes));
    call("conv_add_relu", &arguments)
}

fn kernel_arguments(kernel: &Tensor, bias: Option<&Tensor>, sizes: ConvSizes) -> [IValue; 5] {
    [
        IValue::Tensor(kernel.shallow_clone()),
        bias.map_or(IValue::None, |bias| IValue::Tensor(bias.shallow_clone())),
        IValue::IntList(vec![sizes.padding; 2]),
        IValue::IntList(vec![sizes.stride; 2]),
        IValue::Int(sizes.groups),
    ]
}

fn call(method: &str, arguments: &[IValue]) -> Result<Tensor> {
    match SCRIPT.call(method, arguments)? {
        IValue::Tensor(tensor) => Ok(tensor),
        other => fail!(Internal, "{method} gave {other:?}, expected a tensor"),
    }
}
