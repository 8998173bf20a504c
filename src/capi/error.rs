//! Why a call failed.

use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr;

use super::c_text::c_text;
use super::failure::Failure;
use super::status::diapir_status;

/// Why a call failed. Made by the failing call, owned by the caller, immutable: any number of threads may
/// read it.
///
/// Methods: diapir_error_status, diapir_error_message, diapir_error_path, diapir_error_byte,
/// diapir_error_free.
pub struct diapir_error {
    status: diapir_status,
    message: CString,
    path: Option<CString>,
    byte: i64,
}

// Any number of threads may read one.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<diapir_error>();
};

impl From<Failure> for diapir_error {
    fn from(failure: Failure) -> Self {
        let status = failure.status();
        match failure {
            Failure::Library(error) => Self {
                status,
                message: c_text(error.message()),
                path: error.path().map(Path::to_string_lossy).map(|path| c_text(&path)),
                byte: error.byte().and_then(|byte| i64::try_from(byte).ok()).unwrap_or(-1),
            },
            Failure::Border(_, message) => Self { status, message: c_text(&message), path: None, byte: -1 },
        }
    }
}

/// Hands the error object over, if the caller wants one, and gives the status.
///
/// # Safety
/// `error` is NULL or valid for a write of one pointer.
pub(super) unsafe fn report(failure: Failure, error: *mut *mut diapir_error) -> diapir_status {
    let status = failure.status();
    if !error.is_null() {
        let object = Box::into_raw(Box::new(failure.into()));
        // SAFETY: not NULL, and the caller vouches for the write.
        unsafe { error.write(object) };
    }
    status
}

/// The status of the call that failed; DIAPIR_STATUS_OK for NULL.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_error_status(error: *const diapir_error) -> diapir_status {
    // SAFETY: NULL or an error object of this library, by the contract of every exported function.
    unsafe { error.as_ref() }.map_or(diapir_status::Ok, |error| error.status)
}

/// What was found, what was expected and what to do, in one line of UTF-8 without file and byte; "" for NULL.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is borrowed until diapir_error_free.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_error_message(error: *const diapir_error) -> *const c_char {
    // SAFETY: as in diapir_error_status.
    unsafe { error.as_ref() }.map_or(c"".as_ptr(), |error| error.message.as_ptr())
}

/// The file that the failure is about; NULL when it is about no file, and for NULL. Bytes of a path that are
/// not UTF-8 are replaced.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is borrowed until diapir_error_free.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_error_path(error: *const diapir_error) -> *const c_char {
    // SAFETY: as in diapir_error_status.
    let path = unsafe { error.as_ref() }.and_then(|error| error.path.as_ref());
    path.map_or(ptr::null(), |path| path.as_ptr())
}

/// The byte of the file that the failure is about, counted from 0; -1 when there is none, and for NULL.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_error_byte(error: *const diapir_error) -> i64 {
    // SAFETY: as in diapir_error_status.
    unsafe { error.as_ref() }.map_or(-1, |error| error.byte)
}

/// Ends the error object and the texts borrowed from it. NULL is fine.
///
/// Thread: any; nobody else may be using the object.
/// Owns: takes the object.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_error_free(error: *mut diapir_error) {
    if !error.is_null() {
        // SAFETY: made by Box::into_raw in `report`; the caller gives it up, once.
        drop(unsafe { Box::from_raw(error) });
    }
}
