//! The table of mosaics: `id,group,row,column`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::table::broken;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::output::write_file;

/// Rows times columns of a mosaic at most: a line may say anything, and each place takes memory.
const MOST_PLACES: usize = 1 << 20;

/// Where a tile lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MosaicPlace {
    /// The mosaic's name.
    pub group: String,
    /// From 0, downwards.
    pub row: usize,
    /// From 0, to the right.
    pub column: usize,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    group: String,
    row: String,
    column: String,
}

/// Writes id, mosaic, and row and column in it, whole or not at all.
///
/// # Errors
/// `Io`.
pub fn write_mosaics<'a>(
    path: &Path,
    places: impl IntoIterator<Item = (&'a str, usize, [usize; 2])>,
) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Internal, format!("cannot encode a table of mosaics: {error}"))
    };
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["id", "group", "row", "column"]).map_err(|error| failed(&error))?;
    for (id, group, [row, column]) in places {
        table.serialize((id, group, row, column)).map_err(|error| failed(&error))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(&error))?;
    write_file(path, &bytes)
}

/// Reads places by id.
///
/// # Errors
/// `NotFound`, `Io`; `Malformed` naming the line, for a file without the columns `id,group,row,column`, an id that comes twice, or
/// two tiles on one place, or a mosaic of more than 2^20 places.
pub fn read_mosaics(path: &Path) -> Result<BTreeMap<String, MosaicPlace>> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| broken(&error, path))?;
    let mut places = BTreeMap::new();
    let mut taken = BTreeMap::new();
    let mut extents: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (line, row) in (2..).zip(reader.deserialize()) {
        let Row { id, group, row, column } = row.map_err(|error| broken(&error, path))?;
        let [row, column] = [("row", row), ("column", column)].map(|(name, text)| {
            text.trim().parse::<usize>().map_err(|_| {
                let message =
                    format!("line {line}: the {name} of {id} is {text:?}, expected a whole number from 0");
                Error::new(ErrorKind::Malformed, message).at(path)
            })
        });
        let (row, column) = (row?, column?);
        if let Some(other) = taken.insert((group.clone(), row, column), id.clone()) {
            fail!(
                Malformed,
                "{}: line {line}: {other} and {id} both lie in row {row}, column {column} of mosaic {group}",
                path.display()
            );
        }
        if places.insert(id.clone(), MosaicPlace { group: group.clone(), row, column }).is_some() {
            fail!(Malformed, "{}: line {line}: the id {id} comes more than once", path.display());
        }
        let extent = extents.entry(group.clone()).or_insert([0, 0]);
        *extent = [extent[0].max(row), extent[1].max(column)];
        let count = extent.map(|last| last.checked_add(1));
        if !matches!(count, [Some(rows), Some(columns)] if rows.saturating_mul(columns) <= MOST_PLACES) {
            fail!(
                Malformed,
                "{}: line {line}: {id} in row {row}, column {column} makes the mosaic {group} larger than {MOST_PLACES} places: rows and columns count tiles, not pixels",
                path.display()
            );
        }
    }
    Ok(places)
}
