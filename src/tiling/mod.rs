//! From sections to network input and back: contract, tile plan, extraction, windows, stitching.

mod contract;

pub use contract::{AmplitudeMap, AmplitudeScaling, Channel, InputContract, Padding};
