//! Diapir finds salt bodies in seismic data.
//!
//! ```text
//! SEG-Y / arrays / callbacks
//!    └─> volume ─> tiling ─> model ─> stitch ─> SEG-Y, GeoTIFF, pictures, report
//!                    ▲         ▲
//!              InputContract ─ model file (safetensors) <─ train
//! ```
//!
//! Data flows one way, and so do imports: each module uses only modules of a lower rank (see
//! `ARCHITECTURE.md`; `tests/architecture` enforces it). The C ABI in `capi` is a thin skin
//! over the public Rust API.

pub mod capi;
pub mod control;
pub mod ensemble;
pub mod error;
pub mod export;
#[cfg(feature = "torch")]
pub mod fit;
#[cfg(feature = "torch")]
pub mod infer;
#[cfg(feature = "torch")]
pub mod loss;
pub mod metrics;
#[cfg(feature = "torch")]
pub mod model;
pub mod mosaic;
pub mod output;
pub mod predict;
#[cfg(feature = "torch")]
pub mod recipe;
pub mod rules;
pub mod segy;
pub mod synth;
pub mod systems;
#[cfg(feature = "torch")]
pub mod tensor;
pub mod tileset;
pub mod tiling;
#[cfg(feature = "torch")]
pub mod train;
pub mod volume;

pub use control::Control;
pub use error::{Error, ErrorKind, Result};

/// The README's Rust example, compiled.
#[cfg(all(doctest, feature = "torch"))]
#[doc = include_str!("../README.md")]
struct Readme;
