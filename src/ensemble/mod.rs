//! Several predictions of the same tiles to one: means with given weights, or with weights fitted to what is known.

mod blend;
mod simplex;
mod stack;

pub use blend::blend;
#[cfg(feature = "torch")]
pub(crate) use stack::LEAST_TILES;
pub use stack::{Stacking, stack};
