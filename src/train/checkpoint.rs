//! The whole state of a training, to go on from as if nothing had happened.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{Adam, Recipe};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::model::artifact::{read_safetensors, save_tensors};
use crate::model::{Network, Weights};
use crate::tiling::InputContract;

/// Where a training stands, between two steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Finished epochs.
    pub epoch: usize,
    /// Finished steps of the epoch under way.
    pub step: usize,
    /// Finished steps since the start.
    pub steps: u64,
    /// Sum of the losses of the epoch's finished steps.
    pub loss_sum: f64,
    /// The best validation score so far, and its IoU.
    pub best: Option<[f64; 2]>,
    /// SHA-256 over the tensors that the training started from, if from a model.
    #[serde(default)]
    pub initial: Option<String>,
}

/// What must be equal for a checkpoint to be gone on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub recipe: Recipe,
    pub contract: InputContract,
    pub data_hash: String,
    pub kind: String,
}

#[derive(Serialize, Deserialize)]
struct Text {
    identity: Identity,
    position: Position,
    optimizer_steps: i32,
}

/// Writes the state, whole or not at all.
pub(super) fn save(
    path: &Path,
    identity: &Identity,
    position: &Position,
    network: &Network,
    adam: &Adam,
) -> Result<()> {
    let text = Text { identity: identity.clone(), position: position.clone(), optimizer_steps: adam.steps() };
    let text = serde_json::to_string(&text)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a checkpoint: {error}")))?;
    let named = |prefix: &str, tensors: Vec<(String, Tensor)>| -> Vec<(String, Tensor)> {
        tensors.into_iter().map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)).collect()
    };
    let mut tensors = named("network", network.weights().all());
    tensors.extend(named("adam", adam.state()));
    save_tensors(path, &tensors, &text)
}

/// Takes back what [`save`] wrote.
pub(super) fn restore(
    path: &Path,
    identity: &Identity,
    weights: &Weights,
    adam: &mut Adam,
) -> Result<Position> {
    let (text, tensors) = read_safetensors(path)?;
    let text: Text = serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::ModelMalformed, format!("not a training checkpoint: {error}")).at(path)
    })?;
    if let Some(difference) = identity.difference(&text.identity) {
        fail!(
            InvalidArgument,
            "{}: cannot resume, {difference} since this checkpoint; train into another folder or without resuming",
            path.display()
        );
    }
    let of = |prefix: &str| -> BTreeMap<String, Tensor> {
        let kept = tensors.iter().filter_map(|(name, tensor)| {
            Some((name.strip_prefix(prefix)?.to_owned(), tensor.shallow_clone()))
        });
        kept.collect()
    };
    weights.copy_from(&of("network.")).map_err(|error| error.at(path))?;
    adam.restore(text.optimizer_steps, &weights.trainable(), &of("adam.")).map_err(|error| error.at(path))?;
    Ok(text.position)
}

impl Identity {
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let changed = [
            (self.recipe != other.recipe, "the recipe has changed"),
            (self.contract != other.contract, "the surveys' axes have changed"),
            (self.data_hash != other.data_hash, "the training data have changed"),
            (self.kind != other.kind, "the precision has changed"),
        ];
        changed.into_iter().find_map(|(differs, what)| differs.then_some(what))
    }
}
