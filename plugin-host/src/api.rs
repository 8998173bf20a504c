//! The function table: every function of the library that this host calls, resolved once at load.

#![allow(unsafe_code, reason = "symbols of a shared library have no type but the one we give them")]

use std::ffi::c_char;
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::Library;

use crate::abi::*;
use crate::failure::HostError;

/// Declares [`Api`] and how it is resolved; each function is `diapir_<name>` in C.
macro_rules! functions {
    ($( fn $name:ident($($parameter:ty),* $(,)?) $(-> $answer:ty)?; )+) => {
        /// The functions of a loaded library. The library is never closed: libtorch keeps threads and exit
        /// handlers whose code must stay where it is.
        pub(crate) struct Api {
            $( pub(crate) $name: unsafe extern "C" fn($($parameter),*) $(-> $answer)?, )+
            _library: ManuallyDrop<Library>,
        }

        impl Api {
            fn resolve(library: Library, path: &Path) -> Result<Self, HostError> {
                Ok(Self {
                    $( $name: {
                        let symbol = concat!("diapir_", stringify!($name));
                        // SAFETY: the ABI version is checked; the header of that version gives the
                        // function this type (tests/header.rs compares them).
                        *unsafe { library.get(symbol.as_bytes()) }.map_err(|error| missing(symbol, path, &error))?
                    }, )+
                    _library: ManuallyDrop::new(library),
                })
            }
        }
    };
}

/// Where the library puts an error object.
type ErrorPlace = *mut *mut diapir_error;

