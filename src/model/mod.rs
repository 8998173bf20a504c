//! Networks: parts, their assembly from a spec, and the model file.
//!
//! Images are (batch, channels, rows, columns), rows are samples and columns traces. Networks give
//! logits; probabilities are their sigmoid. Weight names are PyTorch's.

pub mod artifact;
mod blocks;
mod decoders;
mod describe;
mod encoders;
mod fusion;
mod heads;
pub mod import;
mod network;
mod pass;
pub mod spec;
mod weights;

pub use artifact::{ModelFile, TrainingRecord};
pub use describe::StageRow;
pub use heads::Logits;
pub use network::Network;
pub use pass::Pass;
pub use spec::NetworkSpec;
pub use weights::{Form, NamedTensors, Scope, Weights};
