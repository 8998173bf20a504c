//! From probabilities to what an interpreter asks for.

mod maps;

pub use maps::{SaltMaps, salt_maps};
