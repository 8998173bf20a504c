//! The order of the modules, as ARCHITECTURE.md draws it: each uses only modules of a lower rank, and no files use each other in a circle.
#![allow(clippy::unwrap_used, missing_docs)]

mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use uses::Sources;

/// Modules by rank, lowest first; those of one rank do not use each other.
const RANKS: [&[&str]; 10] = [
    &["error"],
    &["control", "output", "tensor"],
    &["volume"],
    &["segy", "tiling", "tileset", "mosaic", "metrics"],
    &["model", "loss", "rules", "ensemble", "export", "synth"],
    &["train", "infer"],
    &["recipe"],
    &["predict", "fit"],
    &["systems"],
    &["capi"],
];

/// Files that may hold `unsafe` blocks besides those of the C ABI.
const UNSAFE: [&str; 2] = ["tensor/device.rs", "export/gdal_scope.rs"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each source file below `src`, by its name there, without its comments.
fn files() -> Vec<(String, String)> {
    files_of("src")
}

fn files_of(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths.sort();
    let text = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        // Tests in a file are a module below it, whose `super` is the file.
        let code = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.collect::<Vec<_>>().join("\n")
    };
    paths.iter().map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), text(path))).collect()
}

fn module(name: &str) -> &str {
    name.split('/').next().unwrap_or(name).trim_end_matches(".rs")
}

/// The names right after each `crate::` of a file.
fn used(text: &str) -> impl Iterator<Item = &str> {
    let tail = text.match_indices("crate::").filter(|(at, _)| !text[..*at].ends_with("$"));
    tail.flat_map(|(at, word)| {
        let rest = &text[at + word.len()..];
        let group = rest.strip_prefix('{').and_then(|group| group.split_once('}')).map(|(group, _)| group);
        let names: Vec<&str> = group.map_or_else(|| vec![rest], |group| group.split(',').collect());
        names.into_iter().map(|name| {
            let name = name.trim_start();
            &name[..name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len())]
        })
    })
}

#[test]
fn modules_use_only_lower_ones() {
    let ranks: BTreeMap<&str, usize> = RANKS
        .iter()
        .enumerate()
        .flat_map(|(rank, modules)| modules.iter().map(move |module| (*module, rank)))
        .collect();
    let mut edges = 0;
    let mut wrong = Vec::new();
    for (name, text) in files() {
        let here = module(&name);
        if here == "lib" {
            continue;
        }
        let Some(rank) = ranks.get(here) else {
            wrong.push(format!("src/{name}: {here} has no rank in tests/architecture"));
            continue;
        };
        for other in used(&text).filter(|other| *other != here) {
            // Items that lib.rs passes on (`crate::Error`) and macros are those of the lowest ranks.
            if let Some(below) = ranks.get(other) {
                edges += 1;
                if below >= rank {
                    wrong.push(format!("src/{name} uses {other}, which is not below {here}"));
                }
            }
        }
    }
    assert!(edges > 100, "only {edges} uses were found: the search is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_of_the_library_are_those_with_a_rank() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut ranked = RANKS.concat();
    ranked.sort_unstable();
    assert_eq!(declared, ranked);
}

#[test]
fn unsafe_code_is_where_it_is_expected() {
    let mut found = Vec::new();
    for (name, text) in files() {
        if text.contains("unsafe {") && module(&name) != "capi" {
            found.push(name);
        }
    }
    found.sort();
    let mut expected = UNSAFE.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut found = Vec::new();
    for folder in ["src", "plugin-host/src"] {
        let sources = Sources::new(files_of(folder));
        let edges: usize = sources.edges().values().map(|used| used.len()).sum();
        assert!(edges > 50, "only {edges} uses were found below {folder}: the search is broken");
        for circle in sources.circles() {
            let circle: Vec<String> = circle.iter().map(|name| format!("{folder}/{name}")).collect();
            found.push(circle.join(", "));
        }
    }
    assert!(found.is_empty(), "these files use each other:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_through_what_is_passed_on() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let mut files = vec![
        file("lib.rs", "mod a;\nmod b;"),
        file("a/mod.rs", "mod one;\npub use one::{First, Second as Other};"),
        file("a/one.rs", "use crate::b::{\n    deep::{Third},\n};"),
        file("b/mod.rs", "pub mod deep;"),
        file("b/deep.rs", "fn third() -> crate::a::First { todo!() }"),
    ];
    assert_eq!(Sources::new(files.clone()).circles(), [["a/one.rs", "b/deep.rs"]]);
    files[4].1 = "use std::fs;".to_owned();
    assert!(Sources::new(files).circles().is_empty());
}
