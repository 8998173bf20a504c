//! Arrays in and out of libtorch.

use tch::{Device, Kind, Tensor};

use crate::error::Result;

/// A float32 tensor of `shape` on `device`, from row-major values.
///
/// # Errors
/// `Backend` when the number of values is not that of the shape; `OutOfMemory`.
pub fn from_f32(values: &[f32], shape: &[i64], device: Device) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(values)?.f_reshape(shape)?.f_to_device(device)?)
}

/// The same through pinned memory where `device` is a GPU, so that the call need not wait for the copy.
///
/// # Errors
/// As [`from_f32`].
pub fn from_f32_pinned(values: &[f32], shape: &[i64], device: Device) -> Result<Tensor> {
    let tensor = Tensor::f_from_slice(values)?.f_reshape(shape)?;
    Ok(match device {
        Device::Cpu => tensor,
        _ => tensor.f_pin_memory(device)?.f_to_device_(device, Kind::Float, true, false)?,
    })
}

/// The values of a tensor of any kind and device, row-major, into `out`.
///
/// # Errors
/// `Backend` when `out` is shorter than the tensor.
pub fn to_f32(tensor: &Tensor, out: &mut [f32]) -> Result<()> {
    let tensor = tensor.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    Ok(tensor.f_copy_data(out, tensor.numel())?)
}

/// The same (n, c, h, w) values with channels innermost in memory, the layout that convolutions run
/// fastest in; tch has no memory-format argument, so the axes are moved, made dense, and moved back.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor> {
    let innermost = tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?;
    let (_, channels, rows, columns) = innermost.size4()?;
    let strides = [rows * columns * channels, 1, columns * channels, channels];
    if innermost.stride() == strides {
        return Ok(innermost);
    }
    // One channel, or one pixel: dense in both layouts, and libtorch goes by the strides of the axes of size 1.
    Ok(innermost.f_as_strided(innermost.size(), strides, None)?)
}

/// `size` rows and columns of (n, c, h, w) from row and column `first`. The image itself where that is all of it: the
/// gradient of a part is two passes over the whole.
///
/// # Errors
/// `Backend` where the image is smaller.
pub fn cut(image: &Tensor, first: [i64; 2], size: [i64; 2]) -> Result<Tensor> {
    let (_, _, rows, columns) = image.size4()?;
    if size == [rows, columns] {
        return Ok(image.shallow_clone());
    }
    Ok(image.f_narrow(2, first[0], size[0])?.f_narrow(3, first[1], size[1])?)
}
