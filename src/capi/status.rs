//! The status numbers. They never change; new ones go into the free numbers of their class.

use std::ffi::{CStr, c_char};

use crate::error::ErrorKind;

/// What a call came to. Classes: 0 success; 1-99 the caller's argument; 100-199 the data; 200-299 the model;
/// 300-399 resources; 400-499 control; 900-999 a defect of the library.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_status {
    /// The call did what was asked.
    Ok = 0,
    /// An argument is outside what the function accepts.
    InvalidArgument = 1,
    /// A pointer that must not be NULL is NULL; the message names the parameter.
    NullArgument = 2,
    /// The caller's buffer is too small; `*needed` says how many bytes it takes.
    BufferTooSmall = 3,
    /// An inline, crossline, sample or device number lies outside what there is.
    OutOfRange = 4,
    /// This build or this version of the library lacks what was asked for.
    Unsupported = 5,
    /// An earlier call on this handle ended in DIAPIR_STATUS_PANIC; only freeing it is left.
    Poisoned = 6,
    /// A file or folder does not exist.
    NotFound = 100,
    /// The operating system refused to read or write.
    Io = 101,
    /// The bytes are not what the format demands.
    Malformed = 102,
    /// The file ends before what its headers promise.
    Truncated = 103,
    /// The traces do not form the grid that was asked for.
    Geometry = 104,
    /// A training set or label volume cannot be used as it is.
    Dataset = 105,
    /// The file is not a Diapir model, or a damaged one.
    ModelMalformed = 200,
    /// The model file's version is not one that this library reads.
    ModelVersion = 201,
    /// The model and the data do not fit each other.
    ModelMismatch = 202,
    /// Training produced NaN or infinite values.
    Diverged = 203,
    /// Memory or device memory ran out.
    OutOfMemory = 300,
    /// The device that was asked for is not there.
    DeviceUnavailable = 301,
    /// libtorch or GDAL reported a failure.
    Backend = 302,
    /// The progress callback returned false.
    Cancelled = 400,
    /// The library panicked; the message is the panic's. The handles of the call are poisoned.
    Panic = 900,
    /// A defect of the library that it noticed itself.
    Internal = 901,
}

/// Every status, its number's owner, and its text.
const TEXTS: [(diapir_status, &CStr); 24] = {
    use diapir_status as S;
    [
        (S::Ok, c"success"),
        (S::InvalidArgument, c"invalid argument"),
        (S::NullArgument, c"a required pointer is NULL"),
        (S::BufferTooSmall, c"the buffer is too small"),
        (S::OutOfRange, c"outside the survey's range"),
        (S::Unsupported, c"not supported by this build"),
        (S::Poisoned, c"the handle was used in a call that panicked"),
        (S::NotFound, c"file not found"),
        (S::Io, c"input or output failed"),
        (S::Malformed, c"malformed data"),
        (S::Truncated, c"truncated file"),
        (S::Geometry, c"unusable survey geometry"),
        (S::Dataset, c"unusable training data"),
        (S::ModelMalformed, c"not a model file, or a damaged one"),
        (S::ModelVersion, c"unknown model file version"),
        (S::ModelMismatch, c"the model does not fit the data"),
        (S::Diverged, c"training diverged"),
        (S::OutOfMemory, c"out of memory"),
        (S::DeviceUnavailable, c"device not available"),
        (S::Backend, c"libtorch or GDAL failed"),
        (S::Cancelled, c"cancelled"),
        (S::Panic, c"the library panicked"),
        (S::Internal, c"internal error"),
        // The last entry answers for numbers that this version does not know.
        (S::Internal, c"unknown status"),
    ]
};

impl From<ErrorKind> for diapir_status {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => Self::InvalidArgument,
            ErrorKind::OutOfRange => Self::OutOfRange,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Io => Self::Io,
            ErrorKind::Malformed => Self::Malformed,
            ErrorKind::Truncated => Self::Truncated,
            ErrorKind::Geometry => Self::Geometry,
            ErrorKind::Dataset => Self::Dataset,
            ErrorKind::ModelMalformed => Self::ModelMalformed,
            ErrorKind::ModelVersion => Self::ModelVersion,
            ErrorKind::ModelMismatch => Self::ModelMismatch,
            ErrorKind::Diverged => Self::Diverged,
            ErrorKind::OutOfMemory => Self::OutOfMemory,
            ErrorKind::DeviceUnavailable => Self::DeviceUnavailable,
            ErrorKind::Backend => Self::Backend,
            ErrorKind::Cancelled => Self::Cancelled,
            ErrorKind::Internal => Self::Internal,
        }
    }
}

/// A few words for a status number, such as "file not found"; "unknown status" for numbers that this version
/// does not have. The error object says more.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is static.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_status_text(status: i32) -> *const c_char {
    let (last, known) = (TEXTS[TEXTS.len() - 1].1, &TEXTS[..TEXTS.len() - 1]);
    known.iter().find(|(named, _)| *named as i32 == status).map_or(last, |(_, text)| text).as_ptr()
}
