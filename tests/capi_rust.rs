//! The exported functions called from Rust, where every hostile argument can be made: NULLs, short and long
//! structs, wrong UTF-8, small buffers. Runs without a C compiler.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "calls into the C ABI, all of one kind")]

use std::ffi::{CStr, c_char};
use std::mem::{MaybeUninit, offset_of, size_of};
use std::ptr;

use diapir::capi::*;

/// Runs a call, takes its error object apart and frees it: status and message.
fn outcome(call: impl FnOnce(*mut *mut diapir_error) -> diapir_status) -> (diapir_status, String) {
    // What was in the place before must not matter.
    let mut error = ptr::without_provenance_mut(8);
    let status = call(&raw mut error);
    assert_eq!(error.is_null(), status == diapir_status::Ok, "an error object comes with every failure");
    unsafe {
        let message = CStr::from_ptr(diapir_error_message(error)).to_str().unwrap().to_owned();
        assert_eq!(diapir_error_status(error), status);
        diapir_error_free(error);
        (status, message)
    }
}

/// A prepared struct.
fn prepared<T>(init: unsafe extern "C" fn(*mut T, usize) -> diapir_status) -> T {
    let mut value = MaybeUninit::uninit();
    unsafe {
        assert_eq!(init(value.as_mut_ptr(), size_of::<T>()), diapir_status::Ok);
        value.assume_init()
    }
}

fn null_named((status, message): (diapir_status, String), parameter: &str) {
    assert_eq!(status, diapir_status::NullArgument, "{parameter}: {message}");
    assert!(message.starts_with(&format!("{parameter} is NULL")), "{message}");
}

const PATH: &CStr = c"/nowhere/model.safetensors";

fn load(path: *const c_char, options: *const diapir_model_options) -> (diapir_status, String) {
    let mut model = ptr::without_provenance_mut(16);
    let done = outcome(|e| unsafe { diapir_model_load(path, options, &raw mut model, e) });
    assert_eq!(model.addr(), 16, "the place is untouched");
    done
}

/// What a load of a file that is not there comes to, once its arguments are found in order.
fn accepted() -> diapir_status {
    if cfg!(feature = "torch") { diapir_status::NotFound } else { diapir_status::Unsupported }
}

#[test]
fn nulls_are_named() {
    null_named(load(ptr::null(), ptr::null()), "path");
    unsafe {
        null_named(outcome(|e| diapir_model_load(PATH.as_ptr(), ptr::null(), ptr::null_mut(), e)), "model");
        null_named(
            outcome(|e| diapir_model_info_json(ptr::null(), ptr::null_mut(), 0, ptr::null_mut(), e)),
            "model",
        );
        null_named(outcome(|e| diapir_device_count(ptr::null_mut(), e)), "count");
        let status = diapir_model_load(ptr::null(), ptr::null(), ptr::null_mut(), ptr::null_mut());
        assert_eq!(status, diapir_status::NullArgument, "without a place for the error");
        assert!(diapir_error_path(ptr::null()).is_null() && diapir_error_byte(ptr::null()) == -1);
        diapir_error_free(ptr::null_mut());
        diapir_model_free(ptr::null_mut());
    }
}

#[test]
fn texts_must_be_utf8() {
    let (status, message) = load(c"ab\xff".as_ptr(), ptr::null());
    assert_eq!(status, diapir_status::InvalidArgument);
    assert!(message.contains("path is not UTF-8: byte 2"), "{message}");
    assert_eq!(load(c"".as_ptr(), ptr::null()).0, diapir_status::InvalidArgument);
    let mut options = prepared(diapir_model_options_init);
    options.device = c"\xc3\x28".as_ptr();
    let (status, message) = load(PATH.as_ptr(), &raw const options);
    assert_eq!(status, diapir_status::InvalidArgument);
    assert!(message.contains("options.device"), "{message}");
}

#[test]
fn short_structs_are_a_prefix_over_the_defaults() {
    let mut options = prepared(diapir_model_options_init);
    options.device = c"\xff".as_ptr();
    // A program whose header ended before `device`: what lies behind is not its struct.
    options.struct_size = offset_of!(diapir_model_options, device) as u32;
    assert_eq!(load(PATH.as_ptr(), &raw const options).0, accepted());
    for wrong in [0, 1, 4, 9, 15] {
        options.struct_size = wrong;
        let (status, message) = load(PATH.as_ptr(), &raw const options);
        assert_eq!(status, diapir_status::InvalidArgument, "{wrong}: {message}");
        assert!(message.contains(&format!("struct_size is {wrong}")), "{message}");
    }
}

#[repr(C)]
struct Longer<T> {
    known: T,
    new: u64,
}

#[test]
fn longer_structs_from_the_future_pass_when_unknown_fields_are_zero() {
    let size = size_of::<Longer<diapir_model_options>>();
    let mut options = MaybeUninit::<Longer<diapir_model_options>>::uninit();
    let mut options = unsafe {
        let pointer = options.as_mut_ptr().cast::<diapir_model_options>();
        pointer.cast::<u8>().write_bytes(0xA5, size);
        assert_eq!(diapir_model_options_init(pointer, size), diapir_status::Ok);
        options.assume_init()
    };
    assert_eq!((options.known.struct_size as usize, options.new), (size, 0));
    assert_eq!(load(PATH.as_ptr(), (&raw const options).cast()).0, accepted());
    options.new = 1;
    let (status, message) = load(PATH.as_ptr(), (&raw const options).cast());
    assert_eq!(status, diapir_status::Unsupported);
    assert!(message.contains("newer library"), "{message}");
}

#[test]
fn status_texts_cover_every_number() {
    let text = |number: i32| unsafe { CStr::from_ptr(diapir_status_text(number)) }.to_str().unwrap();
    let known = [(0..=6), (100..=105), (200..=203), (300..=302), (400..=400), (900..=901)];
    for number in known.into_iter().flatten() {
        assert_ne!(text(number), "unknown status", "{number}");
    }
    for number in [-1, 7, 99, 106, 902] {
        assert_eq!(text(number), "unknown status", "{number}");
    }
}

#[test]
fn versions_are_those_of_cargo() {
    let parts: Vec<u32> = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().unwrap()).collect();
    unsafe {
        assert_eq!(diapir_abi_version(), parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2]);
        assert_eq!(CStr::from_ptr(diapir_version()).to_str().unwrap(), env!("CARGO_PKG_VERSION"));
        let torch = CStr::from_ptr(diapir_libtorch_version()).to_bytes();
        assert_eq!(torch.is_empty(), !cfg!(feature = "torch"));
        assert_eq!(CStr::from_ptr(diapir_gdal_version()).to_bytes().is_empty(), !cfg!(feature = "gdal"));
        let wanted = u32::from(cfg!(feature = "torch")) + 2 * u32::from(cfg!(feature = "gdal"));
        assert_eq!(diapir_features(), wanted);
        let mut count = -1;
        let (status, message) = outcome(|e| diapir_device_count(&raw mut count, e));
        if cfg!(feature = "torch") {
            assert!(status == diapir_status::Ok && count >= 1);
            let done = outcome(|e| diapir_device_name(count, ptr::null_mut(), 0, ptr::null_mut(), e));
            assert_eq!(done.0, diapir_status::OutOfRange);
        } else {
            assert_eq!((status, count), (diapir_status::Unsupported, -1));
            assert!(message.contains("\"torch\""), "{message}");
        }
    }
}
