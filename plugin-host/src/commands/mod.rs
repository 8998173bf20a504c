//! One file per command; each gives a [`Report`].

mod bench;
mod completions;
mod cross_validate;
mod dataset;
mod demo;
mod demo_places;
mod demo_summary;
mod evaluate;
mod export;
mod host;
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

use host::Host;

use crate::args::{Cli, Command};
use crate::failure::HostError;
use crate::plugin::Plugin;
use crate::report::Report;
use crate::terminal::Terminal;

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
