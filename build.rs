//! Link arguments that tch's own build script cannot hand on to dependents: where libtorch is found at run time, and that the
//! loaded library stays loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    // Thread-local destructors and libtorch's own threads outlive a dlclose: never unload.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // An installed tree has libtorch in `diapir/` beside the library.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-rpath,$ORIGIN/diapir");
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        // The library, tests, benches and examples of this checkout.
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
