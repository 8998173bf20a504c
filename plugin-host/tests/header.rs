//! `src/abi.rs` and `src/api.rs` say what `include/diapir/diapir.h` says: same fields in the same order, same
//! parameters, same numbers. A compiler cannot compare them; this compares the texts.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The header without its comments.
fn header() -> String {
    let (mut text, mut rest) = (String::new(), read("../include/diapir/diapir.h"));
    while let Some(begin) = rest.find("/*") {
        let end = rest[begin..].find("*/").unwrap() + begin + 2;
        text += &rest[..begin];
        rest = rest[end..].to_owned();
    }
    text + &rest
}

/// The Rust name of a C type. Enums travel as `int32_t`.
fn rust_type(c: &str) -> String {
    let words: Vec<_> = c.split_whitespace().filter(|word| *word != "struct").collect();
    let c = words.join(" ");
    if let Some(inner) = c.strip_suffix('*') {
        let inner = inner.trim();
        // `T *const *`: a pointer to constant pointers.
        if let Some(inner) = inner.strip_suffix("const").filter(|inner| inner.ends_with('*')) {
            return format!("*const {}", rust_type(inner));
        }
        return match inner.strip_prefix("const ") {
            Some(inner) => format!("*const {}", rust_type(inner)),
            None => format!("*mut {}", rust_type(inner)),
        };
    }
    let known = [
        ("uint8_t", "u8"),
        ("int32_t", "i32"),
        ("uint32_t", "u32"),
        ("int64_t", "i64"),
        ("uint64_t", "u64"),
        ("size_t", "usize"),
        ("float", "f32"),
        ("double", "f64"),
        ("char", "c_char"),
        ("void", "c_void"),
    ];
    known.iter().find(|(name, _)| *name == c).map_or(c, |(_, rust)| (*rust).to_owned())
}

/// `const char *crs` as name and Rust type.
fn c_variable(text: &str) -> (String, String) {
    let text = text.trim();
    let name = text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
    (name.to_owned(), rust_type(&text[..text.len() - name.len()]))
}

type Struct = Vec<(String, String)>;

fn c_structs(header: &str) -> BTreeMap<String, Struct> {
    let mut found = BTreeMap::new();
    for piece in header.split("typedef struct ").skip(1) {
        let Some((name, rest)) = piece.split_once('{').filter(|(name, _)| !name.contains(';')) else {
            continue;
        };
        let body = rest.split('}').next().unwrap();
        let fields = body.split(';').filter(|field| !field.trim().is_empty()).map(c_variable).collect();
        found.insert(name.trim().to_owned(), fields);
    }
    found
}

fn rust_structs(source: &str) -> BTreeMap<String, Struct> {
    let mut found = BTreeMap::new();
    for piece in source.split("pub(crate) struct diapir_").skip(1) {
        let (name, rest) = piece.split_once('{').unwrap();
        let body = rest.split("\n}").next().unwrap();
        let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub(crate) "));
        let field = |field: &str| {
            let (name, kind) = field.trim_end_matches(',').split_once(": ").unwrap();
            (name.to_owned(), kind.to_owned())
        };
        found.insert(format!("diapir_{}", name.trim()), fields.map(field).collect());
    }
    found
}

/// Parameter types and answer.
type Function = (Vec<String>, String);

fn c_functions(header: &str) -> BTreeMap<String, Function> {
    let mut found = BTreeMap::new();
    for statement in header.split(';') {
        let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some((head, parameters)) = statement.split_once('(') else { continue };
        let Some(begin) = head.rfind("diapir_").filter(|_| !head.contains("typedef")) else { continue };
        let answer = head[..begin].rsplit(['"', '}', '{']).next().unwrap().trim();
        let answer = answer.rsplit("__cplusplus").next().unwrap();
        let parameters = parameters.trim_end_matches(')').split(',');
        let parameters =
            parameters.filter(|text| text.trim() != "void").map(|text| c_variable(text).1).collect();
        found.insert(head[begin..].to_owned(), (parameters, rust_type(answer)));
    }
    found
}

fn rust_functions(source: &str) -> BTreeMap<String, Function> {
    let table = source.split("\nfunctions! {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut found = BTreeMap::new();
    for statement in table.split(';').filter(|statement| statement.contains("fn ")) {
        let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let (name, rest) = statement.trim_start_matches("fn ").split_once('(').unwrap();
        let (parameters, answer) = rest.split_once(')').unwrap();
        let parameters = parameters.split(',').map(str::trim).filter(|parameter| !parameter.is_empty());
        let parameters =
            parameters.map(|parameter| parameter.replace("ErrorPlace", "*mut *mut diapir_error"));
        let answer = answer.trim().trim_start_matches("-> ");
        let answer = if answer.is_empty() { "c_void" } else { answer };
        found.insert(format!("diapir_{name}"), (parameters.collect(), answer.to_owned()));
    }
    found
}

#[test]
fn structs_are_those_of_the_header() {
    let (header, ours) = (c_structs(&header()), rust_structs(&read("src/abi.rs")));
    assert!(ours.len() >= 13, "found only {:?}", ours.keys());
    for (name, fields) in &ours {
        let wanted = header.get(name).unwrap_or_else(|| panic!("{name} is not in the header"));
        assert_eq!(fields, wanted, "{name}: abi.rs left, diapir.h right");
    }
}

#[test]
fn functions_are_those_of_the_header() {
    let (header, ours) = (c_functions(&header()), rust_functions(&read("src/api.rs")));
    assert!(ours.len() >= 38, "found only {:?}", ours.keys());
    for (name, function) in &ours {
        let wanted = header.get(name).unwrap_or_else(|| panic!("{name} is not in the header"));
        assert_eq!(function, wanted, "{name}: api.rs left, diapir.h right");
    }
}

#[test]
fn statuses_are_those_of_the_header() {
    let (header, source) = (header(), read("src/abi.rs"));
    let numbers: BTreeMap<String, i32> = header
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("DIAPIR_STATUS_")?.trim_end_matches(',').split_once(" = ")
        })
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect();
    let table = source.split("const STATUSES").nth(1).unwrap().split("];").next().unwrap();
    let constant = |name: &str| {
        let line = format!("pub(crate) const {name}: diapir_status = ");
        source.split(&line).nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
    };
    let ours: BTreeMap<String, i32> = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix('(')?.strip_suffix("\"),")?.split_once(", \""))
        .map(|(number, name)| (name.to_owned(), number.parse().unwrap_or_else(|_| constant(number))))
        .collect();
    assert_eq!(ours, numbers, "abi.rs left, diapir.h right");
}
