//! Layers and small groups of layers that the networks are made of.

mod conv;
mod norm;
mod residual;
mod squeeze;

pub(super) use conv::{Conv, TransposedConv};
pub(super) use norm::BatchNorm;
pub(super) use residual::ResidualSe;
pub(super) use squeeze::SqueezeExcite;
