//! The border to libtorch: devices, failures, and the way of arrays in and out.
//!
//! Everything above works with fallible `f_` operations, whose failures become [`crate::Error`] here.

mod convert;
mod convolution;
mod device;
mod failure;
mod fused;
mod precision;

pub use convert::{channels_last, cut, from_f32, from_f32_pinned, to_f32};
pub use convolution::conv2d;
pub use device::{DeviceChoice, device_names, libtorch_version};
pub use fused::{
    AdamStep, After, ConvSizes, SgdStep, can_fuse, fused_adam, fused_conv, fused_conv_add_relu, fused_sgd,
    pack_kernel,
};
pub use precision::{DeviceInfo, Precision, precision_name};
