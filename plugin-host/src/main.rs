//! `diapir`: the reference host of libdiapir. It uses the public C ABI only.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "a command line program")]
#![allow(clippy::too_many_arguments, reason = "flat arguments are the ABI's way")]

mod abi;
mod api;
mod args;
mod commands;
mod plugin;
mod terminal;

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use args::{Cli, Command};
use plugin::{HostError, Plugin, Result};
use terminal::Terminal;

fn main() {
    let cli = Cli::parse();
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "diapir", &mut std::io::stdout());
        return;
    }
    match work(&cli) {
        Ok(outcome) if cli.json => println!("{}", outcome.json),
        Ok(outcome) => outcome.lines.iter().for_each(|line| println!("{line}")),
        Err(error) => fail(&cli, &error),
    }
}

fn work(cli: &Cli) -> Result<commands::Outcome> {
    let terminal = Terminal::new(cli.quiet)?;
    let plugin = Plugin { api: api::load(cli.library.as_deref())? };
    let outcome = commands::run(cli, plugin, &terminal);
    terminal.clear();
    outcome
}

fn fail(cli: &Cli, error: &HostError) -> ! {
    if cli.json {
        let HostError { status, name, message, path, byte } = error;
        println!(
            "{}",
            json!({"error": {"status": status, "name": name, "message": message, "path": path, "byte": byte}})
        );
    }
    let place = match (&error.path, error.byte) {
        (Some(path), Some(byte)) => format!("{path}, byte {byte}: "),
        (Some(path), None) => format!("{path}: "),
        _ => String::new(),
    };
    note(&format!("error ({}): {place}{}", error.name, error.message));
    leave(match error.status {
        0 => 1,
        1..=99 => 10,
        100..=199 => 11,
        200..=299 => 12,
        300..=399 => 13,
        400..=499 => 14,
        _ => 15,
    })
}

/// A line for people, apart from results.
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}

/// Ends the program.
pub(crate) fn leave(status: i32) -> ! {
    std::process::exit(status)
}
