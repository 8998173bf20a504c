//! One file per command; each gives a [`Report`].

mod bench;
mod completions;
mod cross_validate;
mod dataset;
mod demo;
mod demo_summary;
mod evaluate;
mod export;
mod info;
mod learn;
mod model;
mod mosaic;
mod predict;
mod rates;
mod recipes;
mod runs;
mod scan;
mod synth;
mod tgs;
mod train;

use std::path::Path;

use crate::args::{Cli, Command, DeviceArgs, ReadArgs};
use crate::failure::HostError;
use crate::plugin::{ModelChoice, Plugin, Survey, SurveyChoice};
use crate::report::Report;
use crate::terminal::Terminal;

/// What every command works with.
#[derive(Clone, Copy)]
struct Host<'a> {
    plugin: Plugin,
    terminal: &'a Terminal,
}

/// Runs the command.
///
/// # Errors
/// Whatever fails.
pub(crate) fn run(cli: &Cli, terminal: &Terminal) -> Result<Report, HostError> {
    if let Command::Completions(args) = &cli.command {
        return Ok(completions::run(args));
    }
    if let Command::Runs(args) = &cli.command {
        return runs::run(args);
    }
    let host = Host { plugin: Plugin::load(cli.global.library.as_deref())?, terminal };
    match &cli.command {
        Command::Info => info::run(host),
        Command::Scan(args) => scan::run(host, args),
        Command::Synth(args) => synth::run(host, args),
        Command::Dataset(args) => dataset::run(host, args),
        Command::Mosaic(args) => mosaic::run(host, args),
        Command::Recipe(args) => recipes::run(host, args),
        Command::Tgs(args) => tgs::run(host, args),
        Command::Train(args) => train::run(host, args),
        Command::CrossValidate(args) => cross_validate::run(host, args),
        Command::Rates(args) => rates::run(host, args),
        Command::Runs(args) => runs::run(args),
        Command::Model(args) => model::run(host, args),
        Command::Predict(args) => predict::run(host, args),
        Command::Finish(args) => predict::finish(host, args),
        Command::Evaluate(args) => evaluate::run(host, args),
        Command::Export(args) => export::run(host, args),
        Command::Bench(args) => bench::run(host, args),
        Command::Demo(args) => demo::run(host, args),
        Command::Completions(args) => Ok(completions::run(args)),
    }
}

impl Host<'_> {
    /// Opens a survey, with progress.
    fn open(&self, path: &Path, read: &SurveyChoice) -> Result<Survey, HostError> {
        self.terminal.check()?;
        self.plugin.open_survey(path, read, &mut self.terminal.task()).map_err(|error| error.at(path))
    }

    /// # Errors
    /// When this build of the library cannot train and predict.
    fn need_torch(&self, what: &str) -> Result<(), HostError> {
        match self.plugin.has_torch() {
            true => Ok(()),
            false => Err(HostError::status(
                crate::abi::UNSUPPORTED,
                format!("{what} needs libtorch, which this build of the library was made without"),
            )),
        }
    }
}

impl ReadArgs {
    /// In the library's terms.
    fn choice(&self) -> SurveyChoice {
        let named = [
            ("inline", &self.inline_byte),
            ("crossline", &self.crossline_byte),
            ("x", &self.x_byte),
            ("y", &self.y_byte),
            ("scalar", &self.scalar_byte),
        ];
        let fields: Vec<String> = named
            .into_iter()
            .filter_map(|(name, field)| field.as_ref().map(|field| format!("{name}={field}")))
            .collect();
        SurveyChoice {
            fields: fields.join(","),
            no_guess: self.no_guess,
            duplicates: self.duplicates as i32,
            offset: self.offset,
            no_index: self.no_index,
            byte_order: self.byte_order as i32,
            sample_unit: self.sample_unit as i32,
            sample_interval: self.sample_interval.unwrap_or_default(),
            crs: self.crs.clone(),
        }
    }

    /// For a volume that the library wrote after the survey that this is for: numbers are big-endian again.
    fn choice_of_result(&self) -> SurveyChoice {
        SurveyChoice { byte_order: 0, ..self.choice() }
    }
}

impl DeviceArgs {
    /// In the library's terms.
    fn choice(&self, batch: Option<i32>) -> ModelChoice {
        ModelChoice {
            device: Some(self.device.clone()),
            precision: Some(self.precision.name().to_owned()),
            batch: batch.unwrap_or_default(),
            deterministic: false,
        }
    }
}
