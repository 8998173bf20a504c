//! Runs the built program as a user would, with the library that was built beside it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "not every test program uses all of it"
)]

pub(crate) mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The library that `cargo build` puts beside the program.
pub(crate) fn library() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_diapir")).parent().unwrap();
    let path = folder.join(format!("{}diapir{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
    assert!(path.exists(), "{} is not there: run `cargo build` first", path.display());
    path
}

/// The program, in `folder`.
pub(crate) fn diapir(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = bare(folder, arguments);
    command.env("DIAPIR_LIBRARY", library());
    command
}

/// The program without a library named.
pub(crate) fn bare(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diapir"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for variable in ["DIAPIR_LIBRARY", "DIAPIR_LIBTORCH"] {
        command.env_remove(variable);
    }
    command
}

/// A run that must succeed; what it printed.
pub(crate) fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = diapir(folder, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A run with --json that must succeed; its object, which is as documented.
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let value = serde_json::from_str(&good(folder, &[arguments, &["--json"]].concat())).unwrap();
    schema::command_conforms(arguments, &value);
    value
}

/// A JSON file that is as the section of its name in docs/json.md.
pub(crate) fn json_file(path: &Path, title: &str) -> Value {
    let value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    schema::conforms(title, &value);
    value
}

/// A run with --json that must fail with this exit code; the error's object.
pub(crate) fn error(folder: &Path, arguments: &[&str], code: i32) -> Value {
    let output = diapir(folder, &[arguments, &["--json"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["error"]["exit_code"], code);
    schema::conforms("error", &object["error"]);
    object["error"].clone()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Everything in a folder, hidden files too.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether the library has this part; says so where a test is left out for it.
pub(crate) fn has(part: &str, what: &str) -> bool {
    let place = tempfile::tempdir().unwrap();
    let has = json(place.path(), &["info"])["features"][part] == true;
    if !has {
        println!("SKIPPED {what}: the library was built without {part}");
    }
    has
}
