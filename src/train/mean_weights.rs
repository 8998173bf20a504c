//! Means of weights: running, and of the best epochs.

use std::path::PathBuf;

use tch::Device;

use super::batch::Changes;
use super::loader::{Reading, each_batch};
use super::{AverageSpec, AverageStatistics, MeanWeights, TileSource, TrainingSpec};
use crate::control::Control;
use crate::error::Result;
use crate::model::{ModelFile, NamedTensors, Network, Pass, Weights};

/// A network whose weights follow those of another.
pub(super) struct RunningMean {
    pub(super) network: Network,
    decay: f64,
}

impl RunningMean {
    /// Begins at the weights of `network`.
    pub(super) fn new(network: &Network, training: &TrainingSpec, spec: MeanWeights) -> Result<Self> {
        let weights = Weights::blank(network.weights().device());
        let mean = Network::new(&training.network, training.input.channels.len(), weights)?;
        let start: NamedTensors = network.weights().all().into_iter().collect();
        mean.weights().copy_from(&start)?;
        Ok(Self { network: mean, decay: spec.decay })
    }

    /// Goes a step towards the other's weights; `steps` were made so far, this one included.
    pub(super) fn follow(&self, network: &Network, steps: u64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let steps = steps as f64;
        let step = 1.0 - self.decay.min((1.0 + steps) / (10.0 + steps));
        for ((_, mean), (_, now)) in self.network.weights().all().iter().zip(&network.weights().all()) {
            let _ = mean.shallow_clone().f_lerp_(now, step)?;
        }
        Ok(())
    }
}

/// The weights `newest (1 - newest)^k`, newest first; the last takes what is left, so that they sum to 1.
pub(super) fn shares(count: usize, newest: f64) -> Vec<f64> {
    let rest = |k: usize| (1.0 - newest).powi(k as i32);
    (0..count).map(|k| if k + 1 == count { rest(k) } else { newest * rest(k) }).collect()
}

/// A network with the weighted mean of the weights of model files, newest first.
pub(super) fn average(
    files: &[PathBuf],
    spec: &AverageSpec,
    training: &TrainingSpec,
    device: Device,
) -> Result<Network> {
    let mut sum = NamedTensors::new();
    for (file, share) in files.iter().zip(shares(files.len(), spec.newest)) {
        for (name, tensor) in ModelFile::read_initial(file, &training.network)?.0 {
            let part = tensor.f_mul_scalar(share)?;
            let total = match sum.remove(&name) {
                Some(so_far) => so_far.f_add(&part)?,
                None => part,
            };
            sum.insert(name, total);
        }
    }
    let network = Network::new(&training.network, training.input.channels.len(), Weights::blank(device))?;
    network.weights().copy_from(&sum)?;
    Ok(network)
}

/// Replaces the running statistics by means over the training tiles, unchanged and in order, if the spec says so.
pub(super) fn settle_statistics(
    network: &Network,
    spec: &AverageSpec,
    tiles: &dyn TileSource,
    training: &TrainingSpec,
    control: &Control<'_>,
) -> Result<()> {
    if spec.statistics == AverageStatistics::Averaged {
        return Ok(());
    }
    let _guard = tch::no_grad_guard();
    let indices: Vec<usize> = (0..tiles.len()).collect();
    // A last batch of few tiles would count as much as a whole one.
    let whole: Vec<&[usize]> = indices.chunks_exact(training.batch.min(indices.len().max(1))).collect();
    let total = whole.len() as u64;
    let reading = Reading { source: tiles, batches: whole, changes: Changes::None };
    each_batch(&reading, |number, batch, _| {
        control.step("statistics", number as u64, total)?;
        network.forward(&batch.to(network.weights().device())?.input, &Pass::statistics(number)).map(drop)
    })?;
    control.step("statistics", total, total)
}
