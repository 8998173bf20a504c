//! Our texts for C.

use std::ffi::CString;

/// A text that ends in NUL. C texts end at the first NUL, so a NUL inside (a header's padding, say) becomes a
/// space.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', " ")).unwrap_or_default())
}
