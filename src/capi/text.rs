//! Text across the border: UTF-8 in, borrowed; UTF-8 out, copied into the caller's buffer.

use std::ffi::{CStr, c_char};
use std::path::Path;

use super::c_text::c_text;
use super::failure::Failure;
use super::status::diapir_status;

/// The device or precision that the library chooses.
pub(super) const AUTO: &CStr = c"auto";

/// The caller's text, or `None` for NULL.
///
/// # Safety
/// `text` is NULL or points to a NUL-terminated text that stays unchanged during the call.
pub(super) unsafe fn optional<'a>(text: *const c_char, parameter: &str) -> Result<Option<&'a str>, Failure> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; the caller vouches for the rest.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map(Some).map_err(|error| {
        Failure::invalid(format!(
            "{parameter} is not UTF-8: byte {} is wrong; convert it to UTF-8",
            error.valid_up_to()
        ))
    })
}

/// The caller's text, which must not be NULL.
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn required<'a>(text: *const c_char, parameter: &str) -> Result<&'a str, Failure> {
    // SAFETY: the same contract.
    unsafe { optional(text, parameter) }?.ok_or_else(|| Failure::null(parameter))
}

/// The caller's path: not NULL, UTF-8, not empty.
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn path<'a>(text: *const c_char, parameter: &str) -> Result<&'a Path, Failure> {
    // SAFETY: the same contract.
    unsafe { optional_path(text, parameter) }?.ok_or_else(|| Failure::null(parameter))
}

/// As [`path`], with NULL for "none".
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn optional_path<'a>(
    text: *const c_char,
    parameter: &str,
) -> Result<Option<&'a Path>, Failure> {
    // SAFETY: the same contract.
    match unsafe { optional(text, parameter) }? {
        Some("") => Err(Failure::invalid(format!("{parameter} is an empty path; name a file or folder"))),
        text => Ok(text.map(Path::new)),
    }
}

/// Copies `text` and its final NUL into the caller's buffer and says how many bytes that takes. With
/// `(NULL, 0)` it only says how many.
///
/// # Safety
/// `buffer` is NULL or valid for writes of `size` bytes; `needed` is NULL or valid for one write.
pub(super) unsafe fn copy_out(
    text: &str,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> Result<(), Failure> {
    let text = c_text(text);
    let bytes = text.as_bytes_with_nul();
    if buffer.is_null() && (size > 0 || needed.is_null()) {
        return Err(Failure::null(if size > 0 { "buffer" } else { "needed" }));
    }
    if !needed.is_null() {
        // SAFETY: not NULL; the caller vouches for the write.
        unsafe { needed.write(bytes.len()) };
    }
    if buffer.is_null() {
        return Ok(());
    }
    if size < bytes.len() {
        return Err(Failure::Border(
            diapir_status::BufferTooSmall,
            format!(
                "the buffer has {size} bytes, the text takes {}; ask with (NULL, 0, &needed) first",
                bytes.len()
            ),
        ));
    }
    // SAFETY: the buffer has at least `bytes.len()` bytes and our text is not in it.
    unsafe { buffer.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len()) };
    Ok(())
}

/// A value as JSON text.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::Border(diapir_status::Internal, format!("cannot write JSON: {error}")))
}
