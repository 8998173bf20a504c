//! The caller's arrays: sizes checked, strides followed, outputs written in one go after success.

use std::mem::{align_of, size_of};

use super::failure::Failure;
use crate::error::reserve;

/// A count or index from the caller, which must not be negative.
pub(super) fn size(value: i64, parameter: &str) -> Result<usize, Failure> {
    usize::try_from(value)
        .map_err(|_| Failure::invalid(format!("{parameter} is {value}, expected 0 or more")))
}

/// Memory for `count` samples, or an error instead of an abort.
pub(super) fn zeros(count: usize) -> Result<Vec<f32>, Failure> {
    let mut data = Vec::new();
    reserve(&mut data, count, || format!("{count} samples do not fit in memory; ask for less at once"))?;
    data.resize(count, 0.0);
    Ok(data)
}

/// Refuses an array that cannot be one: NULL, misaligned, or larger than memory.
fn check<T>(array: *const T, count: usize, parameter: &str) -> Result<(), Failure> {
    if array.is_null() {
        return Err(Failure::null(parameter));
    }
    if !array.addr().is_multiple_of(align_of::<T>()) {
        return Err(Failure::invalid(format!(
            "{parameter} is at an address that is no multiple of {}",
            align_of::<T>()
        )));
    }
    if count > isize::MAX as usize / size_of::<T>() {
        return Err(Failure::invalid(format!(
            "{parameter} cannot hold {count} elements: memory ends before"
        )));
    }
    Ok(())
}

/// The caller's input array.
///
/// # Safety
/// `array` is NULL or holds `count` elements that stay unchanged during the call.
pub(super) unsafe fn input<'a, T>(
    array: *const T,
    count: usize,
    parameter: &str,
) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    check(array, count, parameter)?;
    // SAFETY: checked above; the caller vouches for the elements.
    Ok(unsafe { std::slice::from_raw_parts(array, count) })
}

/// A box of samples in the caller's memory, spread by strides. Its memory may be uninitialised, so it is only
/// ever written to.
pub(super) struct Scattered {
    array: *mut f32,
    shape: [usize; 3],
    strides: [usize; 3],
}

impl Scattered {
    /// Checks that the box with these strides (in elements, slowest axis first) lies within `count` elements.
    ///
    /// # Safety
    /// `array` is NULL or valid for writes of `count` elements until after [`Scattered::fill`].
    pub(super) unsafe fn new(
        array: *mut f32,
        count: usize,
        shape: [usize; 3],
        strides: [usize; 3],
    ) -> Result<Self, Failure> {
        check(array, count, "samples")?;
        let reach = shape.iter().zip(strides).try_fold(0usize, |reach, (length, stride)| {
            reach.checked_add(length.saturating_sub(1).checked_mul(stride)?)
        });
        if reach.is_none_or(|reach| reach >= count) {
            return Err(Failure::invalid(format!(
                "a block of {} x {} x {} samples with strides {}, {} and {} does not fit in {count} elements",
                shape[0], shape[1], shape[2], strides[0], strides[1], strides[2]
            )));
        }
        Ok(Self { array, shape, strides })
    }

    /// Copies the block to the caller; `values` are packed, fastest axis last.
    pub(super) fn fill(self, values: &[f32]) {
        let [_, columns, depth] = self.shape;
        for (at, value) in values.iter().enumerate() {
            let index = [at / depth / columns, at / depth % columns, at % depth];
            let offset: usize = index.iter().zip(self.strides).map(|(index, stride)| index * stride).sum();
            // SAFETY: `new` checked that the largest offset is within the caller's array.
            unsafe { self.array.add(offset).write(*value) };
        }
    }
}

/// An array that the caller wants filled. Its memory may be uninitialised, so it is only ever copied into.
pub(super) struct Output<T> {
    array: *mut T,
    count: usize,
}

