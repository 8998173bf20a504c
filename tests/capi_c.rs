//! The C ABI as C and C++ programs see it: `tests/capi/*` is compiled against
//! the checked-in header, linked to this build's shared library, and run. Without a compiler: SKIPPED lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod capi_support;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use capi_support::{STRICT, compile, compiler, root, run};

#[test]
fn layout() {
    let mut lines = String::new();
    for layout in diapir::capi::layouts() {
        writeln!(lines, "STRUCT({}, {})", layout.name, layout.size).unwrap();
        for (field, offset) in layout.fields {
            writeln!(lines, "FIELD({}, {field}, {offset})", layout.name).unwrap();
        }
    }
    let build = tempfile::tempdir().unwrap();
    std::fs::write(build.path().join("layout_expected.h"), lines).unwrap();
    if let Some(program) = compile("tests/capi/layout.c", "c99", build.path()) {
        run(&mut Command::new(program));
    }
}

/// Compiles a file to nothing, with all warnings.
fn compiles(source: &Path, standard: &str) {
    let Some(compiler) = compiler(source.extension().is_some_and(|extension| extension == "cc")) else {
        return;
    };
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .args(["-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{standard}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn header_alone() {
    for standard in ["c99", "c11", "c17"] {
        compiles(&root().join("tests/capi/header_alone.c"), standard);
    }
    for standard in ["c++11", "c++17", "c++20"] {
        compiles(&root().join("tests/capi/header_alone.cc"), standard);
    }
}
