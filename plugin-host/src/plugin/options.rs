//! Structs of the library with its defaults, and what their pointers point to.

#![allow(unsafe_code, reason = "calls of the C ABI")]

use std::ffi::{CString, OsStr, c_char};
use std::marker::PhantomData;
use std::mem::{MaybeUninit, size_of};
use std::ops::{Deref, DerefMut};

use super::call::c_text;
use super::handle::Plugin;
use crate::abi::*;
use crate::api::Api;
use crate::failure::HostError;

/// A struct that begins with its size and has an `_init` function.
///
/// # Safety
/// The type is `repr(C)`, holds only numbers, pointers and optional functions, and begins with `struct_size`.
pub(crate) unsafe trait Prepared: Copy {
    /// Its `_init` function.
    fn init(api: &Api) -> unsafe extern "C" fn(*mut Self, usize) -> diapir_status;
}

/// Says which function prepares a struct.
macro_rules! prepared {
    ($name:ident, $init:ident) => {
        // SAFETY: such is every struct of the header that has an `_init` function.
        unsafe impl Prepared for $name {
            fn init(api: &Api) -> unsafe extern "C" fn(*mut Self, usize) -> diapir_status {
                api.$init
            }
        }
    };
}

/// Makes the setter of a text or path in options.
macro_rules! text {
    ($name:ident, $field:ident, $set:ident) => {
        #[allow(dead_code, reason = "this program does not set every text")]
        impl Options<'_, $name> {
            /// # Errors
            /// For what is not UTF-8 or holds a NUL character.
            pub(crate) fn $set(&mut self, text: impl AsRef<OsStr>) -> Result<(), HostError> {
                self.value.$field = self.keep(text)?;
                Ok(())
            }
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/prepared.rs"));

/// Options with the library's defaults, for a caller to change, and with the texts and handles that they
/// point to.
pub(crate) struct Options<'a, T> {
    value: T,
    texts: Vec<CString>,
    models: Vec<*const diapir_model>,
    handles: PhantomData<&'a ()>,
}

impl<T> Options<'_, T> {
    /// Keeps a text for as long as the options live.
    fn keep(&mut self, text: impl AsRef<OsStr>) -> Result<*const c_char, HostError> {
        let text = c_text(text)?;
        let pointer = text.as_ptr();
        self.texts.push(text);
        Ok(pointer)
    }

    /// For calls.
    pub(super) fn as_ptr(&self) -> *const T {
        &raw const self.value
    }
}

impl<'a> Options<'a, diapir_predict_options> {
    /// Further models, whose predictions are averaged.
    pub(super) fn keep_models(&mut self, models: Vec<*const diapir_model>) {
        self.models = models;
        (self.value.more_models, self.value.more_model_count) = (self.models.as_ptr(), self.models.len());
    }
}

impl<T> Deref for Options<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Options<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl Plugin {
    /// A struct with the library's defaults.
    ///
    /// # Errors
    /// When the library does not know a struct of this size.
    pub(super) fn prepared<T: Prepared>(self) -> Result<T, HostError> {
        let mut value = MaybeUninit::<T>::zeroed();
        // SAFETY: the library writes at most `size_of::<T>()` bytes there.
        let status = unsafe { T::init(self.api)(value.as_mut_ptr(), size_of::<T>()) };
        if status != DIAPIR_STATUS_OK {
            let name = std::any::type_name::<T>();
            return Err(HostError::status(
                status,
                format!("the library does not know this program's {name}"),
            ));
        }
        // SAFETY: zero bytes are valid for the type, and so is what the library wrote.
        Ok(unsafe { value.assume_init() })
    }

    /// Options with the library's defaults.
    ///
    /// # Errors
    /// When the library does not know a struct of this size.
    pub(crate) fn options<'a, T: Prepared>(self) -> Result<Options<'a, T>, HostError> {
        let value = self.prepared()?;
        Ok(Options { value, texts: Vec::new(), models: Vec::new(), handles: PhantomData })
    }
}
