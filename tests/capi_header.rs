//! `include/diapir/diapir.h` is what cbindgen makes of `src/capi`, and every function documents its contract.
//!
//! After a change of the ABI, rewrite the header with `DIAPIR_BLESS=1 cargo test --test capi_header`, and
//! look at the difference: numbers, names and the order of fields are promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The order of the header's chapters.
const SOURCES: [&str; 39] = [
    "status",
    "error",
    "version",
    "features",
    "device",
    "callbacks",
    "log",
    "block",
    "survey",
    "survey_read",
    "survey_report",
    "synth",
    "tileset",
    "mosaic",
    "model",
    "recipe",
    "labelled_survey",
    "train",
    "cross_validate",
    "test_rates",
    "train_system",
    "predict_tiles",
    "blend_predictions",
    "stack_predictions",
    "finish_tiles",
    "report_tiles",
    "weights",
    "predict",
    "predict_report",
    "predict_survey",
    "finish_survey",
    "predict_section",
    "predict_volume",
    "predict_blocks",
    "evaluate",
    "evaluate_tiles",
    "export_maps",
    "export_section",
    "export_live_map",
];

fn source(name: &str) -> String {
    std::fs::read_to_string(root().join(format!("src/capi/{name}.rs"))).unwrap()
}

/// What cbindgen makes of the sources: constants, types and functions apart.
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

/// The name that an item of the header declares.
fn declared(item: &str) -> &str {
    let code = item.split_once("*/\n").unwrap().1;
    let end = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    for start in ["enum ", "typedef struct ", "#define "] {
        if let Some(rest) = code.strip_prefix(start) {
            return &rest[..end(rest)];
        }
    }
    let before = match code.strip_prefix("typedef ").and_then(|code| code.split_once("(*")) {
        Some((_, name)) => return &name[..end(name)],
        None => code.split_once('(').unwrap().0,
    };
    before.rsplit([' ', '*']).next().unwrap()
}

/// The names that a source declares for C, in its order.
fn names(source: &str) -> Vec<String> {
    let starts = ["pub enum ", "pub struct ", "pub type ", "pub const ", "pub unsafe extern \"C\" fn "];
    let name = |line: &str| {
        let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
        Some(rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_')?].to_owned())
    };
    source.lines().filter_map(name).collect()
}

const BEGIN_C: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n";

/// The header: of each source its constants, types and functions together, in the source's order.
fn header() -> String {
    let text = generated();
    let start = text.find("/**\n").unwrap();
    let end = text.rfind("#ifdef __cplusplus\n}").unwrap();
    let body = text[start..end].replace(BEGIN_C, "");
    let mut items: BTreeMap<&str, String> = BTreeMap::new();
    for item in body.split("\n\n/**\n") {
        let item = format!("/**\n{}\n", item.trim_start_matches("/**\n").trim_end());
        let name = declared(&item).to_owned();
        items.insert(name.leak(), item);
    }
    let mut chapters = String::new();
    for name in SOURCES {
        let source = source(name);
        let title = source.lines().next().unwrap().trim_start_matches("//! ").split(". ").next().unwrap();
        chapters += &format!("/* ==== {} ==== */\n\n", title.trim_end_matches('.'));
        for name in names(&source) {
            let item = items.remove(&*name).unwrap_or_else(|| panic!("cbindgen has left {name} out"));
            chapters += &format!("{item}\n");
        }
    }
    assert!(items.is_empty(), "not in any source: {:?}", items.keys());
    format!("{}{BEGIN_C}\n{chapters}{}", &text[..start], &text[end..])
}

/// `diapir.hpp` with its list of `_init` functions made from the header.
fn wrapper(header: &str, found: &str) -> String {
    let (begin, end) = ("// Made of diapir.h by tests/capi_header.rs:\n", "// .. to here.\n");
    let (before, rest) = found.split_once(begin).unwrap();
    let after = rest.split_once(end).unwrap().1;
    let inits = functions(header).into_iter().map(|(name, _)| name).filter(|name| name.ends_with("_init"));
    let line = |name: String| {
        let kind = name.strip_suffix("_init").unwrap();
        format!("inline diapir_status init({kind} &value) {{ return {name}(&value, sizeof value); }}\n")
    };
    format!("{before}{begin}{}{end}{after}", inits.map(line).collect::<String>())
}

/// Compares a file with what it should be, or writes it.
fn compare(path: &str, make: impl Fn(&str) -> String) {
    let found = std::fs::read_to_string(root().join(path)).unwrap();
    let wanted = make(&found);
    if std::env::var_os("DIAPIR_BLESS").is_some() {
        std::fs::write(root().join(path), &wanted).unwrap();
        return;
    }
    let difference = found.lines().zip(wanted.lines()).position(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "{path} differs from src/capi at line {}: DIAPIR_BLESS=1 cargo test --test capi_header",
        difference.map_or(found.lines().count().min(wanted.lines().count()), |line| line) + 1
    );
}

#[test]
fn the_header_is_that_of_the_sources() {
    let header = header();
    compare("include/diapir/diapir.h", |_| header.clone());
    compare("include/diapir/diapir.hpp", |found| wrapper(&header, found));
}

/// The source of a function: the longest name that its own begins or ends with; an `_init` stands with its
/// struct.
#[test]
fn functions_stand_in_the_source_of_their_name() {
    for file in SOURCES {
        for function in names(&source(file)) {
            let Some(stem) = function.strip_prefix("diapir_").filter(|name| !name.ends_with("_init")) else {
                continue;
            };
            if !source(file).contains(&format!("fn {function}(")) {
                continue;
            }
            let begins = |source: &&&str| stem == **source || stem.starts_with(&format!("{source}_"));
            let ends = |source: &&&str| stem.ends_with(&format!("_{source}"));
            let longest = SOURCES.iter().filter(begins).max_by_key(|source| source.len());
            let best = longest.or_else(|| SOURCES.iter().find(ends));
            assert_eq!(best, Some(&file), "{function} is in {file}.rs");
        }
    }
}

/// C++ functions that make or end an object, and those that stand for two of C.
const OTHER_IN_CPP: [(&str, &str); 8] = [
    ("survey_open", "Survey"),
    ("survey_get_info", "info"),
    ("tileset_open", "Tileset"),
    ("model_load", "Model"),
    ("model_load_builtin", "builtin"),
    ("log_set", "LogSink"),
    ("device_count", "device_names"),
    ("device_name", "device_names"),
];

#[test]
fn functions_have_the_same_name_in_cpp() {
    let cpp = std::fs::read_to_string(root().join("include/diapir/diapir.hpp")).unwrap();
    let mut wrapped = 0;
    for (function, _) in functions(&header()) {
        let name = function.strip_prefix("diapir_").unwrap();
        let beside = ["error_", "status_", "callbacks_"].iter().any(|start| name.starts_with(start));
        if beside
            || name.ends_with("_init")
            || name.ends_with("_free")
            || !cpp.contains(&format!("{function}("))
        {
            continue;
        }
        let method = ["survey_", "tileset_", "model_"].iter().find_map(|class| name.strip_prefix(class));
        let other = OTHER_IN_CPP.iter().find(|(c, _)| *c == name).map(|(_, cpp)| *cpp);
        let wanted = other.unwrap_or(method.unwrap_or(name));
        assert!(
            [" ", "\n"].iter().any(|before| cpp.contains(&format!("{before}{wanted}("))),
            "{function} is wrapped by a function that is not called {wanted}"
        );
        wrapped += 1;
    }
    assert!(wrapped > 30, "{wrapped}");
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
    let header = header();
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
    let header = header();
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
