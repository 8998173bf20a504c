//! Convolutions whose gradients oneDNN computes rightly, and soon.

use tch::{Device, Kind, Tensor};

use super::ConvSizes;
use crate::error::Result;

/// Channels that oneDNN's float32 kernels take at once, with AVX-512; 8 with AVX2.
const BLOCK: i64 = 16;

/// The convolution of `x` (n, inputs, h, w) with `weight` (outputs, inputs / groups, size, size), to be trained through: what
/// oneDNN 3.10.2 computes wrongly is computed in another way.
///
/// - Its gradient of a bias in bfloat16 with AMX (`brgconv_bwd_w`) writes behind the bias where outputs do not fill their last block
///   of 16 and a thread is left without a block: that thread converts `outputs - 16 * blocks` numbers, a negative count, to where the
///   next block would be. Such a bias is added afterwards.
/// - Its gradient of a 1x1 kernel with a stride, in float32, writes behind its workspace where channels are innermost in memory and
///   fewer than a block (`jit_avx2_1x1` below 8, `jit_avx512_common_1x1` below 16; oneDNN issue 6035): crashes and hangs. Such a
///   convolution gets the pixels that it would look at, and no stride.
///
/// What it computes slowly, too: of depthwise convolutions in bfloat16 its fast gradients (`jit_dw`) know kernels up to 3x3 without a
/// stride. Others go through float32. Seen on one core of a Xeon with AVX512-BF16, forwards and back for 8 images with channels innermost,
/// at the sizes of EfficientNet-Lite0 for 128 x 128 (ms in bfloat16, by way of float32, in float32; the other memory order, planes one
/// after the other, took 1 to 7 times as long in float32):
///
/// | Channels, pixels | Kernel, stride | bfloat16 | by float32 | float32 |
/// |---|---|---|---|---|
/// | 144, 32 x 32 | 3, 1 | 2.7 | 3.1 | 1.9 |
/// | 96, 64 x 64 | 3, 2 | 31 | 12 | 3.1 |
/// | 144, 32 x 32 | 5, 2 | 50 | 5.3 | 4.2 |
/// | 240, 16 x 16 | 5, 1 | 25 | 5.1 | 4.4 |
/// | 672, 8 x 8 | 5, 1 | 21 | 5.8 | 5.6 |
/// | 672, 8 x 8 | 5, 2 | 44 | 3.1 | 2.8 |
/// | 1152, 4 x 4 | 5, 1 | 16 | 5.8 | 5.2 |
///
/// What is left in float32 is near what memory gives but for the gradient of 5x5 kernels, which is no `jit_dw` either.
///
/// # Errors
/// `Backend` for shapes that do not fit; `OutOfMemory`.
pub fn conv2d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, sizes: ConvSizes) -> Result<Tensor> {
    let ConvSizes { padding, stride, groups } = sizes;
    let (outputs, inputs, rows, columns) = weight.size4()?;
    let on_cpu = x.device() == Device::Cpu;
    let learns = x.requires_grad() || weight.requires_grad();
    let depthwise = groups > 1 && groups == outputs && inputs == 1;
    if on_cpu && learns && x.kind() == Kind::BFloat16 && depthwise && (rows > 3 || stride > 1) {
        let [x, weight] = [x, weight].map(|tensor| tensor.f_to_kind(Kind::Float));
        let bias = bias.map(|bias| bias.f_to_kind(Kind::Float)).transpose()?;
        return Ok(conv2d(&x?, &weight?, bias.as_ref(), sizes)?.f_to_kind(Kind::BFloat16)?);
    }
    let (within, after) = if on_cpu && x.kind() == Kind::BFloat16 && outputs % BLOCK != 0 {
        (None, bias)
    } else {
        (bias, None)
    };
    let picks = on_cpu && [rows, columns, padding] == [1, 1, 0] && stride > 1 && inputs < BLOCK;
    let picked = match picks {
        true => Some(x.f_slice(2, None, None, stride)?.f_slice(3, None, None, stride)?),
        false => None,
    };
    let (x, stride) = picked.as_ref().map_or((x, stride), |picked| (picked, 1));
    let mut y = x.f_conv2d(weight, within, [stride; 2], [padding; 2], [1, 1], groups)?;
    if let Some(bias) = after {
        y = y.f_add_(&bias.f_reshape([1, -1, 1, 1])?)?;
    }
    Ok(y)
}
