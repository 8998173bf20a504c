//! Structs that grow: the caller's `struct_size` says how much of one it knows.
//!
//! A struct that the caller fills is read as a prefix over the defaults, so an older program works with a
//! newer library. A longer struct, from a newer header, is accepted as long as the fields that this library
//! does not know are zero; otherwise a setting would be ignored in silence.

use std::mem::{MaybeUninit, size_of};
use std::ptr;

use super::failure::Failure;
use super::status::diapir_status;

/// A `repr(C)` struct whose first field is `uint32_t struct_size`.
///
/// # Safety
/// `FIELDS` lists every field with its offset, in order; the fields are plain data for which any bytes that a
/// C caller writes there are valid (numbers, pointers, nullable function pointers), without padding that a
/// later field could hide in.
pub(super) unsafe trait Versioned: Copy {
    /// Its name in C.
    const NAME: &'static str;
    /// Its fields and their byte offsets.
    const FIELDS: &'static [(&'static str, usize)];

    /// The values of a struct that nobody filled in, `struct_size` included.
    fn defaults() -> Self;
}

/// Implements [`Versioned`] for a struct; a field that is not listed, or listed twice, does not compile.
macro_rules! versioned {
    ($name:ident { $($field:ident),+ $(,)? } $(, $changed:ident: $value:expr)*) => {
        // SAFETY: the list is complete (the destructuring pattern below compiles), the type is repr(C) and
        // made of numbers, pointers and optional function pointers, for which zero bytes are valid.
        unsafe impl $crate::capi::options::Versioned for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [(&'static str, usize)] =
                &[$((stringify!($field), std::mem::offset_of!($name, $field))),+];

            fn defaults() -> Self {
                // SAFETY: zero bytes are valid, as above.
                let mut filled: Self = unsafe { std::mem::zeroed() };
                let Self { $($field: _),+ } = filled;
                filled.struct_size = size_of::<Self>() as u32;
                $(filled.$changed = $value;)*
                filled
            }
        }
    };
}
pub(super) use versioned;

/// Refuses sizes that no header ever gave the struct.
fn check_size<T: Versioned>(size: u32, parameter: &str) -> Result<usize, Failure> {
    let size = size as usize;
    let ends_between_fields = T::FIELDS[1..].iter().any(|&(_, offset)| offset == size);
    if ends_between_fields || size >= size_of::<T>() {
        return Ok(size);
    }
    Err(Failure::invalid(format!(
        "{parameter}.struct_size is {size}, {} has {} bytes; call {}_init first",
        T::NAME,
        size_of::<T>(),
        T::NAME
    )))
}

/// The caller's struct over the defaults; NULL is the defaults.
///
/// # Safety
/// `given` is NULL or points to as many readable bytes as its `struct_size` says.
pub(super) unsafe fn read<T: Versioned>(given: *const T, parameter: &str) -> Result<T, Failure> {
    let mut value = MaybeUninit::new(T::defaults());
    if !given.is_null() {
        // SAFETY: not NULL; every version of the struct begins with its size.
        let size = check_size::<T>(unsafe { given.cast::<u32>().read() }, parameter)?;
        // SAFETY: the caller vouches for `size` bytes.
        unsafe { check_unknown(given, size, parameter) }?;
        let known = size.min(size_of::<T>());
        // SAFETY: `known` bytes are readable there and fit here; the two do not overlap.
        unsafe { ptr::copy_nonoverlapping(given.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known) };
    }
    // SAFETY: initialised with the defaults, then overwritten up to the border of a field with bytes that are
    // valid for its type (contract of `Versioned`).
    Ok(unsafe { value.assume_init() })
}

/// The caller's struct, which must not be NULL.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_required<T: Versioned>(given: *const T, parameter: &str) -> Result<T, Failure> {
    if given.is_null() {
        return Err(Failure::null(parameter));
    }
    // SAFETY: the same contract.
    unsafe { read(given, parameter) }
}

