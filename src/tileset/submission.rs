//! Masks as the challenge takes and gives them: `id,rle_mask`.

use std::collections::BTreeMap;
use std::path::Path;

use super::rle::encode;
use super::table;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::output::write_file;

/// Writes masks (row-major, `width` columns) with their ids, whole or not at all.
///
/// # Errors
/// `InvalidArgument` for an id that comes twice; `Io`.
pub fn write_submission<'a>(
    path: &Path,
    width: usize,
    masks: impl IntoIterator<Item = (&'a str, Vec<bool>)>,
) -> Result<()> {
    let failed =
        |error: csv::Error| Error::new(ErrorKind::Internal, format!("cannot encode a submission: {error}"));
    let mut ids = std::collections::BTreeSet::new();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "rle_mask"]).map_err(failed)?;
    for (id, mask) in masks {
        if !ids.insert(id.to_owned()) {
            fail!(InvalidArgument, "the tile {id} comes twice: a submission names each once");
        }
        writer.write_record([id, &encode(&mask, width)?]).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    write_file(path, &bytes)
}

/// Reads run-length codes by id.
///
/// # Errors
/// `NotFound`, `Io`; `Malformed` for a file without the columns `id` and `rle_mask`, or with an id that comes twice.
pub fn read_rle(path: &Path) -> Result<BTreeMap<String, String>> {
    let table = table::read(path, "rle_mask")?;
    if let Some(id) = table.repeated.first() {
        fail!(Malformed, "{}: the id {id} comes more than once", path.display());
    }
    Ok(table.values)
}
