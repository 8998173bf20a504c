//! The commands; each gives its result as JSON and as lines for people.

mod demo;
mod predict;
mod report;
mod simple;
mod train;

use serde_json::Value;

use crate::args::{Cli, Command, Headers};
use crate::plugin::{Plugin, Result, Survey};
use crate::terminal::Terminal;
use std::path::Path;

/// What a command found out.
pub(crate) struct Outcome {
    pub json: Value,
    pub lines: Vec<String>,
}

pub(crate) fn run(cli: &Cli, plugin: Plugin, terminal: &Terminal) -> Result<Outcome> {
    match &cli.command {
        Command::Info { model: Some(model), .. } => simple::model(plugin, model),
        Command::Info { recipe: Some(recipe), .. } => simple::recipe(plugin, recipe),
        Command::Info { .. } => simple::info(plugin),
        Command::Scan { survey, headers } => simple::scan(plugin, survey, headers, terminal),
        Command::Synth { seed, size, seismic, label } => {
            simple::synth(plugin, (*seed, size.0), [seismic, label], terminal)
        }
        Command::Train(job) => train::train(plugin, job, terminal),
        Command::Predict(job) => predict::predict(plugin, job, terminal),
        Command::Evaluate { probability, label, threshold } => {
            simple::evaluate(plugin, [probability, label], *threshold, terminal)
        }
        Command::Demo { output, seed, recipe, size } => {
            demo::demo(plugin, output, (*seed, size.0, recipe), terminal)
        }
        Command::Completions { .. } => Ok(Outcome { json: Value::Null, lines: Vec::new() }),
    }
}

fn open(plugin: Plugin, path: &Path, headers: &Headers, terminal: &Terminal) -> Result<Survey> {
    let fill = |options: &mut crate::abi::SurveyOptions| {
        options.inline_byte = headers.inline_byte;
        options.crossline_byte = headers.crossline_byte;
        options.x_byte = headers.x_byte;
        options.y_byte = headers.y_byte;
        options.sample_unit = headers.sample_unit.map_or(0, |unit| unit as i32);
        options.sample_interval = headers.sample_interval;
    };
    plugin.open(path, fill, headers.crs.as_deref(), terminal)
}

fn open_pairs(plugin: Plugin, paths: &[std::path::PathBuf], terminal: &Terminal) -> Result<Vec<[Survey; 2]>> {
    let headers = Headers::default();
    let pair = |pair: &[std::path::PathBuf]| {
        Ok([open(plugin, &pair[0], &headers, terminal)?, open(plugin, &pair[1], &headers, terminal)?])
    };
    paths.chunks_exact(2).map(pair).collect()
}