functions! {
    fn abi_version() -> u32;
    fn version() -> *const c_char;
    fn libtorch_version() -> *const c_char;
    fn gdal_version() -> *const c_char;
    fn features() -> u32;
    fn device_count(*mut i64, ErrorPlace) -> diapir_status;
    fn device_info_json(i64, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn status_text(i32) -> *const c_char;
    fn error_message(*const diapir_error) -> *const c_char;
    fn error_path(*const diapir_error) -> *const c_char;
    fn error_byte(*const diapir_error) -> i64;
    fn error_free(*mut diapir_error);
    fn callbacks_init(*mut diapir_callbacks, usize) -> diapir_status;
    fn survey_options_init(*mut diapir_survey_options, usize) -> diapir_status;
    fn survey_info_init(*mut diapir_survey_info, usize) -> diapir_status;
    fn survey_open(
        *const c_char,
        *const diapir_survey_options,
        *const diapir_callbacks,
        *mut *mut diapir_survey,
        ErrorPlace,
    ) -> diapir_status;
    fn survey_get_info(*const diapir_survey, *mut diapir_survey_info, ErrorPlace) -> diapir_status;
    fn survey_text_header(*const diapir_survey, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn survey_summary_json(*const diapir_survey, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn survey_report_json(
        *const diapir_survey,
        i32,
        *const diapir_callbacks,
        *mut c_char,
        usize,
        *mut usize,
        ErrorPlace,
    ) -> diapir_status;
    fn survey_free(*mut diapir_survey);
    fn synth_options_init(*mut diapir_synth_options, usize) -> diapir_status;
    fn synth_write(
        *const c_char,
        *const c_char,
        *const diapir_synth_options,
        *const diapir_callbacks,
        ErrorPlace,
    ) -> diapir_status;
    fn mosaic_options_init(*mut diapir_mosaic_options, usize) -> diapir_status;
    fn mosaic_report_init(*mut diapir_mosaic_report, usize) -> diapir_status;
    fn mosaic_tiles(
        *const *const diapir_tileset,
        usize,
        *const c_char,
        *const diapir_mosaic_options,
        *const diapir_callbacks,
        *mut diapir_mosaic_report,
        ErrorPlace,
    ) -> diapir_status;
    fn train_options_init(*mut diapir_train_options, usize) -> diapir_status;
    fn train_report_init(*mut diapir_train_report, usize) -> diapir_status;
    fn recipe_check(*const c_char, ErrorPlace) -> diapir_status;
    fn recipe_names(*mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn recipe_text(*const c_char, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn train(
        *const diapir_labelled_survey,
        usize,
        *const diapir_labelled_survey,
        usize,
        *const c_char,
        *const diapir_train_options,
        *const diapir_callbacks,
        *mut diapir_train_report,
        ErrorPlace,
    ) -> diapir_status;
    fn train_tiles(
        *const diapir_tileset,
        *const c_char,
        *const diapir_train_options,
        *const diapir_callbacks,
        *mut diapir_train_report,
        ErrorPlace,
    ) -> diapir_status;
    fn train_system(
        *const diapir_tileset,
        *const c_char,
        *const diapir_train_options,
        *const diapir_callbacks,
        ErrorPlace,
    ) -> diapir_status;
    fn tile_predict_options_init(*mut diapir_tile_predict_options, usize) -> diapir_status;
    fn tile_predict_report_init(*mut diapir_tile_predict_report, usize) -> diapir_status;
    fn predict_tiles(
        *const c_char,
        *const diapir_tileset,
        *const c_char,
        *const diapir_tile_predict_options,
        *const diapir_callbacks,
        *mut diapir_tile_predict_report,
        ErrorPlace,
    ) -> diapir_status;
    fn blend_predictions(
        *const *const c_char,
        *const f64,
        usize,
        *const c_char,
        *const diapir_callbacks,
        ErrorPlace,
    ) -> diapir_status;
    fn stack_predictions(
        *const *const c_char,
        usize,
        *const diapir_tileset,
        f64,
        *const c_char,
        *const diapir_callbacks,
        *mut f64,
        ErrorPlace,
    ) -> diapir_status;
    fn finish_options_init(*mut diapir_finish_options, usize) -> diapir_status;
    fn finish_report_init(*mut diapir_finish_report, usize) -> diapir_status;
    fn finish_tiles(
        *const c_char,
        *const *const diapir_tileset,
        usize,
        *const diapir_finish_options,
        *const diapir_callbacks,
        *mut diapir_finish_report,
        ErrorPlace,
    ) -> diapir_status;
    fn report_tiles(
        *const c_char,
        *const *const diapir_tileset,
        usize,
        *const diapir_finish_options,
        *const c_char,
        *const diapir_callbacks,
        ErrorPlace,
    ) -> diapir_status;
    fn test_rates(
        *const diapir_labelled_survey,
        usize,
        *const diapir_tileset,
        *const diapir_train_options,
        f64,
        f64,
        i64,
        *const c_char,
        *const diapir_callbacks,
        *mut f64,
        *mut f64,
        ErrorPlace,
    ) -> diapir_status;
    fn cross_validation_init(*mut diapir_cross_validation, usize) -> diapir_status;
    fn cross_validate(
        *const diapir_labelled_survey,
        usize,
        *const c_char,
        *const diapir_train_options,
        *const diapir_callbacks,
        *mut diapir_cross_validation,
        ErrorPlace,
    ) -> diapir_status;
    fn cross_validate_tiles(
        *const diapir_tileset,
        *const c_char,
        *const diapir_train_options,
        *const diapir_callbacks,
        *mut diapir_cross_validation,
        ErrorPlace,
    ) -> diapir_status;
    fn tileset_options_init(*mut diapir_tileset_options, usize) -> diapir_status;
    fn tileset_open(
        *const c_char,
        *const diapir_tileset_options,
        *const diapir_callbacks,
        *mut *mut diapir_tileset,
        ErrorPlace,
    ) -> diapir_status;
    fn tileset_info_json(*const diapir_tileset, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn tileset_contact_sheet(*const diapir_tileset, *const c_char, i32, ErrorPlace) -> diapir_status;
    fn tileset_free(*mut diapir_tileset);
    fn model_options_init(*mut diapir_model_options, usize) -> diapir_status;
    fn model_load_builtin(
        *const diapir_model_options,
        *mut *mut diapir_model,
        ErrorPlace,
    ) -> diapir_status;
    fn model_load(
        *const c_char,
        *const diapir_model_options,
        *mut *mut diapir_model,
        ErrorPlace,
    ) -> diapir_status;
    fn model_info_json(*const diapir_model, *mut c_char, usize, *mut usize, ErrorPlace) -> diapir_status;
    fn model_free(*mut diapir_model);
    fn weights_options_init(*mut diapir_weights_options, usize) -> diapir_status;
    fn weights_report_init(*mut diapir_weights_report, usize) -> diapir_status;
    fn weights_import(
        *const c_char,
        *const c_char,
        *const diapir_weights_options,
        *const diapir_callbacks,
        *mut diapir_weights_report,
        ErrorPlace,
    ) -> diapir_status;
    fn weights_export(
        *const c_char,
        *const c_char,
        *const diapir_weights_options,
        ErrorPlace,
    ) -> diapir_status;
    fn predict_options_init(*mut diapir_predict_options, usize) -> diapir_status;
    fn predict_options_set_quality(*mut diapir_predict_options, i32, ErrorPlace) -> diapir_status;
    fn predict_report_init(*mut diapir_predict_report, usize) -> diapir_status;
    fn predict_survey(
        *const diapir_model,
        *const diapir_survey,
        *const c_char,
        *const diapir_predict_options,
        *const diapir_callbacks,
        *mut diapir_predict_report,
        ErrorPlace,
    ) -> diapir_status;
    fn model_warm_up(*const diapir_model, ErrorPlace) -> diapir_status;
    fn section_init(*mut diapir_section, usize) -> diapir_status;
    fn predict_section(
        *const diapir_model,
        *const diapir_section,
        *const diapir_predict_options,
        *const diapir_callbacks,
        *mut f32,
        *mut f32,
        usize,
        ErrorPlace,
    ) -> diapir_status;
    fn finish_survey(
        *const diapir_survey,
        *const c_char,
        *const diapir_callbacks,
        *mut diapir_predict_report,
        ErrorPlace,
    ) -> diapir_status;
    fn evaluation_init(*mut diapir_evaluation, usize) -> diapir_status;
    fn evaluate(
        *const diapir_survey,
        *const diapir_survey,
        f32,
        *const diapir_callbacks,
        *mut diapir_evaluation,
        ErrorPlace,
    ) -> diapir_status;
    fn tile_evaluation_init(*mut diapir_tile_evaluation, usize) -> diapir_status;
    fn evaluate_tiles(
        *const diapir_model,
        *const diapir_tileset,
        f32,
        *const diapir_callbacks,
        *mut diapir_tile_evaluation,
        ErrorPlace,
    ) -> diapir_status;
    fn map_options_init(*mut diapir_map_options, usize) -> diapir_status;
    fn picture_options_init(*mut diapir_picture_options, usize) -> diapir_status;
    fn export_maps(
        *const diapir_survey,
        *const c_char,
        *const c_char,
        *const diapir_map_options,
        *const diapir_callbacks,
        ErrorPlace,
    ) -> diapir_status;
    fn export_section_png(
        *const diapir_survey,
        *const diapir_survey,
        *const diapir_survey,
        *const c_char,
        *const diapir_picture_options,
        ErrorPlace,
    ) -> diapir_status;
    fn export_live_map_png(*const diapir_survey, *const c_char, ErrorPlace) -> diapir_status;
}

impl Api {
    /// Loads the library at `path` (a bare name is looked up by the system's loader), checks its ABI version
    /// before anything else, then resolves every function.
    ///
    /// # Errors
    /// When it cannot be loaded, has another ABI, or lacks a function.
    pub(crate) fn load(path: &Path) -> Result<Self, HostError> {
        // SAFETY: libdiapir does no work in static constructors (its ABI contract).
        let library = unsafe { Library::new(path) }
            .map_err(|error| HostError::load(format!("cannot be loaded: {error}")).at(path))?;
        let found = abi_version(&library, path)?;
        if !compatible(found, HOST_ABI) {
            return Err(HostError::load(format!(
                "its ABI is {}, this program was made for {}; use a library of version {}",
                dotted(found),
                dotted(HOST_ABI),
                wanted(HOST_ABI)
            ))
            .at(path));
        }
        Self::resolve(library, path)
    }
}

/// Loads the shared library at `path` for the rest of the process, so that a library loaded later finds it.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn preload(path: &Path) -> Result<(), HostError> {
    // SAFETY: the user named this folder as libtorch's; its libraries are made to be loaded.
    let library = unsafe { Library::new(path) }
        .map_err(|error| HostError::load(format!("cannot be loaded: {error}")).at(path))?;
    std::mem::forget(library);
    Ok(())
}

fn abi_version(library: &Library, path: &Path) -> Result<u32, HostError> {
    let symbol = "diapir_abi_version";
    // SAFETY: this function has this type in every version of the ABI.
    let version = unsafe { library.get::<unsafe extern "C" fn() -> u32>(symbol.as_bytes()) }
        .map_err(|error| missing(symbol, path, &error))?;
    // SAFETY: it takes nothing and never fails.
    Ok(unsafe { version() })
}

fn missing(symbol: &str, path: &Path, error: &libloading::Error) -> HostError {
    HostError::load(format!("is not a libdiapir that this program can use: no function {symbol} ({error})"))
        .at(path)
}

/// The ABI that this host was made for: the version that it shares with the library through the workspace.
pub(crate) const HOST_ABI: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + number(env!("CARGO_PKG_VERSION_PATCH"));

const fn number(text: &str) -> u32 {
    let (bytes, mut value, mut at) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        value = value * 10 + (bytes[at] - b'0') as u32;
        at += 1;
    }
    value
}

/// Same major number (while it is 0: same minor number too), and the library not older than the host.
fn compatible(library: u32, host: u32) -> bool {
    let family =
        |version: u32| if version < 1_000_000 { version / 1_000 } else { version / 1_000_000 * 1_000 };
    family(library) == family(host) && library >= host
}

/// A version number as people write it.
pub(crate) fn dotted(version: u32) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000)
}

fn wanted(host: u32) -> String {
    match host {
        host if host < 1_000_000 => format!("0.{}.{} or a later 0.{0}", host / 1_000, host % 1_000),
        host => format!("{} or a later {}", dotted(host), host / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_fit_as_semver_says() {
        for (library, host, fits) in [
            (1_000, 1_000, true),
            (1_003, 1_000, true),
            (1_000, 1_003, false),
            (2_000, 1_000, false),
            (1_000_000, 1_000, false),
            (1_002_000, 1_000_005, true),
            (1_000_004, 1_000_005, false),
            (2_000_000, 1_000_005, false),
        ] {
            assert_eq!(compatible(library, host), fits, "library {library}, host {host}");
        }
        assert_eq!(dotted(2_034_005), "2.34.5");
        assert_eq!(wanted(1_000), "0.1.0 or a later 0.1");
    }
}
