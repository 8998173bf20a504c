//! Losses on logits: float32 (n, 1, h, w), targets 0 or 1 of the same shape; each gives one number.

mod bce;
mod lovasz;
mod spec;

pub use bce::bce;
pub use lovasz::{Hinge, lovasz_hinge};
pub use spec::LossSpec;
