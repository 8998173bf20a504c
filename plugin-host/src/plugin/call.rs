//! How calls cross the border: texts in and out, error objects, versions.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::{CStr, CString, OsStr, c_char};
use std::path::Path;
use std::ptr;

use super::handle::{Device, Plugin};
use crate::abi::{self, diapir_error, diapir_status};
use crate::failure::HostError;

/// A text or path for the library, which takes UTF-8.
///
/// # Errors
/// When it is not UTF-8 or holds a NUL character.
pub(super) fn c_text(text: impl AsRef<OsStr>) -> Result<CString, HostError> {
    let text = text.as_ref();
    let Some(utf8) = text.to_str() else {
        let message = "the path is not UTF-8, which the library needs; rename the file";
        return Err(HostError::status(abi::DIAPIR_STATUS_INVALID_ARGUMENT, message).at(Path::new(text)));
    };
    CString::new(utf8).map_err(|_| {
        HostError::status(abi::DIAPIR_STATUS_INVALID_ARGUMENT, format!("{utf8:?} holds a NUL character"))
    })
}

/// A copy of a text of the library; NULL is nothing.
///
/// # Safety
/// `text` is NULL or a text that lives during the call.
pub(super) unsafe fn copied(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the same contract.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

impl Plugin {
    /// Makes a call with a place for its error object, and turns status and object into a result.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn call(
        self,
        function: impl FnOnce(*mut *mut diapir_error) -> diapir_status,
    ) -> Result<(), HostError> {
        let mut error = ptr::null_mut();
        let status = function(&raw mut error);
        if status == abi::DIAPIR_STATUS_OK {
            return Ok(());
        }
        if error.is_null() {
            // SAFETY: takes any number; the text is static.
            let text = unsafe { copied((self.api.status_text)(status)) };
            return Err(HostError::status(status, text.unwrap_or_default()));
        }
        // SAFETY: the object that the failed call gave, freed once, after its texts are copied.
        let (message, path, byte) = unsafe {
            let message = copied((self.api.error_message)(error));
            let path = copied((self.api.error_path)(error));
            let byte = (self.api.error_byte)(error);
            (self.api.error_free)(error);
            (message, path, byte)
        };
        let mut failure = HostError::status(status, message.unwrap_or_default());
        if let Some(path) = path {
            failure = failure.at(Path::new(&path));
        }
        Err(if byte >= 0 { failure.at_byte(byte) } else { failure })
    }

    /// A text that a function copies out: first its size, then itself.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn text(
        self,
        function: impl Fn(*mut c_char, usize, *mut usize, *mut *mut diapir_error) -> diapir_status,
    ) -> Result<String, HostError> {
        let mut needed = 0;
        self.call(|error| function(ptr::null_mut(), 0, &raw mut needed, error))?;
        let mut bytes = vec![0u8; needed.max(1)];
        self.call(|error| function(bytes.as_mut_ptr().cast(), bytes.len(), &raw mut needed, error))?;
        let text = CStr::from_bytes_until_nul(&bytes).map(|text| text.to_string_lossy().into_owned());
        text.map_err(|_| {
            HostError::status(abi::DIAPIR_STATUS_INTERNAL, "the library gave a text without end")
        })
    }

    pub(super) fn features(self) -> u32 {
        // SAFETY: takes nothing, never fails.
        unsafe { (self.api.features)() }
    }

    pub(super) fn abi_version(self) -> u32 {
        // SAFETY: takes nothing, never fails.
        unsafe { (self.api.abi_version)() }
    }

    pub(super) fn version(self) -> String {
        // SAFETY: the text is static.
        unsafe { copied((self.api.version)()) }.unwrap_or_default()
    }

    pub(super) fn libtorch_version(self) -> String {
        // SAFETY: the text is static.
        unsafe { copied((self.api.libtorch_version)()) }.unwrap_or_default()
    }

    pub(super) fn gdal_version(self) -> String {
        // SAFETY: the text is static.
        unsafe { copied((self.api.gdal_version)()) }.unwrap_or_default()
    }

    /// Names of the devices that networks run on here.
    ///
    /// # Errors
    /// What the library reports.
    pub(super) fn devices(self) -> Result<Vec<Device>, HostError> {
        let mut count = 0;
        // SAFETY: both places are ours.
        self.call(|error| unsafe { (self.api.device_count)(&raw mut count, error) })?;
        let device = |index| {
            let text = self.text(|buffer, size, needed, error| {
                // SAFETY: `text` gives a buffer of this size.
                unsafe { (self.api.device_info_json)(index, buffer, size, needed, error) }
            })?;
            serde_json::from_str(&text).map_err(|error| {
                HostError::status(
                    abi::DIAPIR_STATUS_INTERNAL,
                    format!("a device's description is not as agreed: {error}"),
                )
            })
        };
        (0..count).map(device).collect()
    }
}