impl<T: Copy> Output<T> {
    /// Checks the array and that it has the `expected` number of elements.
    ///
    /// # Safety
    /// `array` is NULL or valid for writes of `count` elements until after [`Output::fill`].
    pub(super) unsafe fn new(
        array: *mut T,
        count: usize,
        expected: usize,
        parameter: &str,
    ) -> Result<Self, Failure> {
        if count != expected {
            return Err(Failure::invalid(format!(
                "count is {count}, {parameter} takes exactly {expected} elements"
            )));
        }
        check(array, count, parameter)?;
        Ok(Self { array, count })
    }

    /// Copies the result to the caller.
    pub(super) fn fill(self, values: &[T]) {
        let count = values.len().min(self.count);
        // SAFETY: the maker vouched for `self.count` writable elements; `values` is our own memory.
        unsafe { self.array.copy_from_nonoverlapping(values.as_ptr(), count) };
    }
}

/// An array of up to three dimensions in the caller's memory: lengths and strides in elements, slowest first.
/// A stride of 0 stands for "as if packed".
pub(super) struct Strided {
    shape: [usize; 3],
    strides: [isize; 3],
}

impl Strided {
    /// Checks lengths and strides: no axis empty, no address beyond memory.
    pub(super) fn new(shape: [i64; 3], strides: [i64; 3], what: &str) -> Result<Self, Failure> {
        let impossible = || {
            Failure::invalid(format!(
                "{what} has shape {shape:?} and strides {strides:?}; each length must be positive and the whole must fit in memory"
            ))
        };
        let limit = isize::MAX / size_of::<f32>() as isize;
        let (mut lengths, mut steps) = ([0usize; 3], [0isize; 3]);
        let (mut packed, mut reach) = (1isize, 0isize);
        for axis in (0..3).rev() {
            let length =
                isize::try_from(shape[axis]).ok().filter(|&length| length > 0).ok_or_else(impossible)?;
            let stride = isize::try_from(strides[axis]).map_err(|_| impossible())?;
            steps[axis] = if stride == 0 { packed } else { stride };
            lengths[axis] = length as usize;
            let span = steps[axis].checked_abs().and_then(|step| step.checked_mul(length - 1));
            reach = span
                .and_then(|span| reach.checked_add(span))
                .filter(|&r| r < limit)
                .ok_or_else(impossible)?;
            packed = packed.checked_mul(length).filter(|&n| n <= limit).ok_or_else(impossible)?;
        }
        Ok(Self { shape: lengths, strides: steps })
    }

    /// Lengths, slowest first.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// A packed copy of the caller's array, last axis fastest.
    ///
    /// # Safety
    /// `array` is NULL or every element that shape and strides reach can be read.
    pub(super) unsafe fn gather(&self, array: *const f32, parameter: &str) -> Result<Vec<f32>, Failure> {
        check(array, 1, parameter)?;
        let mut packed = zeros(self.len())?;
        let [_, n1, n2] = self.shape;
        for (row, values) in packed.chunks_exact_mut(n2).enumerate() {
            let start = (row / n1) as isize * self.strides[0] + (row % n1) as isize * self.strides[1];
            for (k, value) in values.iter_mut().enumerate() {
                // SAFETY: within what shape and strides reach, which the caller vouches for.
                *value = unsafe { array.offset(start + k as isize * self.strides[2]).read() };
            }
        }
        Ok(packed)
    }
}

/// Flags of traces, one byte each, non-zero for live; NULL: all are.
///
/// # Safety
/// `live` is NULL or holds `count` bytes that stay unchanged during the call.
pub(super) unsafe fn live_flags(live: *const u8, count: usize) -> Result<Vec<bool>, Failure> {
    let mut flags = Vec::new();
    reserve(&mut flags, count, || format!("no memory for the live flags of {count} traces"))?;
    if live.is_null() {
        flags.resize(count, true);
    } else {
        // SAFETY: the same contract.
        flags.extend(unsafe { input(live, count, "live") }?.iter().map(|&flag| flag != 0));
    }
    Ok(flags)
}
