//! What `include/diapir/diapir.h` declares, under the same names; `build.rs` reads it there. What the values
//! mean is documented in the header. Nothing outside of `plugin` touches a pointer of these structs.

#![allow(non_camel_case_types, reason = "the names of the C header")]
#![allow(dead_code, reason = "this program does not use all of the header")]

use std::ffi::{c_char, c_void};

/// The numbers are permanent.
pub(crate) type diapir_status = i32;

include!(concat!(env!("OUT_DIR"), "/abi.rs"));
