//! What a folder holds.

use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result};

/// The `.safetensors` files of a folder, by name.
///
/// # Errors
/// `NotFound` or `Io` where it cannot be listed.
pub(super) fn safetensors_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
