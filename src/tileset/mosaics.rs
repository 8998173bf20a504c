//! The table of mosaics: `id,group,row,column`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::table::broken;
use crate::error::{Result, fail};
use crate::output::write_file;

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
    row: usize,
    column: usize,
}

/// Writes id, mosaic, and row and column in it, whole or not at all.
///
/// # Errors
/// `Io`.
pub fn write_mosaics<'a>(
    path: &Path,
    places: impl IntoIterator<Item = (&'a str, usize, [usize; 2])>,
) -> Result<()> {
    let mut text = "id,group,row,column\n".to_owned();
    for (id, group, [row, column]) in places {
        text.push_str(&format!("{id},{group},{row},{column}\n"));
    }
    write_file(path, text.as_bytes())
}

/// Reads places by id.
///
/// # Errors
/// `NotFound`, `Io`; `Malformed` naming the line, for a file without the columns `id,group,row,column`, an id that comes twice, or
/// two tiles on one place.
pub fn read_mosaics(path: &Path) -> Result<BTreeMap<String, MosaicPlace>> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| broken(&error, path))?;
    let mut places = BTreeMap::new();
    let mut taken = BTreeMap::new();
    for (line, row) in (2..).zip(reader.deserialize()) {
        let Row { id, group, row, column } = row.map_err(|error| broken(&error, path))?;
        if let Some(other) = taken.insert((group.clone(), row, column), id.clone()) {
            fail!(
                Malformed,
                "{}: line {line}: {other} and {id} both lie in row {row}, column {column} of mosaic {group}",
                path.display()
            );
        }
        if places.insert(id.clone(), MosaicPlace { group, row, column }).is_some() {
            fail!(Malformed, "{}: line {line}: the id {id} comes more than once", path.display());
        }
    }
    Ok(places)
}
