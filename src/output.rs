//! Files that appear only when they are whole: written under a temporary name in the same folder, synced to
//! disk, renamed. Dropping without [`OutputFile::commit`] leaves nothing behind. And what a folder of outputs holds.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{ErrorKind, IoContext, Result, fail};

/// A file being written; at `path` only after [`OutputFile::commit`].
#[derive(Debug)]
pub struct OutputFile {
    unfinished: Unfinished,
    path: PathBuf,
}

/// Where the bytes are until then.
#[derive(Debug)]
enum Unfinished {
    /// Gone when dropped.
    Temporary(NamedTempFile),
    /// Stays, to go on with.
    Kept { file: File, path: PathBuf },
}

impl OutputFile {
    /// Starts the file that will be at `path`.
    ///
    /// # Errors
    /// `NotFound` or `Io` naming the folder, `InvalidArgument` when `path` has no file name or is a folder.
    pub fn create(path: &Path) -> Result<Self> {
        let (folder, prefix) = hidden(path)?;
        let temporary = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".part")
            .permissions(permissions())
            .tempfile_in(folder)
            .on("create a file in this folder", folder)?;
        Ok(Self { unfinished: Unfinished::Temporary(temporary), path: path.to_owned() })
    }

    /// Opens the file at `unfinished`, or makes it, whose bytes will be at `path` on the same file system: dropping without
    /// [`OutputFile::commit`] leaves it.
    ///
    /// # Errors
    /// As [`OutputFile::create`].
    pub fn kept(unfinished: &Path, path: &Path) -> Result<Self> {
        hidden(path)?;
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(unfinished);
        let file = file.on("create", unfinished)?;
        Ok(Self { unfinished: Unfinished::Kept { file, path: unfinished.to_owned() }, path: path.to_owned() })
    }

    /// The open file, to write to.
    pub fn file(&self) -> &File {
        match &self.unfinished {
            Unfinished::Temporary(temporary) => temporary.as_file(),
            Unfinished::Kept { file, .. } => file,
        }
    }

    /// Where the bytes are until the file is committed.
    pub fn temporary_path(&self) -> &Path {
        match &self.unfinished {
            Unfinished::Temporary(temporary) => temporary.path(),
            Unfinished::Kept { path, .. } => path,
        }
    }

    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs the bytes to disk and gives the file its name, replacing what was there.
    ///
    /// # Errors
    /// `Io` naming the file.
    pub fn commit(self) -> Result<()> {
        self.file().sync_all().on("sync", &self.path)?;
        let path = self.path;
        let renamed = match self.unfinished {
            Unfinished::Temporary(temporary) => {
                temporary.persist(&path).map(drop).map_err(|error| error.error)
            }
            Unfinished::Kept { path: unfinished, .. } => std::fs::rename(unfinished, &path),
        };
        renamed.on("rename the finished file to", &path)?;
        // The rename itself is durable once the folder is synced; not every file system offers that.
        if let Ok((folder, _)) = hidden(&path) {
            sync_folder(folder);
        }
        Ok(())
    }
}

/// Makes the names in a folder durable, where the file system offers that.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().ok();
    }
}

/// The folder of `path`, and the beginning of hidden names beside it: ".NAME.".
///
/// # Errors
/// `InvalidArgument` when `path` has no file name or is a folder.
pub fn hidden(path: &Path) -> Result<(&Path, std::ffi::OsString)> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name() else {
        fail!(InvalidArgument, "{:?} is not a file name to write to", path.display().to_string());
    };
    if path.is_dir() {
        fail!(InvalidArgument, "{} is a folder; name a file to write", path.display());
    }
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    Ok((folder, prefix))
}

/// Writes all of `bytes` to `path`, whole or not at all.
///
/// # Errors
/// As [`OutputFile::create`] and [`OutputFile::commit`]; `Io` when the disk is full.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let output = OutputFile::create(path)?;
    output.file().write_all(bytes).on("write", path)?;
    output.commit()
}

/// Makes a folder and its parents.
///
/// # Errors
/// `Io` naming the folder.
pub fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).on("create the folder", path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => crate::error::Error::new(ErrorKind::Io, error.message().to_owned()).at(path),
        _ => error,
    })
}

/// The files of a folder whose names end with `.extension`, by name.
///
/// # Errors
/// `NotFound` or `Io` where it cannot be listed.
pub fn files_of(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What a freshly made file would have; temporary files are private by default. The umask still applies.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}
