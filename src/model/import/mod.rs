//! Weights trained elsewhere, into a network of ours and back.

mod adapt;
mod names;
mod part;
mod pickle;
mod read;
mod torch_file;

use std::path::Path;

use serde::Serialize;
use tch::Tensor;

pub use self::names::WeightNames;
pub use self::part::ImportPart;
pub use self::read::read_weights;
use super::artifact::save_plain;
use super::network::Network;
use super::weights::NamedTensors;
use crate::error::{Result, fail};

/// What became of each tensor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportReport {
    /// Tensors of the network that have got their values.
    pub matched: Vec<String>,
    /// Those among them whose input channels were adapted.
    pub adapted: Vec<String>,
    /// Tensors of the part that the file does not have.
    pub missing: Vec<String>,
    /// Tensors of the file that the part does not have.
    pub unexpected: Vec<String>,
    /// Tensors of another shape, with both shapes.
    pub wrong_shape: Vec<String>,
    /// Tensors of the file that no network of ours needs: a classifier, counters of batches.
    pub ignored: Vec<String>,
}

impl ImportReport {
    /// Whether every tensor of both sides has found its place.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty()
    }

    fn differences(&self) -> String {
        let lists = [
            (self.missing.len(), "missing", &self.missing),
            (self.unexpected.len(), "unexpected", &self.unexpected),
            (self.wrong_shape.len(), "of another shape", &self.wrong_shape),
        ];
        let parts = lists.iter().filter(|(count, ..)| *count > 0).map(|(count, what, names)| {
            let some = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("{count} {what} ({some}{})", if *count > 3 { ", ..." } else { "" })
        });
        parts.collect::<Vec<_>>().join("; ")
    }
}

/// Finds the place of each tensor of `source` in the network, and changes nothing. Names may be torchvision's, timm's or Cadene's.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn compare_weights(network: &Network, source: &NamedTensors, part: ImportPart) -> Result<ImportReport> {
    Ok(find_places(network, source, part)?.0)
}

/// Gives the network the values of `source`, whose names may be torchvision's, timm's or Cadene's. A first convolution for
/// three input planes is adapted to the network's: one plane gets the sum over the three, further planes their mean.
///
/// # Errors
/// `ModelMismatch` when tensors are missing, unexpected or of another shape, unless `partial`; when none fits, always. The
/// network is unchanged then.
pub fn import_weights(
    network: &Network,
    source: &NamedTensors,
    part: ImportPart,
    partial: bool,
) -> Result<ImportReport> {
    let (report, found) = find_places(network, source, part)?;
    if report.matched.is_empty() || !(partial || report.is_complete()) {
        fail!(
            ModelMismatch,
            "the weights do not fit the {}: {} of {} tensors match; {}{}",
            if part == ImportPart::Encoder { "encoder" } else { "network" },
            report.matched.len(),
            report.matched.len() + report.missing.len() + report.wrong_shape.len(),
            report.differences(),
            if report.matched.is_empty() {
                ": look whether the recipe names the network that they are from"
            } else {
                ": take the recipe that they are from, or allow a partial import"
            }
        );
    }
    for (target, value) in found {
        tch::no_grad(|| target.shallow_clone().f_copy_(&value).map(|_| ()))?;
    }
    Ok(report)
}

/// What became of each tensor, and the places with their new values.
fn find_places(
    network: &Network,
    source: &NamedTensors,
    part: ImportPart,
) -> Result<(ImportReport, Vec<(Tensor, Tensor)>)> {
    let prefix = match part {
        ImportPart::Encoder => "encoder.",
        ImportPart::Network => "",
    };
    let mut places: NamedTensors =
        network.weights().all().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    let mut report = ImportReport::default();
    let mut found = Vec::new();
    for (foreign, tensor) in source {
        let Some(name) = names::ours(foreign, part) else {
            report.ignored.push(foreign.clone());
            continue;
        };
        // A second tensor for a place that is taken is as unexpected as one without a place.
        let Some(place) = places.remove(&name) else {
            report.unexpected.push(foreign.clone());
            continue;
        };
        let adapted = adapt::first_convolution(&name, tensor, &place.size())?;
        let was_adapted = adapted.is_some();
        let value = adapted.unwrap_or_else(|| tensor.shallow_clone());
        if value.size() != place.size() {
            let shapes = (tensor.size(), place.size());
            report.wrong_shape.push(format!("{foreign} {:?} against {name} {:?}", shapes.0, shapes.1));
            continue;
        }
        if was_adapted {
            report.adapted.push(name.clone());
        }
        report.matched.push(name);
        found.push((place, value));
    }
    let added = |name: &String| names::is_addition(name);
    if part == ImportPart::Encoder && !report.matched.iter().any(added) {
        // Trained elsewhere, before the gates came: they keep their initial values.
        places.retain(|name, _| !added(name));
    }
    report.missing = places.into_keys().collect();
    Ok((report, found))
}

/// The tensors of a network, or of its encoder without the prefix `encoder.`, by names that other software knows.
///
/// # Errors
/// `InvalidArgument` for Cadene's names of an encoder that has none.
pub fn export_weights(network: &Network, part: ImportPart, names: WeightNames) -> Result<NamedTensors> {
    let mut out = NamedTensors::new();
    for (name, tensor) in network.weights().all() {
        let name = match part {
            ImportPart::Network => name,
            ImportPart::Encoder => match name.strip_prefix("encoder.") {
                Some(name) => name.to_owned(),
                None => continue,
            },
        };
        out.insert(names::theirs(&name, names), tensor.f_detach()?);
    }
    if names == WeightNames::Cadene && !out.keys().any(|name| name.contains("layer0.conv1")) {
        fail!(
            InvalidArgument,
            "this encoder has no names in Cadene's style: only ResNets and SE-ResNeXts have"
        );
    }
    Ok(out)
}

/// Writes tensors as a safetensors file, whole or not at all; Python reads it with `safetensors.torch.load_file`.
///
/// # Errors
/// `Io` naming the file.
pub fn write_weights(path: &Path, tensors: &NamedTensors) -> Result<()> {
    let named: Vec<_> = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
    save_plain(path, &named)
}
