//! Layers and small groups of layers that the networks are made of.

mod attention;
mod conv;
mod conv_norm;
mod coordinates;
mod norm;
mod residual;
mod resnet;
mod squeeze;
mod upsample;

pub(super) use attention::DualAttention;
pub(super) use conv::{Conv, ConvShape, TransposedConv};
pub(super) use conv_norm::{ConvNorm, TransposedConvNorm};
pub(super) use coordinates::{COORDINATES, with_coordinates};
pub(super) use norm::{BatchNorm, NormRule};
pub(super) use residual::ResidualSe;
pub(super) use resnet::{BlockShape, ResidualBlock};
pub(super) use squeeze::global_mean;
pub(super) use upsample::{Upsample, bilinear, size_of};
