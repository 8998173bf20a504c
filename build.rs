//! Link flags that cargo does not pass on from torch-sys: where the loader finds libtorch at run time.
//!
//! No downloads and no generated files: `make setup` fetches libtorch, cbindgen writes the header.
#![allow(clippy::print_stdout)]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    // Hosts unload plugins; threads and thread-local destructors of libtorch outlive such an unload.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    // rustc exports every `#[no_mangle]` function of every dependency; a host shall see those of the header only.
    println!("cargo::rustc-link-arg-cdylib=-Wl,--exclude-libs,ALL");
    if env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    // The copy that stands beside an installed library wins over the one that it was built with.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-rpath,$ORIGIN/diapir:$ORIGIN");
    match env::var("DEP_TCH_LIBTORCH_LIB") {
        Ok(folder) => println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}"),
        Err(error) => println!(
            "cargo::error=torch-sys did not tell its libtorch folder (DEP_TCH_LIBTORCH_LIB: {error}): \
             run `make setup`, or set LIBTORCH to the folder of libtorch 2.11.0"
        ),
    }
}
