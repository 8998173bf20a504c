//! What the library says while it works, and the host's answer.

#![allow(unsafe_code, reason = "functions that C code calls")]

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::call::copied;
use super::handle::Plugin;
use crate::abi::diapir_callbacks;
use crate::failure::HostError;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warning,
    Information,
    Detail,
}

impl From<i32> for Level {
    fn from(level: i32) -> Self {
        match level {
            ..=1 => Self::Error,
            2 => Self::Warning,
            3 => Self::Information,
            _ => Self::Detail,
        }
    }
}

/// Hears a call, on the thread that makes it.
pub(crate) trait Listener {
    /// `done` of `total` units of `stage` (total 0: not known); `false` cancels.
    fn progress(&mut self, stage: &str, done: u64, total: u64) -> bool;
    /// Something a person should know.
    fn message(&mut self, level: Level, text: &str);
}

impl Plugin {
    /// Makes a call while `listener` hears it.
    ///
    /// # Errors
    /// When the library does not know our struct.
    pub(super) fn heard<T>(
        self,
        mut listener: &mut dyn Listener,
        call: impl FnOnce(*const diapir_callbacks) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut callbacks: diapir_callbacks = self.prepared()?;
        callbacks.userdata = (&raw mut listener).cast();
        callbacks.log = Some(on_message);
        callbacks.progress = Some(on_progress);
        call(&raw const callbacks)
    }
}

/// # Safety
/// `userdata` is that of [`Plugin::heard`], whose call is running on this thread; `stage` is a text or NULL.
unsafe extern "C" fn on_progress(userdata: *mut c_void, stage: *const c_char, done: u64, total: u64) -> bool {
    // No panic may enter the library; a listener that panicked stops the work.
    catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the same contract; the library calls on this thread only, so nobody else uses it now.
        let (listener, stage) = unsafe { (&mut *userdata.cast::<&mut dyn Listener>(), copied(stage)) };
        listener.progress(&stage.unwrap_or_default(), done, total)
    }))
    .unwrap_or(false)
}

/// # Safety
/// As [`on_progress`].
unsafe extern "C" fn on_message(userdata: *mut c_void, level: i32, message: *const c_char) {
    // A message that cannot be shown is no reason to stop.
    let _shown = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the same contract.
        let (listener, text) = unsafe { (&mut *userdata.cast::<&mut dyn Listener>(), copied(message)) };
        listener.message(Level::from(level), &text.unwrap_or_default());
    }));
}
