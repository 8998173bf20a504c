//! Weights trained elsewhere to a model file of ours, and back.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Device;

use crate::control::Control;
use crate::error::Result;
use crate::model::import::{
    ImportPart, ImportReport, WeightNames, compare_weights, export_weights, import_weights, read_weights,
    write_weights,
};
use crate::model::{ModelFile, Network, TrainingRecord, Weights};
use crate::train::TrainingSpec;
use crate::volume::SampleUnit;

/// How weights are imported.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The network, and the seed of what the file does not give.
    pub training: TrainingSpec,
    /// Where in the network the weights belong.
    pub part: ImportPart,
    /// Whether missing, unexpected and unfitting tensors are passed over.
    pub partial: bool,
}

/// Makes the recipe's network with the weights of a safetensors or PyTorch file and writes it to `output` as a model file to start a
/// training from. What became of each tensor is in the report, and what did not fit is a warning.
///
/// # Errors
/// Those of reading the file; `ModelMismatch` when the weights do not fit; `Io`.
pub fn import_model(
    weights: &Path,
    output: &Path,
    options: &ImportOptions,
    control: &Control<'_>,
) -> Result<ImportReport> {
    let training = &options.training;
    training.check()?;
    control.step("import", 0, 1)?;
    let source = read_weights(weights)?;
    let channels = training.input.channels.len();
    let network = Network::new(&training.network, channels, Weights::new(Device::Cpu, training.seed))?;
    list(&compare_weights(&network, &source, options.part)?, channels, control);
    let report = import_weights(&network, &source, options.part, options.partial)
        .map_err(|error| error.at(weights))?;
    let model = ModelFile {
        network: training.network.clone(),
        // What depends on data is set by a training that starts from here.
        contract: training.input.contract([0.0, 1.0], SampleUnit::Milliseconds, None, None),
        threshold: training.threshold,
        temperature: 1.0,
        training: TrainingRecord {
            recipe: training.name.clone(),
            seed: training.seed,
            library: env!("CARGO_PKG_VERSION").to_owned(),
            data_hash: String::new(),
            initial: None,
            tiles: 0,
            epochs: 0,
            metrics: BTreeMap::new(),
        },
    };
    model.write(output, network.weights())?;
    control.step("import", 1, 1)?;
    Ok(report)
}

/// Tells what became of the tensors: those that match by stage, all others by name.
fn list(report: &ImportReport, channels: usize, control: &Control<'_>) {
    let mut stages: BTreeMap<String, usize> = BTreeMap::new();
    for name in &report.matched {
        let stage: Vec<&str> = name.split('.').take(2).collect();
        *stages.entry(stage.join(".")).or_default() += 1;
    }
    for (stage, count) in stages {
        control.info(&format!("matched: {stage}, {count} tensors"));
    }
    for name in &report.adapted {
        control.info(&format!("adapted to {channels} input planes: {name}"));
    }
    // Each normalisation has a counter: not worth a line each.
    for name in report.ignored.iter().filter(|name| !name.ends_with(".num_batches_tracked")) {
        control.info(&format!("not needed: {name}"));
    }
    for (what, names) in [
        ("missing in the file", &report.missing),
        ("in the file and not in the network", &report.unexpected),
        ("of another shape", &report.wrong_shape),
    ] {
        for name in names {
            control.warn(&format!("{what}: {name}"));
        }
    }
}

/// Writes the weights of a model file, or of its encoder, as safetensors with names that PyTorch software knows. Gives the number of
/// tensors.
///
/// # Errors
/// Those of reading the model; `InvalidArgument` for names that the network has not; `Io`.
pub fn export_model(model: &Path, output: &Path, part: ImportPart, names: WeightNames) -> Result<usize> {
    let (_, network) = ModelFile::read(model, Device::Cpu)?;
    let tensors = export_weights(&network, part, names)?;
    write_weights(output, &tensors)?;
    Ok(tensors.len())
}
