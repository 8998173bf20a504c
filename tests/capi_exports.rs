//! The shared library exports exactly the functions of the header, and nothing else.
//!
//! After a change of the ABI, rewrite the list with `DIAPIR_BLESS=1 cargo test --test capi_exports`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod capi_support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use capi_support::{declared_functions, shared_library};

/// What `nm` says the library defines for others.
fn exported(library: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().ok()?;
    assert!(output.status.success(), "nm failed on {}", library.display());
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect())
}

#[test]
fn exports_are_the_header_and_the_golden_list() {
    let declared: BTreeSet<String> = declared_functions().into_iter().collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/exports.txt");
    if std::env::var_os("DIAPIR_BLESS").is_some() {
        let lines: String = declared.iter().map(|name| format!("{name}\n")).collect();
        std::fs::write(&golden, lines).unwrap();
    }
    let listed: BTreeSet<String> =
        std::fs::read_to_string(&golden).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(declared, listed, "include/diapir/diapir.h against tests/golden/exports.txt");
    match exported(&shared_library()) {
        Some(exported) => assert_eq!(exported, listed, "libdiapir.so against tests/golden/exports.txt"),
        None => println!("SKIPPED exported symbols: nm is not on PATH"),
    }
}
