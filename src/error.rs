//! The one error type of the library.
//!
//! An error says *what* failed and *on what*: the message names what was found, what was expected and
//! what to do; the context carries the file and the byte it is about. [`ErrorKind`] is what a program
//! decides on; each kind has a permanent number in the C ABI (`src/capi/status.rs`).

use std::fmt;
use std::path::{Path, PathBuf};

/// What kind of failure this is, for code that has to decide; one to one with `diapir_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is outside what the function accepts.
    InvalidArgument,
    /// An inline, crossline, sample or byte range lies outside the volume.
    OutOfRange,
    /// The build or the library version lacks what was asked for.
    Unsupported,
    /// A file or folder does not exist.
    NotFound,
    /// The operating system refused to read or write.
    Io,
    /// The bytes are not what the format demands.
    Malformed,
    /// The file ends before what its headers promise.
    Truncated,
    /// The traces do not form the grid that was asked for.
    Geometry,
    /// A training set or label volume cannot be used as it is.
    Dataset,
    /// The file is not a Diapir model, or a damaged one.
    ModelMalformed,
    /// The model file's version is not one this library reads.
    ModelVersion,
    /// The model and the data do not fit each other.
    ModelMismatch,
    /// Training produced NaN or infinite values.
    Diverged,
    /// Memory or device memory ran out.
    OutOfMemory,
    /// The device that was asked for is not there.
    DeviceUnavailable,
    /// libtorch or GDAL reported a failure.
    Backend,
    /// The caller cancelled.
    Cancelled,
    /// A defect of this library.
    Internal,
}

/// Result with this library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What failed, on what, and why.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    byte: Option<u64>,
}

impl Error {
    /// A new error; `message` is one line that says what was found, what was expected and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), path: None, byte: None }
    }

    /// An operating-system failure on `path` while doing `action` (such as "open", "write").
    pub fn io(error: &std::io::Error, action: &str, path: &Path) -> Self {
        use std::io::ErrorKind as Os;
        let kind = match error.kind() {
            Os::NotFound => ErrorKind::NotFound,
            Os::UnexpectedEof => ErrorKind::Truncated,
            Os::OutOfMemory => ErrorKind::OutOfMemory,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("cannot {action}: {error}")).at(path)
    }

    /// The same error, about this file.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.path.get_or_insert_with(|| path.to_owned());
        self
    }

    /// The same error, about this byte of the file (counted from 0).
    #[must_use]
    pub fn at_byte(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence without file and byte.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file that this is about.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The byte of the file that this is about, counted from 0.
    pub fn byte(&self) -> Option<u64> {
        self.byte
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.byte) {
            (Some(path), Some(byte)) => write!(f, "{}, byte {byte}: {}", path.display(), self.message),
            (Some(path), None) => write!(f, "{}: {}", path.display(), self.message),
            (None, _) => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// Attaches the file to an operating-system result: `File::open(p).on("open", p)?`.
pub trait IoContext<T> {
    /// Turns the operating system's error into ours, naming the action and the file.
    fn on(self, action: &str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for std::io::Result<T> {
    fn on(self, action: &str, path: &Path) -> Result<T> {
        self.map_err(|error| Error::io(&error, action, path))
    }
}

/// `Err(Error::new(kind, format!(..)))` in one line.
macro_rules! fail {
    ($kind:ident, $($text:tt)*) => {
        return Err($crate::error::Error::new($crate::error::ErrorKind::$kind, format!($($text)*)))
    };
}
pub(crate) use fail;

/// Makes room for `len` elements in all, or says that memory does not suffice instead of ending the process.
///
/// # Errors
/// `OutOfMemory` with this message.
pub(crate) fn reserve<T>(data: &mut Vec<T>, len: usize, message: impl FnOnce() -> String) -> Result<()> {
    data.try_reserve_exact(len.saturating_sub(data.len()))
        .map_err(|_| Error::new(ErrorKind::OutOfMemory, message()))
}
