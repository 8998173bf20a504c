//! Losses on logits: float32 (n, 1, h, w), targets 0 or 1 of the same shape; each gives one number.

mod bce;
mod dice;
mod focal;
mod lovasz;
mod spec;
mod valid;

pub use bce::bce;
pub use dice::soft_dice;
pub use focal::focal;
pub use lovasz::{Hinge, lovasz_hinge, symmetric_lovasz};
pub use spec::{LossSpec, Over, Prediction, Target};
