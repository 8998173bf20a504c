//! The quick starts of the README, run as they stand there; only the sizes are smaller, by a configuration
//! file. (The Rust one is a documentation test of the library.)
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{has, library, names};

/// A table for each command that takes long.
const SMALL: &str = r#"
quiet = true
[synth]
size = "110x110x220"
[train]
device = "cpu"
set = ["stages.0.epochs=1", "stages.1.epochs=1", "network.encoder.width=4", "network.decoder.widths=[32, 16, 8, 4]", "tiles.line_step=16", "batch=8"]
[predict]
device = "cpu"
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The code block after `<!-- tested: name -->`.
fn block(name: &str) -> String {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mark = format!("<!-- tested: {name} -->\n```");
    let start = text.find(&mark).unwrap_or_else(|| panic!("README.md has no block {name}"));
    let code = &text[start + mark.len()..];
    let code = &code[code.find('\n').unwrap() + 1..];
    code[..code.find("\n```").unwrap() + 1].to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// Compiles as the README says for a program in the repository; `None` without a compiler.
fn compile(place: &Path, name: &str, compiler: &str, standard: &str, file: &str) -> Option<PathBuf> {
    if Command::new(compiler).arg("--version").output().is_err() {
        println!("SKIPPED README's {name}: {compiler} is not on PATH");
        return None;
    }
    fs::write(place.join(file), block(name)).unwrap();
    let program = place.join(format!("{name}-program"));
    let libraries = library().parent().unwrap().display().to_string();
    run(Command::new(compiler)
        .current_dir(place)
        .args([standard, "-Wall", "-Wextra", "-Werror", file])
        .arg(format!("-I{}", root().join("include").display()))
        .args([
            format!("-L{libraries}"),
            "-ldiapir".to_owned(),
            format!("-Wl,-rpath,{libraries}"),
            "-o".to_owned(),
        ])
        .arg(&program));
    Some(program)
}

#[test]
fn quick_starts_work() {
    if !has("torch", "the README's quick starts") || !has("gdal", "the README's quick starts") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    fs::write(place.join("small.toml"), SMALL).unwrap();
    let shell = "diapir() { command \"$DIAPIR\" --config small.toml \"$@\"; }\n".to_owned() + &block("shell");
    let out = run(Command::new("bash")
        .args(["-euc", &shell])
        .current_dir(place)
        .env("DIAPIR", env!("CARGO_BIN_EXE_diapir"))
        .env("DIAPIR_LIBRARY", library()));
    assert!(out.contains("Voxel IoU"), "{out}");
    let made = ["probability.tif", "run", "salt.sgy", "section.png", "top-of-salt.tif", "training", "unseen"];
    for name in made {
        assert!(names(place).iter().any(|found| found == name), "{name} is not among {:?}", names(place));
    }

    let arguments = ["run/model.safetensors", "unseen/seismic.sgy"];
    let predicted = fs::read(place.join("salt.sgy")).unwrap().len();
    if let Some(program) = compile(place, "c", "cc", "-std=c99", "salt.c") {
        run(Command::new(&program).current_dir(place).args(arguments).arg("c.sgy"));
        assert_eq!(fs::read(place.join("c.sgy")).unwrap().len(), predicted);
        let failed =
            Command::new(&program).current_dir(place).args(["none", "none", "d.sgy"]).output().unwrap();
        assert_eq!(failed.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&failed.stderr).starts_with("file not found: "));
    }
    if let Some(program) = compile(place, "cpp", "c++", "-std=c++17", "salt.cc") {
        let out = run(Command::new(&program).current_dir(place).args(arguments).arg("cpp.sgy"));
        assert!(out.starts_with("110 inlines, "), "{out}");
        assert_eq!(fs::read(place.join("cpp.sgy")).unwrap().len(), predicted);
    }
}
