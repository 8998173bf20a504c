//! GDAL inside somebody else's process: its errors come back to the caller instead of standard error.

#![allow(unsafe_code)]

/// While it lives, GDAL errors of this thread are kept quiet; [`gdal::errors`] still carries them.
pub(super) struct QuietErrors(());

impl QuietErrors {
    pub(super) fn new() -> Self {
        // SAFETY: pushes GDAL's own silent handler onto this thread's stack; popped in `drop`.
        unsafe { gdal_sys::CPLPushErrorHandler(Some(gdal_sys::CPLQuietErrorHandler)) };
        Self(())
    }
}

impl Drop for QuietErrors {
    fn drop(&mut self) {
        // SAFETY: takes back what `new` pushed, on the same thread (the type is neither moved nor shared between threads).
        unsafe { gdal_sys::CPLPopErrorHandler() };
    }
}
