//! The configuration file: defaults that the command line overrides.
//!
//! Top-level keys are the general options, tables are the commands (`[tgs.train]`); keys are the long flags
//! without their dashes. The values become clap's defaults, so that they are parsed and checked as if typed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use toml::{Table, Value};

use crate::failure::HostError;

/// Flags that a file cannot set.
const EXCEPT: [&str; 3] = ["config", "help", "version"];

/// The file that the command line names. It must be known before the command line can be parsed: the file's
/// values may be what the command line leaves out.
pub(crate) fn named_in(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    let mut named = None;
    while let Some(argument) = arguments.next() {
        if argument == "--config" {
            named = arguments.next().map(PathBuf::from);
        } else if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            named = Some(PathBuf::from(path));
        }
    }
    named
}

/// The command line with the file's values as defaults.
///
/// # Errors
/// When the file cannot be read or is not TOML, and for unknown keys and values of a wrong type.
pub(crate) fn apply(command: Command, path: &Path) -> Result<Command, HostError> {
    let text = std::fs::read_to_string(path).map_err(|error| HostError::io(&error, "read", path))?;
    let table: Table = toml::from_str(&text)
        .map_err(|error| HostError::usage(format!("not TOML: {}", error.to_string().trim_end())).at(path))?;
    defaults(command, &table, "").map_err(|error| error.at(path))
}

/// `path` names the command, empty for the program's own options: "tgs.train".
fn defaults(mut command: Command, table: &Table, path: &str) -> Result<Command, HostError> {
    for (key, value) in table {
        command = match value {
            Value::Table(section) => {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                subcommand_defaults(command, key, section, &path)?
            }
            value => default(command, key, value, path)?,
        };
    }
    Ok(command)
}

fn subcommand_defaults(
    command: Command,
    name: &str,
    section: &Table,
    path: &str,
) -> Result<Command, HostError> {
    let Some(found) = command.find_subcommand(name) else {
        let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        let there = if names.is_empty() { "there are none here".to_owned() } else { names.join(", ") };
        return Err(HostError::usage(format!("[{path}] is no command; commands are {there}")));
    };
    let changed = defaults(found.clone(), section, path)?;
    Ok(command.mut_subcommand(name, |_| changed))
}

fn default(command: Command, key: &str, value: &Value, path: &str) -> Result<Command, HostError> {
    let section = if path.is_empty() { "the top level".to_owned() } else { format!("[{path}]") };
    let flags: Vec<_> = command
        .get_arguments()
        .filter(|argument| argument.get_long().is_some_and(|long| !EXCEPT.contains(&long)))
        .collect();
    let Some(argument) = flags.iter().find(|argument| argument.get_long() == Some(key)) else {
        let names: Vec<_> = flags.iter().filter_map(|argument| argument.get_long()).collect();
        return Err(HostError::usage(format!("{section} has no key {key:?}; keys are {}", names.join(", "))));
    };
    let (id, action) = (argument.get_id().clone(), argument.get_action().clone());
    if matches!(action, ArgAction::SetTrue) {
        let Value::Boolean(truth) = value else {
            return Err(HostError::usage(format!("{key} of {section} is {value}, expected true or false")));
        };
        return Ok(command.mut_arg(id, |argument| switch(argument, *truth)));
    }
    let values = texts(value, matches!(action, ArgAction::Append))
        .ok_or_else(|| HostError::usage(format!("{key} of {section} is {value}, expected one value")))?;
    Ok(command.mut_arg(id, |argument| argument.required(false).default_values(values)))
}

/// A flag that is on or off unless the command line says otherwise: `--flag=false` takes it back.
fn switch(argument: Arg, on: bool) -> Arg {
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .default_value(if on { "true" } else { "false" })
}

/// The value as it would be typed; arrays, also of arrays, where a flag may be given several times.
fn texts(value: &Value, several: bool) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::Float(number) => Some(vec![number.to_string()]),
        Value::Boolean(truth) => Some(vec![truth.to_string()]),
        Value::Array(values) if several => {
            let texts: Option<Vec<_>> = values.iter().map(|value| texts(value, several)).collect();
            texts.map(|texts| texts.concat())
        }
        _ => None,
    }
}
