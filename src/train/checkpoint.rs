//! The whole state of a training, to go on from as if nothing had happened.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::mean_weights::RunningMean;
use super::{Optimizer, Seconds, TrainingSpec};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::model::artifact::{read_safetensors, save_tensors};
use crate::model::{NamedTensors, Network};
use crate::tiling::InputContract;

/// Where a training stands, between two steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// The stage under way, from 0.
    pub(super) stage: usize,
    /// Finished epochs of the stage.
    pub(super) stage_epoch: usize,
    /// Finished epochs of all stages.
    pub(super) epoch: usize,
    /// Finished steps of the epoch under way.
    pub(super) step: usize,
    /// Finished steps of the stage.
    pub(super) stage_steps: u64,
    /// Finished steps since the start.
    pub(super) steps: u64,
    /// Sum of the losses of the epoch's finished steps.
    pub(super) loss_sum: f64,
    /// The best validation score so far, and its IoU.
    pub(super) best: Option<[f64; 2]>,
    /// SHA-256 over the tensors that the training started from, if from a model.
    pub(super) initial: Option<String>,
}

/// What must be equal for a checkpoint to be gone on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) training: TrainingSpec,
    pub(super) contract: InputContract,
    pub(super) data_hash: String,
    pub(super) validation_hash: String,
    pub(super) kind: String,
}

/// What changes from step to step.
pub(super) struct State {
    pub(super) network: Network,
    pub(super) mean: Option<RunningMean>,
    pub(super) optimizer: Optimizer,
    pub(super) position: Position,
    /// Time spent on the epoch under way.
    pub(super) seconds: Seconds,
}

#[derive(Serialize, Deserialize)]
struct Text {
    identity: Identity,
    position: Position,
    seconds: Seconds,
    optimizer_steps: i32,
}

impl State {
    /// The network that is validated and kept.
    pub(super) fn judged(&self) -> &Network {
        self.mean.as_ref().map_or(&self.network, |mean| &mean.network)
    }

    /// Writes the state, whole or not at all.
    pub(super) fn save(&self, path: &Path, identity: &Identity) -> Result<()> {
        let text = Text {
            identity: identity.clone(),
            position: self.position.clone(),
            seconds: self.seconds,
            optimizer_steps: self.optimizer.steps(),
        };
        let text = serde_json::to_string(&text).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("cannot encode a checkpoint: {error}"))
        })?;
        let named = |prefix: &str, tensors: Vec<(String, Tensor)>| -> Vec<(String, Tensor)> {
            tensors.into_iter().map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)).collect()
        };
        let mut tensors = named("network", self.network.weights().all());
        tensors.extend(named("optimizer", self.optimizer.state()));
        if let Some(mean) = &self.mean {
            tensors.extend(named("mean", mean.network.weights().all()));
        }
        save_tensors(path, &tensors, &text)
    }

    /// Takes back what [`State::save`] wrote. The optimizer must be that of the checkpoint's stage: `optimizer` makes it.
    pub(super) fn restore(
        &mut self,
        path: &Path,
        identity: &Identity,
        optimizer: impl Fn(usize) -> Optimizer,
    ) -> Result<()> {
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
        if self.position.initial != text.position.initial {
            fail!(
                InvalidArgument,
                "{}: cannot resume, this training began from {}, not from {}; give the same initial weights",
                path.display(),
                beginning(&text.position.initial),
                beginning(&self.position.initial)
            );
        }
        let about = |error: Error| error.at(path);
        self.network.weights().copy_from(&below("network.", &tensors)).map_err(about)?;
        self.optimizer = optimizer(text.position.stage);
        let weights = self.network.weights().trainable();
        self.optimizer
            .restore(text.optimizer_steps, &weights, &below("optimizer.", &tensors))
            .map_err(about)?;
        if let Some(mean) = &self.mean {
            mean.network.weights().copy_from(&below("mean.", &tensors)).map_err(about)?;
        }
        self.position = text.position;
        self.seconds = text.seconds;
        Ok(())
    }
}

/// What a training began from, in words.
fn beginning(initial: &Option<String>) -> String {
    match initial {
        Some(digest) => format!("a model whose weights have the SHA-256 {digest}"),
        None => "random weights".to_owned(),
    }
}

/// The tensors whose names begin so, without the beginning.
fn below(prefix: &str, tensors: &NamedTensors) -> BTreeMap<String, Tensor> {
    let kept = tensors
        .iter()
        .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor.shallow_clone())));
    kept.collect()
}

impl Identity {
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let changed = [
            (self.training != other.training, "the recipe has changed"),
            (
                self.contract != other.contract,
                "the input contract has changed (depths, sample interval or trace spacing of the data)",
            ),
            (self.data_hash != other.data_hash, "the training data have changed"),
            (self.validation_hash != other.validation_hash, "the validation data have changed"),
            (self.kind != other.kind, "the precision has changed"),
        ];
        changed.into_iter().find_map(|(differs, what)| differs.then_some(what))
    }
}
