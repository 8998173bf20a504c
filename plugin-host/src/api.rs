//! The function table: the library is found, loaded, checked and kept for good; every symbol is resolved once.
#![allow(unsafe_code)]

use std::ffi::c_char;
use std::path::{Path, PathBuf};

use libloading::Library;

use crate::abi::{self, Callbacks, Error, LabelledSurvey, Model, Survey};
use crate::plugin::HostError;

/// Declares the table and how it is filled.
macro_rules! table {
    ($($name:ident: fn($($type:ty),*) -> $result:ty;)*) => {
        pub(crate) struct Api { $(pub $name: unsafe extern "C" fn($($type),*) -> $result,)* }

        impl Api {
            fn resolve(library: &Library) -> Result<Self, libloading::Error> {
                Ok(Self { $($name: {
                    // SAFETY: the type is that of the function of this name in the header of this ABI version.
                    *unsafe { library.get(concat!("diapir_", stringify!($name), "\0").as_bytes()) }?
                },)* })
            }
        }
    };
}

table! {
    abi_version: fn() -> u32;
    version: fn() -> *const c_char;
    libtorch_version: fn() -> *const c_char;
    gdal_version: fn() -> *const c_char;
    device_count: fn(*mut i64, *mut *mut Error) -> i32;
    device_name: fn(i64, *mut c_char, usize, *mut usize, *mut *mut Error) -> i32;
    error_message: fn(*const Error) -> *const c_char;
    error_path: fn(*const Error) -> *const c_char;
    error_byte: fn(*const Error) -> i64;
    error_free: fn(*mut Error) -> ();
    status_text: fn(i32) -> *const c_char;
    callbacks_init: fn(*mut Callbacks, usize) -> i32;
    survey_options_init: fn(*mut abi::SurveyOptions, usize) -> i32;
    survey_open: fn(*const c_char, *const abi::SurveyOptions, *const Callbacks, *mut *mut Survey, *mut *mut Error) -> i32;
    survey_summary_json: fn(*const Survey, *mut c_char, usize, *mut usize, *mut *mut Error) -> i32;
    survey_free: fn(*mut Survey) -> ();
    synth_options_init: fn(*mut abi::SynthOptions, usize) -> i32;
    synth_write: fn(*const c_char, *const c_char, *const abi::SynthOptions, *const Callbacks, *mut *mut Error) -> i32;
    recipe_names: fn(*mut c_char, usize, *mut usize, *mut *mut Error) -> i32;
    recipe_text: fn(*const c_char, *mut c_char, usize, *mut usize, *mut *mut Error) -> i32;
    train_options_init: fn(*mut abi::TrainOptions, usize) -> i32;
    train_report_init: fn(*mut abi::TrainReport, usize) -> i32;
    train: fn(*const LabelledSurvey, usize, *const LabelledSurvey, usize, *const c_char, *const abi::TrainOptions, *const Callbacks, *mut abi::TrainReport, *mut *mut Error) -> i32;
    model_options_init: fn(*mut abi::ModelOptions, usize) -> i32;
    model_load: fn(*const c_char, *const abi::ModelOptions, *mut *mut Model, *mut *mut Error) -> i32;
    model_info_json: fn(*const Model, *mut c_char, usize, *mut usize, *mut *mut Error) -> i32;
    model_free: fn(*mut Model) -> ();
    predict_options_init: fn(*mut abi::PredictOptions, usize) -> i32;
    predict_report_init: fn(*mut abi::PredictReport, usize) -> i32;
    predict_survey: fn(*const Model, *const Survey, *const c_char, *const abi::PredictOptions, *const Callbacks, *mut abi::PredictReport, *mut *mut Error) -> i32;
    evaluation_init: fn(*mut abi::Evaluation, usize) -> i32;
    evaluate: fn(*const Survey, *const Survey, f32, *const Callbacks, *mut abi::Evaluation, *mut *mut Error) -> i32;
    map_options_init: fn(*mut abi::MapOptions, usize) -> i32;
    export_maps: fn(*const Survey, *const c_char, *const c_char, *const abi::MapOptions, *const Callbacks, *mut *mut Error) -> i32;
    picture_options_init: fn(*mut abi::PictureOptions, usize) -> i32;
    export_section_png: fn(*const Survey, *const Survey, *const Survey, *const c_char, *const abi::PictureOptions, *mut *mut Error) -> i32;
}

/// Major and minor version of the ABI that this host was written for.
const NEEDED: [u32; 2] = [0, 1];

/// Loads the library: the one named, that of DIAPIR_LIBRARY, one beside this program, in `../lib`, or the system's.
pub(crate) fn load(named: Option<&Path>) -> Result<&'static Api, HostError> {
    preload_libtorch()?;
    let mut tried = Vec::new();
    for path in candidates(named) {
        // SAFETY: loading runs the library's static constructors, of which this library has none of its own.
        match unsafe { Library::new(&path) } {
            Ok(library) => return check(Box::leak(Box::new(library)), &path),
            Err(error) => tried.push(format!("{}: {error}", path.display())),
        }
    }
    Err(HostError::own(format!(
        "libdiapir.so was not found; name it with --library or DIAPIR_LIBRARY. Tried:\n  {}",
        tried.join("\n  ")
    )))
}

fn check(library: &'static Library, path: &Path) -> Result<&'static Api, HostError> {
    let foreign =
        |error| HostError::own(format!("{} is not a libdiapir of this version: {error}", path.display()));
    let api = Api::resolve(library).map_err(foreign)?;
    // SAFETY: the function takes nothing and has no effect.
    let version = unsafe { (api.abi_version)() };
    let found = [version / 1_000_000, version / 1_000 % 1_000];
    if found != NEEDED {
        let [major, minor] = NEEDED;
        return Err(HostError::own(format!(
            "{} has ABI {}.{}, this program needs {major}.{minor}: install both from the same release",
            path.display(),
            found[0],
            found[1]
        )));
    }
    Ok(Box::leak(Box::new(api)))
}

fn candidates(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) =
        named.map(Path::to_owned).or_else(|| std::env::var_os("DIAPIR_LIBRARY").map(PathBuf::from))
    {
        return vec![path];
    }
    let mut found = Vec::new();
    if let Some(folder) = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned())) {
        found.push(folder.join("libdiapir.so"));
        found.push(folder.join("../lib/libdiapir.so"));
    }
    found.push(PathBuf::from("libdiapir.so"));
    found
}

/// Loads the libtorch of DIAPIR_LIBTORCH, so that libdiapir takes this one instead of looking for its own.
fn preload_libtorch() -> Result<(), HostError> {
    let Some(folder) = std::env::var_os("DIAPIR_LIBTORCH").map(PathBuf::from) else { return Ok(()) };
    for name in ["libc10.so", "libtorch_cpu.so", "libtorch.so"] {
        let path = folder.join(name);
        // SAFETY: libtorch's libraries may be loaded into any process; they stay loaded.
        let library = unsafe { Library::new(&path) }
            .map_err(|error| HostError::own(format!("DIAPIR_LIBTORCH: {}: {error}", path.display())))?;
        std::mem::forget(library);
    }
    Ok(())
}
