//! The one place where a Rust panic stops: nothing unwinds into the caller.
//!
//! A panic becomes `DIAPIR_STATUS_PANIC` with the panic's message, and the handles of the call are poisoned
//! (see `handle.rs`). Rust's default panic hook prints to stderr, which a library must not do, and replacing
//! the hook would silence the host's own panics when the host is a Rust program that links the rlib. So a
//! hook is chained in front of the present one, once, at the first guarded call: it stays silent for panics
//! inside a guarded call (on the calling thread, and on rayon's workers and our own threads while a call
//! runs) and hands all others to the hook that was there before. In the shared library the standard library
//! is private, so the host's hook is never even seen.
//!
//! Tests need a panic, and no argument should be able to cause one. In builds with debug assertions (never in
//! release builds) the environment variable `DIAPIR_INJECT_PANIC`, read once, names the function that panics:
//! `diapir_synth_write` at its beginning, `diapir_survey_get_info:handle` while it holds its first handle.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::{self, diapir_error};
use super::failure::Failure;
use super::status::diapir_status;

thread_local! {
    /// The exported function that this thread is in.
    static CURRENT: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// Where the last silenced panic of this thread was raised.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Guarded calls that run now, on all threads.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Marks the thread as being inside an exported function, and unmarks it however the call ends. Calls nest
/// when a callback calls the library.
struct Inside(Option<&'static str>);

impl Inside {
    fn enter(name: &'static str) -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self(CURRENT.replace(Some(name)))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        CURRENT.set(self.0);
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs the body of the exported function `name`; an error or a panic becomes a status and an error object.
/// `*error` is set to NULL first, so that it never holds another call's error.
///
/// # Safety
/// `error` is NULL or valid for writes of one pointer.
pub(super) unsafe fn guard(
    name: &'static str,
    error: *mut *mut diapir_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> diapir_status {
    if !error.is_null() {
        // SAFETY: not NULL; the caller vouches for the write.
        unsafe { error.write(std::ptr::null_mut()) };
    }
    let outcome = caught(name, || {
        injected_panic(name, None);
        body()
    });
    match outcome {
        Ok(Ok(())) => diapir_status::Ok,
        // SAFETY: the same `error`.
        Ok(Err(failure)) => unsafe { error::report(failure, error) },
        // SAFETY: the same `error`.
        Err(message) => unsafe { error::report(Failure::Border(diapir_status::Panic, message), error) },
    }
}

/// Runs a body that cannot fail, for functions that have nowhere to say so; a panic is logged and gives the
/// type's default.
pub(super) fn guard_value<T: Default>(name: &'static str, body: impl FnOnce() -> T) -> T {
    caught(name, body).unwrap_or_default()
}

/// Runs `body`; a panic comes back as its message.
fn caught<T>(name: &'static str, body: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(chain_hook);
    let _inside = Inside::enter(name);
    // What the closure touches is either dropped, poisoned (handles) or the caller's own memory.
    panic::catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        let message = format!("{name} panicked: {}; please report this", describe(payload));
        log::error!("{message}");
        message
    })
}

fn describe(payload: Box<dyn Any + Send>) -> String {
    let text =
        payload.downcast::<String>().map(|text| *text).or_else(|other| match other.downcast::<&str>() {
            Ok(text) => Ok((*text).to_owned()),
            Err(other) => Err(other),
        });
    let text = text.unwrap_or_else(|other| {
        // A payload of an unknown type may panic in its own drop.
        std::mem::forget(other);
        "a panic without a message".to_owned()
    });
    match PLACE.take() {
        Some(place) => format!("{text} (at {place})"),
        None => text,
    }
}

fn chain_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if CURRENT.get().is_some() {
            // A thread that is ending may have lost its PLACE already; a hook must not panic over it.
            let place = info.location().map(ToString::to_string);
            let _ = PLACE.try_with(|cell| cell.replace(place));
        } else if !(RUNNING.load(Ordering::Relaxed) > 0 && is_worker()) {
            previous(info);
        }
    }));
}

/// Whether this thread works for somebody's call: rayon's workers and the threads that the library names.
fn is_worker() -> bool {
    rayon::current_thread_index().is_some()
        || std::thread::current().name().is_some_and(|name| name.starts_with("diapir"))
}

/// Panics when the test environment asks for it while the current function holds its first handle.
pub(super) fn injected_panic_in_use() {
    if let Some(name) = CURRENT.get() {
        injected_panic(name, Some("handle"));
    }
}

#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "that is its purpose; builds without debug assertions have no such code")]
fn injected_panic(name: &str, place: Option<&str>) {
    static WANTED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let wanted = WANTED.get_or_init(|| std::env::var("DIAPIR_INJECT_PANIC").unwrap_or_default());
    let (function, at) = match wanted.split_once(':') {
        Some((function, at)) => (function, Some(at)),
        None => (wanted.as_str(), None),
    };
    if function == name && at == place {
        panic!("injected by DIAPIR_INJECT_PANIC");
    }
}

#[cfg(not(debug_assertions))]
fn injected_panic(_name: &str, _place: Option<&str>) {}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    fn guarded(body: impl FnOnce() -> Result<(), Failure>) -> (diapir_status, String) {
        let mut error = ptr::null_mut();
        // SAFETY: a valid place for one pointer.
        let status = unsafe { guard("diapir_test", &raw mut error, body) };
        // SAFETY: NULL or the error object of the call above, freed once.
        let text = unsafe {
            let text = std::ffi::CStr::from_ptr(super::super::error::diapir_error_message(error));
            let text = text.to_string_lossy().into_owned();
            super::super::error::diapir_error_free(error);
            text
        };
        (status, text)
    }

    #[test]
    fn panics_become_errors_with_their_message_and_place() {
        let (status, text) = guarded(|| panic!("lost {}", 42));
        assert_eq!(status, diapir_status::Panic);
        assert!(text.contains("diapir_test panicked: lost 42 (at src/capi/guard.rs:"), "{text}");
        assert!(CURRENT.get().is_none());
    }

    #[test]
    fn worker_panics_become_errors() {
        let (status, text) = guarded(|| {
            rayon::join(|| panic!("in a worker"), || ());
            Ok(())
        });
        assert_eq!(status, diapir_status::Panic);
        assert!(text.contains("in a worker"), "{text}");
    }

    #[test]
    fn payloads_without_text_are_caught() {
        let (status, text) = guarded(|| panic::panic_any(7u8));
        assert_eq!(status, diapir_status::Panic);
        assert!(text.contains("without a message"), "{text}");
    }

    #[test]
    fn success_clears_the_error() {
        assert_eq!(guarded(|| Ok(())), (diapir_status::Ok, String::new()));
    }
}
