//! Objects that the caller holds: a box goes out, references come in, the box comes back to be freed.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::guard;
use super::status::diapir_status;

/// Compiles only for types that several threads may use at once, which is what `const` handles promise.
pub(super) const fn assert_send_sync<T: Send + Sync>() {}

/// Set when a call on the handle panicked: what the panic left behind cannot be trusted any more.
#[derive(Debug, Default)]
pub(super) struct Poison(AtomicBool);

/// A type whose pointers the caller holds.
pub(super) trait Handle: Send + Sync {
    /// Its mark.
    fn poison(&self) -> &Poison;
}

/// A handle in use by one call. Dropped by a panic, it marks the handle.
pub(super) struct InUse<'a, H: Handle>(&'a H);

impl<H: Handle> Deref for InUse<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        self.0
    }
}

impl<H: Handle> Drop for InUse<'_, H> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison().0.store(true, Ordering::Release);
        }
    }
}

/// The handle behind the caller's pointer; NULL and poisoned handles are refused.
///
/// # Safety
/// `handle` is NULL or came from [`give`] and is not freed before the call returns.
pub(super) unsafe fn borrow<'a, H: Handle>(
    handle: *const H,
    parameter: &str,
) -> Result<InUse<'a, H>, Failure> {
    // SAFETY: NULL or valid, as the caller vouches.
    match unsafe { borrow_optional(handle, parameter) }? {
        Some(handle) => Ok(handle),
        None => Err(Failure::null(parameter)),
    }
}

/// As [`borrow`], with NULL for "none".
///
/// # Safety
/// As [`borrow`].
pub(super) unsafe fn borrow_optional<'a, H: Handle>(
    handle: *const H,
    parameter: &str,
) -> Result<Option<InUse<'a, H>>, Failure> {
    // SAFETY: NULL or valid, as the caller vouches.
    let Some(handle) = (unsafe { handle.as_ref() }) else { return Ok(None) };
    if handle.poison().0.load(Ordering::Acquire) {
        return Err(Failure::Border(
            diapir_status::Poisoned,
            format!("{parameter} was used in a call that panicked; free it and open it again"),
        ));
    }
    let handle = InUse(handle);
    guard::injected_panic_in_use();
    Ok(Some(handle))
}

/// Refuses a NULL place for a new handle before any work is done.
pub(super) fn check_place<H>(place: *mut *mut H, parameter: &str) -> Result<(), Failure> {
    if place.is_null() { Err(Failure::null(parameter)) } else { Ok(()) }
}

/// Hands a new object to the caller.
///
/// # Safety
/// `place` passed [`check_place`] and is valid for one write.
pub(super) unsafe fn give<H: Handle>(place: *mut *mut H, object: H) {
    // SAFETY: the caller vouches for it.
    unsafe { place.write(Box::into_raw(Box::new(object))) };
}

/// Ends an object; NULL is fine.
///
/// # Safety
/// `handle` is NULL or came from [`give`], and is used nowhere any more.
pub(super) unsafe fn end<H: Handle>(name: &'static str, handle: *mut H) {
    if !handle.is_null() {
        // SAFETY: made by Box::into_raw in `give`; the caller gives it up, once.
        let object = unsafe { Box::from_raw(handle) };
        guard::guard_value(name, || drop(object));
    }
}
