//! Maps of a probability volume as GeoTIFF.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory;
use super::needs::with_gdal;
use super::options::{self, share, versioned};
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;
use crate::export::{salt_maps, write_geotiff};

/// How to make maps. Filled by diapir_export_maps_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_export_maps_options {
    /// Size of this struct in bytes; set by diapir_export_maps_options_init.
    pub struct_size: u32,
    /// Probability above which a sample is salt, 0 to 1; by default 0.5.
    pub threshold: f32,
    /// Samples that salt must be thick to count; by default 3.
    pub min_thickness: i32,
}

versioned!(diapir_export_maps_options { struct_size, threshold, min_thickness }, threshold: 0.5, min_thickness: 3);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_maps_options_init(
    options: *mut diapir_export_maps_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Draws maps of a probability volume as GeoTIFF: `top_path` gets the time or depth of the top of salt,
/// `max_path` the largest probability of each trace. Either path may be NULL, not both. Each file appears
/// only when it is whole. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently on one survey with different paths; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: GEOMETRY when the survey has no map position, IO, NOT_FOUND, TRUNCATED, BACKEND, CANCELLED,
/// POISONED, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the gdal feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_maps(
    probability: *const diapir_survey,
    top_path: *const c_char,
    max_path: *const c_char,
    options: *const diapir_export_maps_options,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let probability = handle::borrow(probability, "probability")?;
        let top = text::optional_path(top_path, "top_path")?;
        let maximum = text::optional_path(max_path, "max_path")?;
        if top.is_none() && maximum.is_none() {
            return Err(Failure::null("top_path and max_path"));
        }
        let options = options::read(options, "options")?;
        let mut listener = HostListener::new(callbacks)?;
        let (paths, control) = (MapPaths { top, maximum }, Control::new(&mut listener));
        with_gdal!("writing maps", maps, &probability, &paths, &options, &control)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_export_maps", error, body) }
}

/// Which maps are wanted.
struct MapPaths<'a> {
    top: Option<&'a Path>,
    maximum: Option<&'a Path>,
}

fn maps(
    probability: &diapir_survey,
    paths: &MapPaths<'_>,
    options: &diapir_export_maps_options,
    control: &Control<'_>,
) -> Result<(), Failure> {
    let thickness = memory::size(i64::from(options.min_thickness), "options.min_thickness")?;
    let maps =
        salt_maps(&probability.volume, share(options.threshold, "options.threshold")?, thickness, control)?;
    for (path, map) in [(paths.top, &maps.top), (paths.maximum, &maps.maximum)] {
        if let Some(path) = path {
            write_geotiff(path, map, probability.grid())?;
        }
    }
    Ok(())
}
