//! What this build is: version numbers, features, devices.

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

use super::error::{Failure, diapir_error};
use super::guard::{guard, guard_value};
use super::status::diapir_status;
use super::text::copy_out;

/// Optional parts of a build, as bits of diapir_features. Every build has every function; what needs a missing
/// part answers DIAPIR_STATUS_UNSUPPORTED.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_feature {
    /// Training and prediction through libtorch.
    Torch = 1,
    /// Georeferenced rasters through GDAL.
    Gdal = 2,
}

/// A part of a version of this crate, as Cargo has it.
const fn number(text: &str) -> u32 {
    let (bytes, mut value, mut at) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        value = value * 10 + (bytes[at] - b'0') as u32;
        at += 1;
    }
    value
}

const ABI: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + number(env!("CARGO_PKG_VERSION_PATCH"));

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(text) => text,
    Err(_) => c"",
};

/// The version of this ABI: major * 1000000 + minor * 1000 + patch. Programs made for the same major number
/// (while it is 0: the same minor number) and a lower or equal rest work with this library.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_abi_version() -> u32 {
    ABI
}

/// The version of the library, such as "0.1.0".
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is static.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of libtorch that the library was built with; "" without the torch feature.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is static.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_libtorch_version() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    TEXT.get_or_init(|| CString::new(libtorch()).unwrap_or_default()).as_ptr()
}

/// The version of the GDAL in this process; "" without the gdal feature.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is static.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_gdal_version() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    let text = || CString::new(guard_value("diapir_gdal_version", gdal_release)).unwrap_or_default();
    TEXT.get_or_init(text).as_ptr()
}

/// The optional parts of this build: the sum of DIAPIR_FEATURE_TORCH and DIAPIR_FEATURE_GDAL, as they are there.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_features() -> u32 {
    let torch = if cfg!(feature = "torch") { diapir_feature::Torch as u32 } else { 0 };
    let gdal = if cfg!(feature = "gdal") { diapir_feature::Gdal as u32 } else { 0 };
    torch | gdal
}

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
        let names = device_names()?;
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

/// Describes a device as one JSON object: its name, the precisions that networks can run in there, and which of them "auto"
/// takes. `index` counts from 0.
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
        let text = device_info(&device_at(index)?)?;
        // SAFETY: buffer and needed are the caller's, as documented.
        unsafe { copy_out(&text, buffer, size, needed) }
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_device_info_json", error, body) }
}

/// The name of a device by its number.
fn device_at(index: i64) -> Result<String, Failure> {
    let names = device_names()?;
    let count = names.len();
    usize::try_from(index).ok().and_then(|index| names.into_iter().nth(index)).ok_or_else(|| {
        let message = format!("device index is {index}, this machine has {count} (from 0)");
        Failure::Border(diapir_status::OutOfRange, message)
    })
}

#[cfg(feature = "torch")]
fn device_info(name: &str) -> Result<String, Failure> {
    super::text::json(&crate::tensor::DeviceInfo::of(name.parse()?)?)
}

#[cfg(not(feature = "torch"))]
fn device_info(_: &str) -> Result<String, Failure> {
    Err(Failure::lacks("torch", "a device query"))
}

#[cfg(feature = "torch")]
fn libtorch() -> &'static str {
    crate::tensor::libtorch_version()
}

#[cfg(not(feature = "torch"))]
fn libtorch() -> &'static str {
    ""
}

#[cfg(feature = "gdal")]
fn gdal_release() -> String {
    gdal::version::VersionInfo::release_name()
}

#[cfg(not(feature = "gdal"))]
fn gdal_release() -> String {
    String::new()
}

#[cfg(feature = "torch")]
fn device_names() -> Result<Vec<String>, Failure> {
    Ok(crate::tensor::device_names())
}

#[cfg(not(feature = "torch"))]
fn device_names() -> Result<Vec<String>, Failure> {
    Err(Failure::lacks("torch", "a device query"))
}
