//! `include/diapir/diapir.h` is what cbindgen makes of `src/capi`, and every function documents its contract.
//!
//! After a change of the ABI, rewrite the header with `DIAPIR_BLESS=1 cargo test --test capi_header`, and look
//! at the difference: numbers, names and the order of fields are promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The order of the header's chapters.
const SOURCES: [&str; 26] = [
    "status",
    "error",
    "version",
    "callbacks",
    "log",
    "enums",
    "survey",
    "survey_read",
    "survey_report",
    "synth",
    "tileset",
    "mosaic",
    "model",
    "train",
    "cross_validate",
    "test_rates",
    "predict_tiles",
    "blend_predictions",
    "finish_tiles",
    "weights",
    "predict",
    "predict_survey",
    "predict_blocks",
    "predict_memory",
    "evaluate",
    "export",
];

fn generated() -> String {
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.header = config.header.map(|text| text.trim().to_owned());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root().join(format!("src/capi/{source}.rs")));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_header_is_that_of_the_sources() {
    let path = root().join("include/diapir/diapir.h");
    let wanted = generated();
    if std::env::var_os("DIAPIR_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    let difference = found.lines().zip(wanted.lines()).position(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "include/diapir/diapir.h differs from src/capi at line {}: DIAPIR_BLESS=1 cargo test --test capi_header",
        difference.map_or(found.lines().count().min(wanted.lines().count()), |line| line) + 1
    );
}

#[test]
fn every_source_with_exports_is_in_the_header() {
    for entry in std::fs::read_dir(root().join("src/capi")).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let exports = text.contains("\n#[unsafe(no_mangle)]") || text.contains("\n#[repr(");
        assert_eq!(exports, SOURCES.contains(&stem.as_str()), "{stem}.rs and the list of sources");
    }
}

/// Each function of the header with the comment above it.
fn functions(header: &str) -> Vec<(String, String)> {
    let (mut found, mut comment) = (Vec::new(), String::new());
    for line in header.lines() {
        let starts_with_type = line.starts_with(|c: char| c.is_ascii_alphabetic());
        if line.starts_with("/**") {
            comment.clear();
        }
        if line.starts_with("/**") || line.starts_with(" *") {
            comment.push_str(line);
            comment.push('\n');
        } else if starts_with_type && !line.starts_with("typedef") && line.contains('(') {
            let name = line.split('(').next().unwrap().rsplit([' ', '*']).next().unwrap();
            found.push((name.to_owned(), std::mem::take(&mut comment)));
        }
    }
    found
}

#[test]
fn every_function_says_thread_owns_and_fails() {
    let header = generated();
    let functions = functions(&header);
    let declared = header.matches("\n * Fails:").count();
    assert!(functions.len() > 40 && functions.len() == declared, "{} of {declared}", functions.len());
    for (name, comment) in functions {
        assert!(name.starts_with("diapir_"), "{name}");
        for line in ["\n * Thread: ", "\n * Owns: ", "\n * Fails: "] {
            assert!(comment.contains(line), "the documentation of {name} lacks{}", line.replace("\n *", ""));
        }
        assert_eq!(comment.contains("Owns: takes"), name.ends_with("_free"), "{name}: who frees");
        assert!(name.ends_with("_free") || !comment.contains("*mut"), "{name}");
    }
}

#[test]
fn every_growing_struct_has_an_init() {
    let header = generated();
    let functions: Vec<String> = functions(&header).into_iter().map(|(name, _)| name).collect();
    let mut growing = 0;
    for body in header.split("typedef struct ").skip(1) {
        let (name, rest) = body.split_once([' ', ';']).unwrap();
        if rest.starts_with('{') && rest.split('}').next().unwrap().contains("uint32_t struct_size;") {
            growing += 1;
            assert!(functions.contains(&format!("{name}_init")), "{name}");
        }
    }
    assert!(growing > 10);
    assert_eq!(functions.iter().filter(|name| name.ends_with("_init")).count(), growing);
}
