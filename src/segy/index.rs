//! The index file: the geometry of a large file, kept so that it is scanned once.
//!
//! It lies in the user's cache folder (`$XDG_CACHE_HOME/diapir`, else `~/.cache/diapir`) and may be deleted at any time. It
//! is believed only for the same path, size and time of modification, the same options, and when its own hash is right.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::SegyFile;
use super::geometry::{Geometry, shape};
use super::layout::Layout;
use super::options::OpenOptions;
use super::summary::TraceSummary;
use super::table::TraceTable;
use crate::control::Control;
use crate::output::{create_folder, write_file};
use crate::volume::{GeoReference, LineAxis, LiveMask};

const MAGIC: &[u8; 16] = b"diapir-index 2\n\0";
/// Smaller files are scanned in no time.
const LEAST_TRACES: u64 = 50_000;
/// Files so irregular that the index would be no smaller than their headers are scanned each time.
const MOST_STRETCHES: usize = 1 << 20;
/// An index larger than this is not one of ours.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Index {
    key: [u8; 32],
    axes: [LineAxis; 2],
    georef: Option<GeoReference>,
    traces: u64,
    duplicates: u64,
    table: TraceTable,
    /// Positions of the grid whose trace is dead.
    dead: Vec<u64>,
    summary: TraceSummary,
}

/// The folder of all index files, if the user has one.
fn index_folder() -> Option<PathBuf> {
    let named =
        |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(cache.join("diapir"))
}

/// What must be equal for an index to be believed, hashed: the file as it is, and what was asked of it.
fn key(file: &SegyFile, options: &OpenOptions) -> Option<[u8; 32]> {
    let path = file.path().canonicalize().ok()?;
    let modified = file.modified()?.duration_since(UNIX_EPOCH).ok()?;
    // What does not change the geometry does not count.
    let asked = OpenOptions { crs: None, sample_unit: None, sample_interval: None, ..options.clone() };
    let mut hash = Sha256::new();
    hash.update(path.as_os_str().as_encoded_bytes());
    hash.update(file.length().to_le_bytes());
    hash.update(modified.as_nanos().to_le_bytes());
    hash.update(serde_json::to_vec(&asked).ok()?);
    Some(hash.finalize().into())
}

fn place(file: &SegyFile) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    hash.update(file.path().canonicalize().ok()?.as_os_str().as_encoded_bytes());
    Some(index_folder()?.join(format!("{:.32x}.idx", hash.finalize())))
}

/// The geometry that an earlier opening found, if nothing has changed since.
pub(super) fn read(
    file: &SegyFile,
    layout: &Layout,
    options: &OpenOptions,
) -> Option<(Geometry, TraceSummary)> {
    let path = place(file)?;
    if std::fs::metadata(&path).ok()?.len() > MOST_BYTES {
        return None;
    }
    let bytes = std::fs::read(&path).ok()?;
    let (hash, body) = bytes.strip_prefix(MAGIC)?.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != hash {
        return None;
    }
    let index: Index = postcard::from_bytes(body).ok()?;
    if index.key != key(file, options)? {
        return None;
    }
    let [inlines, crosslines] = index.axes;
    let positions = inlines.count.checked_mul(crosslines.count)?;
    let table = index.table;
    if !table.is_sound(positions, layout.traces) {
        return None;
    }
    let mut live = LiveMask::empty(&shape(index.axes));
    for position in table.occupied() {
        live.set(position / crosslines.count, position % crosslines.count, true);
    }
    for position in &index.dead {
        let position = usize::try_from(*position).ok()?;
        live.set(position / crosslines.count, position % crosslines.count, false);
    }
    let geometry = Geometry {
        axes: index.axes,
        georef: index.georef,
        table,
        live,
        sorting: index.summary.sorting,
        traces: index.traces,
        duplicates: index.duplicates,
        dead: index.summary.dead,
    };
    Some((geometry, index.summary))
}

/// Keeps the geometry of a large file; that it could not be kept is said and no error.
pub(super) fn write(
    file: &SegyFile,
    options: &OpenOptions,
    (geometry, summary): &(Geometry, TraceSummary),
    control: &Control<'_>,
) {
    if geometry.traces < LEAST_TRACES {
        return;
    }
    let (Some(path), Some(key)) = (place(file), key(file, options)) else { return };
    if geometry.table.stretches() > MOST_STRETCHES {
        return;
    }
    let crosslines = geometry.axes[1].count;
    let is_dead = |position: &usize| !geometry.live.is_live(position / crosslines, position % crosslines);
    let index = Index {
        key,
        axes: geometry.axes,
        georef: geometry.georef.clone(),
        traces: geometry.traces,
        duplicates: geometry.duplicates,
        table: geometry.table.clone(),
        dead: geometry.table.occupied().filter(is_dead).map(|position| position as u64).collect(),
        summary: summary.clone(),
    };
    if let Err(error) = keep(&path, &index) {
        control.info(&format!("no index file is kept: {error}"));
    }
}

fn keep(path: &Path, index: &Index) -> crate::error::Result<()> {
    use crate::error::{Error, ErrorKind};
    let body = postcard::to_stdvec(index)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode an index: {error}")))?;
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let hash = Sha256::digest(&body);
    write_file(path, &[&MAGIC[..], &hash, &body].concat())
}
