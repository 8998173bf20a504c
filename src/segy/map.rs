//! Memory maps of parts of a file, for the pass over all trace headers.
//!
//! The file is mapped in windows that are dropped after use, so that the pages of a file of any size are never
//! all resident. Samples are read with `pread`, which reports a file cut short by somebody else as an error; a
//! mapped page past a new end would kill the process, so the length is checked before each window.

#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

use crate::error::{IoContext, Result, fail};

/// Maps `length` bytes from `offset`.
pub(super) fn window(file: &File, path: &Path, offset: u64, length: usize) -> Result<Mmap> {
    let now = file.metadata().on("read the size of", path)?.len();
    if now < offset + length as u64 {
        fail!(Truncated, "{} has shrunk to {now} bytes while it was read", path.display());
    }
    // SAFETY: the map is read-only and private to one scan of this file; that another process shortens the
    // file between the check above and the reading is what remains (SIGBUS), for the time of one window.
    unsafe { MmapOptions::new().offset(offset).len(length).map(file) }.on("map", path)
}
