//! Networks: parts, their assembly from a spec, and the model file.
//!
//! Images are (batch, channels, rows, columns), rows are samples and columns traces. Networks give
//! logits; probabilities are their sigmoid. Weight names are PyTorch's.

pub mod artifact;
mod blocks;
mod decoders;
mod encoders;
mod heads;
mod network;
mod spec;
mod weights;

pub use artifact::{ModelFile, TrainingRecord};
pub use network::Network;
pub use spec::{NetworkSpec, ResidualSeUnet, Squeeze};
pub use weights::{Scope, Weights};
