//! Objects against `docs/json.md`: the tables there are read, and an object must have their keys and types,
//! no more and no less.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

/// A row: the type as it is written, and whether the key may be missing.
struct Row {
    kind: String,
    optional: bool,
}

type Table = BTreeMap<String, Row>;

fn tables() -> &'static BTreeMap<String, Table> {
    static TABLES: OnceLock<BTreeMap<String, Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json.md");
        let (mut found, mut title) = (BTreeMap::new(), String::new());
        for line in std::fs::read_to_string(path).unwrap().lines() {
            if let Some(name) = line.strip_prefix("### ") {
                name.clone_into(&mut title);
                found.insert(title.clone(), Table::new());
            } else if let Some(row) = line.strip_prefix("| `") {
                let (key, rest) = row.split_once("` | ").unwrap();
                let kind = rest.split(" |").next().unwrap();
                let (kind, note) = kind.split_once(", ").unwrap_or((kind, ""));
                let row = Row { kind: kind.to_owned(), optional: !note.is_empty() };
                assert!(
                    found.get_mut(&title).unwrap().insert(key.to_owned(), row).is_none(),
                    "{title}: {key} twice"
                );
            }
        }
        found
    })
}

/// Panics unless `value` is an object as the section `title` of docs/json.md has it.
pub(crate) fn conforms(title: &str, value: &Value) {
    if let Err(reason) = object(title, value) {
        panic!("docs/json.md, {title}: {reason}\n{value}");
    }
}

/// The same for what a command prints.
pub(crate) fn command_conforms(arguments: &[&str], value: &Value) {
    let words = ["diapir"].iter().chain(arguments).copied();
    let words: Vec<&str> = words.take_while(|word| !word.starts_with('-')).take(3).collect();
    let title = (2..=words.len())
        .rev()
        .map(|count| words[..count].join(" "))
        .find(|title| tables().contains_key(title));
    match title {
        Some(title) => conforms(&title, value),
        None => panic!("docs/json.md has no section for {arguments:?}"),
    }
}

fn object(title: &str, value: &Value) -> Result<(), String> {
    let table = tables().get(title).ok_or_else(|| format!("there is no section {title:?}"))?;
    fields(table, "", value)
}

/// The keys of `table` that begin with `prefix`.
fn fields(table: &Table, prefix: &str, value: &Value) -> Result<(), String> {
    let Value::Object(found) = value else { return Err(format!("{prefix} is no object")) };
    for (key, value) in found {
        let path = format!("{prefix}{key}");
        match table.get(&path) {
            Some(row) => kind(&row.kind, value).map_err(|reason| format!("{path}: {reason}"))?,
            None if table.keys().any(|key| key.starts_with(&format!("{path}."))) => {
                fields(table, &format!("{path}."), value)?;
            }
            None => return Err(format!("{path} is not documented")),
        }
    }
    for (key, row) in table.iter().filter_map(|(key, row)| Some((key.strip_prefix(prefix)?, row))) {
        let first = key.split('.').next().unwrap();
        if !row.optional && !found.contains_key(first) {
            return Err(format!("{prefix}{key} is missing"));
        }
    }
    Ok(())
}

/// One of the alternatives of `text` must fit.
fn kind(text: &str, value: &Value) -> Result<(), String> {
    let alternatives: Vec<Result<(), String>> =
        text.split(" or ").map(|text| alternative(text, value)).collect();
    if alternatives.iter().any(Result::is_ok) {
        return Ok(());
    }
    let reasons: Vec<String> = alternatives.into_iter().filter_map(Result::err).collect();
    Err(reasons.join("; or "))
}

fn alternative(text: &str, value: &Value) -> Result<(), String> {
    if let Some(of) = text.strip_prefix("list of ") {
        let Value::Array(values) = value else { return Err(format!("{value} is no list")) };
        return values.iter().try_for_each(|value| alternative(of, value));
    }
    if let Some((title, _)) = text.strip_prefix('[').and_then(|text| text.split_once("](#")) {
        return object(title, value);
    }
    let fits = match text {
        "number" => value.is_number() || value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "any object" => value.is_object(),
        _ => return Err(format!("{text:?} is no type")),
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {text}")) }
}
