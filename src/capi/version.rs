//! Version numbers.

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

use super::guard::guard_value;
use super::needs;

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
    TEXT.get_or_init(|| CString::new(needs::libtorch_version()).unwrap_or_default()).as_ptr()
}

/// The version of the GDAL in this process; "" without the gdal feature.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is static.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_gdal_version() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    let text = || CString::new(guard_value("diapir_gdal_version", needs::gdal_version)).unwrap_or_default();
    TEXT.get_or_init(text).as_ptr()
}
