//! What a host hears during a call. `diapir_callbacks` is the library's `Listener`.

use std::ffi::{c_char, c_void};

use super::c_text::c_text;
use super::failure::Failure;
use super::options::{self, versioned};
use super::status::diapir_status;
use crate::control::{Listener, Progress};

/// Hears a message: level 1 error, 2 warning, 3 information, 4 debug, 5 trace; `message` is UTF-8 and valid
/// until the callback returns. The callback must return normally: no exception, no longjmp.
pub type diapir_log_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, level: i32, message: *const c_char)>;

/// Hears how far the work is: `done` of `total` units of `stage` (total 0: not known); `stage` is valid until
/// the callback returns. Returning false cancels: the call ends within one batch of tiles with
/// DIAPIR_STATUS_CANCELLED and leaves no half-written file. The callback must return normally: no exception,
/// no longjmp.
pub type diapir_progress_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, stage: *const c_char, done: u64, total: u64) -> bool>;

/// What a caller hears during one call. The callbacks come on the calling thread only, and never after the
/// call has returned. They may call functions of this library on const handles.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_callbacks {
    /// Size of this struct in bytes; set by diapir_callbacks_init.
    pub struct_size: u32,
    /// Passed to the callbacks as it is.
    pub userdata: *mut c_void,
    /// Hears messages; NULL: nobody does.
    pub log: diapir_log_fn,
    /// Hears progress and may cancel; NULL: nobody does.
    pub progress: diapir_progress_fn,
}

versioned!(diapir_callbacks { struct_size, userdata, log, progress });

/// Fills `callbacks` with its defaults: nobody listens. `size` is `sizeof *callbacks`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_callbacks_init(
    callbacks: *mut diapir_callbacks,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(callbacks, size) }
}

/// The host's callbacks as a [`Listener`].
pub(super) struct HostListener(diapir_callbacks);

impl HostListener {
    /// Reads the caller's struct; NULL is a host that does not listen.
    ///
    /// # Safety
    /// `callbacks` is NULL or valid, with callbacks that keep their contract until the call returns.
    pub(super) unsafe fn new(callbacks: *const diapir_callbacks) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        Ok(Self(unsafe { options::read(callbacks, "callbacks") }?))
    }
}

impl Listener for HostListener {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        let Some(callback) = self.0.progress else { return true };
        let stage = c_text(progress.stage);
        // SAFETY: the host's function, called as its type says, with a text that outlives the call.
        unsafe { callback(self.0.userdata, stage.as_ptr(), progress.done, progress.total) }
    }

    fn message(&mut self, level: log::Level, text: &str) {
        if let Some(callback) = self.0.log {
            let text = c_text(text);
            // SAFETY: as above.
            unsafe { callback(self.0.userdata, level as i32, text.as_ptr()) };
        }
    }
}
