//! The bytes of a SEG-Y file, read by position; files whose byte pairs are swapped look as if they were not.
//!
//! Everything is read with `pread`: a file that somebody cuts short, or a network file system that fails, gives an
//! error. (A memory map would give a signal, which ends the host.)

use std::fs::File;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, IoContext, Result, fail};

/// Blocks of a file that are looked at to tell it from others, and bytes of each.
const PROBES: u64 = 64;
const PROBED: u64 = 4096;

/// An open regular file that is not compressed.
#[derive(Debug)]
pub(super) struct SegyFile {
    path: PathBuf,
    file: File,
    length: u64,
    modified: Option<SystemTime>,
    /// Whether the two bytes of each pair are exchanged (revision 2's constant 02 01 04 03).
    pub swapped: bool,
}

impl SegyFile {
    /// Opens the file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        // Asked before opening: opening a pipe would wait for its other end.
        let kind = std::fs::metadata(path).on("open", path)?.file_type();
        if !kind.is_file() {
            let what = if kind.is_dir() {
                "a folder"
            } else if kind.is_fifo() {
                "a pipe"
            } else {
                "not a regular file"
            };
            fail!(InvalidArgument, "{what}: SEG-Y is read from regular files");
        }
        let file = File::open(path).on("open", path)?;
        let metadata = file.metadata().on("read the size of", path)?;
        let found = Self {
            path: path.to_owned(),
            file,
            length: metadata.len(),
            modified: metadata.modified().ok(),
            swapped: false,
        };
        found.refuse_compressed()?;
        Ok(found)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Last modification when it was opened.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Says what a compressed file is, instead of complaining about its headers.
    fn refuse_compressed(&self) -> Result<()> {
        let mut start = [0; 6];
        if self.file.read_exact_at(&mut start, 0).is_ok() {
            let tool = match start {
                [0x1f, 0x8b, ..] => "gunzip",
                [0x28, 0xb5, 0x2f, 0xfd, ..] => "unzstd",
                [b'B', b'Z', b'h', ..] => "bunzip2",
                [0xfd, b'7', b'z', b'X', b'Z', 0] => "unxz",
                [b'P', b'K', 3, 4, ..] => "unzip",
                _ => return Ok(()),
            };
            fail!(Unsupported, "the file is compressed: decompress it with {tool} first");
        }
        Ok(())
    }

    /// Fills `bytes` from `offset`.
    ///
    /// # Errors
    /// `Truncated` when the file ends before, `Io`; both name the byte.
    pub(super) fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        if !self.swapped {
            return self.read_raw(bytes, offset);
        }
        let start = offset & !1;
        let skip = (offset - start) as usize;
        let mut pairs = vec![0; (skip + bytes.len()).next_multiple_of(2)];
        self.read_raw(&mut pairs, start)?;
        pairs.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
        bytes.copy_from_slice(&pairs[skip..skip + bytes.len()]);
        Ok(())
    }

    /// SHA-256 over blocks spread evenly over the file, in hexadecimal: what tells files of one size apart without reading them.
    ///
    /// # Errors
    /// `Truncated`, `Io`.
    pub(super) fn probe(&self) -> Result<String> {
        let mut hash = Sha256::new();
        let mut block = vec![0; PROBED.min(self.length) as usize];
        let last = self.length - block.len() as u64;
        for turn in 0..PROBES {
            let offset = (u128::from(last) * u128::from(turn) / u128::from(PROBES - 1)) as u64;
            self.read_raw(&mut block, offset)?;
            hash.update(&block);
        }
        Ok(format!("{:x}", hash.finalize()))
    }

    fn read_raw(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(bytes, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::new(
                ErrorKind::Truncated,
                format!(
                    "the file ends within the {} bytes from here that its headers promised: it has shrunk since it was opened",
                    bytes.len()
                ),
            )
            .at(&self.path)
            .at_byte(offset),
            _ => Error::io(&error, "read", &self.path).at_byte(offset),
        })
    }
}
