//! Functions of libtorch that tch has none for: oneDNN's convolutions with what follows them fused, and optimizers that
//! change all weights in one pass over memory. TorchScript modules of a few lines hand the arguments on (made by
//! `scripts/fused.py`).

mod convolutions;
mod optimizers;
mod script;

pub use self::convolutions::{After, ConvSizes, can_fuse, fused_conv, fused_conv_add_relu, pack_kernel};
pub use self::optimizers::{AdamStep, SgdStep, fused_adam, fused_sgd};
