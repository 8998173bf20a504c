//! The devices that networks can run on.

use std::ffi::c_char;

use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::needs::with_torch;
use super::status::diapir_status;
use super::text::{self, copy_out};

/// How many devices networks can run on here; at least 1, the CPU.
///
/// Thread: any, concurrently. The first call loads libtorch's CUDA part if it is there.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_device_count(
    count: *mut i64,
    error: *mut *mut diapir_error,
) -> diapir_status {
    let body = || {
        if count.is_null() {
            return Err(Failure::null("count"));
        }
        let names: Vec<String> = with_torch!("a device query", names,)?;
        // SAFETY: not NULL; the caller vouches for the write.
        unsafe { count.write(names.len() as i64) };
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_device_count", error, body) }
}

/// The name of a device ("cpu", "cuda:0"), for the `device` field of options. `index` counts from 0.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: OUT_OF_RANGE; BUFFER_TOO_SMALL; NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_device_name(
    index: i64,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    let body = || {
        let name = device_at(index)?;
        // SAFETY: buffer and needed are the caller's, as documented.
        unsafe { copy_out(&name, buffer, size, needed) }
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_device_name", error, body) }
}

/// Describes a device as one JSON object: its name, the precisions that networks can run in there, and which
/// of them "auto" takes. `index` counts from 0.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: OUT_OF_RANGE; BUFFER_TOO_SMALL; NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_device_info_json(
    index: i64,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    let body = || {
        let text: String = with_torch!("a device query", info, &device_at(index)?)?;
        // SAFETY: buffer and needed are the caller's, as documented.
        unsafe { copy_out(&text, buffer, size, needed) }
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_device_info_json", error, body) }
}

/// The name of a device by its number.
fn device_at(index: i64) -> Result<String, Failure> {
    let names: Vec<String> = with_torch!("a device query", names,)?;
    let count = names.len();
    usize::try_from(index).ok().and_then(|index| names.into_iter().nth(index)).ok_or_else(|| {
        let message = format!("device index is {index}, this machine has {count} (from 0)");
        Failure::Border(diapir_status::OutOfRange, message)
    })
}

#[cfg(feature = "torch")]
fn names() -> Result<Vec<String>, Failure> {
    Ok(crate::tensor::device_names())
}

#[cfg(feature = "torch")]
fn info(name: &str) -> Result<String, Failure> {
    text::json(&crate::tensor::DeviceInfo::of(name.parse()?)?)
}