/// Refuses settings that a newer header made and this library does not know.
///
/// # Safety
/// `given` points to `size` readable bytes.
unsafe fn check_unknown<T: Versioned>(given: *const T, size: usize, parameter: &str) -> Result<(), Failure> {
    for offset in size_of::<T>()..size {
        // SAFETY: within the `size` bytes.
        if unsafe { given.cast::<u8>().add(offset).read() } != 0 {
            return Err(Failure::Border(
                diapir_status::Unsupported,
                format!(
                    "{parameter} has a field at byte {offset} that this version of the library does not know \
                     ({} has {} bytes here); use a newer library, or leave the field 0",
                    T::NAME,
                    size_of::<T>()
                ),
            ));
        }
    }
    Ok(())
}

/// Where a report goes: checked before the work, filled after it.
pub(super) struct Place<T: Versioned> {
    to: *mut T,
    size: usize,
}

impl<T: Versioned> Place<T> {
    /// The caller's struct, which must not be NULL.
    ///
    /// # Safety
    /// `to` is NULL or valid for as many bytes as its `struct_size` says, until after [`Place::fill`].
    pub(super) unsafe fn required(to: *mut T, parameter: &str) -> Result<Self, Failure> {
        if to.is_null() {
            return Err(Failure::null(parameter));
        }
        // SAFETY: the same contract.
        unsafe { Self::optional(to, parameter) }
    }

    /// As [`Place::required`], with NULL for a caller that wants no report.
    ///
    /// # Safety
    /// As [`Place::required`].
    pub(super) unsafe fn optional(to: *mut T, parameter: &str) -> Result<Self, Failure> {
        if to.is_null() {
            return Ok(Self { to, size: 0 });
        }
        // SAFETY: not NULL; every version of the struct begins with its size.
        let size = check_size::<T>(unsafe { to.cast::<u32>().read() }, parameter)?;
        Ok(Self { to, size })
    }

    /// Writes as much of the report as the caller's struct holds; its `struct_size` stays.
    pub(super) fn fill(self, report: T) {
        let (start, end) = (size_of::<u32>(), self.size.min(size_of::<T>()));
        if end > start {
            // SAFETY: the maker of the place vouched for `size` writable bytes; `end` is within both structs.
            unsafe {
                let from = ptr::from_ref(&report).cast::<u8>().add(start);
                ptr::copy_nonoverlapping(from, self.to.cast::<u8>().add(start), end - start);
            }
        }
    }
}

/// The body of each `_init` function: defaults, as many bytes as the caller's struct has, zeros beyond.
///
/// # Safety
/// `to` is NULL or valid for writes of `size` bytes.
pub(super) unsafe fn init<T: Versioned>(to: *mut T, size: usize) -> diapir_status {
    if to.is_null() {
        return diapir_status::NullArgument;
    }
    let Ok(struct_size) = u32::try_from(size) else { return diapir_status::InvalidArgument };
    if check_size::<T>(struct_size, "").is_err() {
        return diapir_status::InvalidArgument;
    }
    let defaults = T::defaults();
    // SAFETY: the caller vouches for `size` bytes; at most as many as `T` has are copied from it. The first
    // four bytes are struct_size, which every accepted size includes.
    unsafe {
        ptr::write_bytes(to.cast::<u8>(), 0, size);
        let from = ptr::from_ref(&defaults).cast::<u8>();
        ptr::copy_nonoverlapping(from, to.cast::<u8>(), size.min(size_of::<T>()));
        to.cast::<u32>().write(struct_size);
    }
    diapir_status::Ok
}

/// One of the values that a field may have, by number from 0.
pub(super) fn choice<T: Copy>(value: i32, values: &[T], parameter: &str, name: &str) -> Result<T, Failure> {
    usize::try_from(value).ok().and_then(|index| values.get(index)).copied().ok_or_else(|| {
        let last = values.len() - 1;
        Failure::invalid(format!("{parameter} is {value}, expected a {name} value (0 to {last})"))
    })
}

/// A probability or a share.
pub(super) fn share(value: f32, parameter: &str) -> Result<f32, Failure> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err(Failure::invalid(format!("{parameter} is {value}, expected 0 to 1"))),
    }
}

/// The layout of one struct of the ABI, as the Rust compiler sees it.
#[derive(Debug, Clone)]
pub struct StructLayout {
    /// Its name in C.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// Its fields in order, with their byte offsets.
    pub fields: &'static [(&'static str, usize)],
}

/// The layout of one struct.
pub(super) fn layout_of<T: Versioned>() -> StructLayout {
    StructLayout { name: T::NAME, size: size_of::<T>(), fields: T::FIELDS }
}
