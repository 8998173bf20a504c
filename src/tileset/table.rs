//! The challenge's CSV files: `depths.csv`, `train.csv`, and groups of tiles.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result, fail};

/// A column of texts by tile id, and the ids that come more than once.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) values: BTreeMap<String, String>,
    pub(super) repeated: Vec<String>,
}

/// Reads the columns `id` and `column` of a CSV file with a header line.
///
/// # Errors
/// `NotFound`, `Io`; `Malformed` with the line for a file without these columns or with a broken line.
pub(super) fn read(path: &Path, column: &str) -> Result<Table> {
    let broken = |error: csv::Error| broken(&error, path);
    let mut reader = csv::Reader::from_path(path).map_err(broken)?;
    let header = reader.headers().map_err(broken)?.clone();
    let find = |name: &str| match header.iter().position(|field| field.trim() == name) {
        Some(at) => Ok(at),
        None => {
            let found = header.iter().collect::<Vec<_>>().join(", ");
            fail!(Malformed, "{}: has no column {name:?}, only {found}", path.display())
        }
    };
    let (id, value) = (find("id")?, find(column)?);
    let mut table = Table::default();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let field = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
        if table.values.insert(field(id), field(value)).is_some() {
            table.repeated.push(field(id));
        }
    }
    Ok(table)
}

/// What is wrong with a CSV file.
pub(super) fn broken(error: &csv::Error, path: &Path) -> Error {
    let kind = match error.kind() {
        csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        csv::ErrorKind::Io(_) => ErrorKind::Io,
        _ => ErrorKind::Malformed,
    };
    Error::new(kind, format!("cannot read this CSV file: {error}")).at(path)
}
