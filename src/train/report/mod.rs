//! The report of a training: one HTML file that needs nothing else.

mod charts;
mod contents;
mod gallery;
mod page;

use std::path::Path;

pub(super) use self::contents::Contents;
use crate::error::Result;
use crate::output::write_file;

/// Writes the report, whole or not at all.
pub(super) fn write(path: &Path, contents: &Contents<'_>) -> Result<()> {
    let charts = charts::all(contents)?;
    let gallery = gallery::best_and_worst(contents)?;
    let page = page::page(contents, &charts, &gallery)?;
    write_file(path, page.into_string().as_bytes())
}
