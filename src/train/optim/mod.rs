//! Optimizers whose state can be saved, which libtorch's through tch cannot.

mod adam;

pub use adam::{Adam, AdamOptions};
