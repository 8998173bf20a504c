//! `diapir train`.

use super::{Outcome, open_pairs, report};
use crate::args::Train;
use crate::plugin::{HostError, Plugin, Result, TrainJob};
use crate::terminal::Terminal;

/// The text of a recipe: a TOML file's, or a built-in one's.
pub(super) fn recipe(plugin: Plugin, named: &str) -> Result<String> {
    if named.ends_with(".toml") {
        return std::fs::read_to_string(named).map_err(|error| HostError::own(format!("{named}: {error}")));
    }
    plugin.recipe(named)
}

pub(super) fn train(plugin: Plugin, job: &Train, terminal: &Terminal) -> Result<Outcome> {
    let training = open_pairs(plugin, &job.survey, terminal)?;
    let validation = open_pairs(plugin, &job.validation, terminal)?;
    let report = plugin.train(
        &TrainJob {
            training: &training,
            validation: &validation,
            folder: &job.output,
            recipe: &recipe(plugin, &job.recipe)?,
            device: &job.place.device,
            precision: &job.place.precision,
            resume: job.resume,
        },
        terminal,
    )?;
    let (json, mut lines) = report::train(&report);
    lines.push(format!("model: {}", job.output.join("model.safetensors").display()));
    Ok(Outcome { json, lines })
}
