//! `diapir`: the reference host of libdiapir. It knows the library through its C ABI only.
//!
//! ```text
//! args, config ─> commands ─> plugin (safe owners) ─> api (function table) ─> libdiapir
//!                     └─────> terminal, progress, report
//! ```

mod abi;
mod api;
mod args;
mod commands;
mod config;
mod failure;
mod interrupt;
mod locate;
mod outputs;
mod plugin;
mod progress;
mod recipe;
mod report;
mod terminal;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use args::Cli;
use failure::{HostError, exit};
use interrupt::Interrupt;
use terminal::Terminal;

fn main() -> ExitCode {
    plugin::wait_passively();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match parse(&arguments) {
        Ok(cli) => run(&cli),
        Err(code) => code,
    }
}

fn run(cli: &Cli) -> ExitCode {
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(error) => {
            let error = HostError::status(abi::DIAPIR_STATUS_IO, format!("cannot listen to Ctrl-C: {error}"));
            return fail(&Terminal::early(cli.global.json), &error);
        }
    };
    let terminal = Terminal::new(&cli.global, interrupt);
    let printed = commands::run(cli, &terminal)
        .and_then(|report| terminal.print_report(&report).map(|()| report.found_fault));
    match printed {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(exit::FAULT),
        Err(error) => fail(&terminal, &error),
    }
}

fn fail(terminal: &Terminal, error: &HostError) -> ExitCode {
    terminal.print_error(error);
    ExitCode::from(error.exit_code())
}

/// The parsed command line, or the code to exit with: help was printed, or the usage is wrong.
fn parse(arguments: &[OsString]) -> Result<Cli, ExitCode> {
    let json = arguments.iter().any(|argument| argument == "--json");
    let config = config::named_in(arguments);
    let mut command = Cli::command();
    if let Some(path) = &config {
        command = config::apply(command, path).map_err(|error| fail(&Terminal::early(json), &error))?;
    }
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        if !error.use_stderr() {
            // Help or version; a reader that has gone away is no failure.
            let _written = error.print();
            return ExitCode::SUCCESS;
        }
        if !json {
            let _written = error.print();
            if let Some(path) = config {
                Terminal::early(false).print_message(&format!("defaults come from {}", path.display()));
            }
            return ExitCode::from(exit::USAGE);
        }
        let text = error.render().to_string();
        let message = text.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
        fail(&Terminal::early(true), &HostError::usage(message))
    })
}
