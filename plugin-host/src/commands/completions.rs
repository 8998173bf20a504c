//! `diapir completions`: a completion script for a shell.

use clap::CommandFactory as _;
use serde_json::json;

use crate::args::{Cli, CompletionsArgs};
use crate::report::Report;

pub(super) fn run(args: &CompletionsArgs) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "diapir", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    Report::new(text.clone(), json!({"shell": args.shell.to_string(), "script": text}))
}
