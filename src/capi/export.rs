//! Results for people and maps: GeoTIFF rasters and section pictures.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::enums;
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::options::{self, versioned};
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::control::Control;
use crate::export::{SectionPngOptions, live_map_png, salt_maps, section_png, write_geotiff};
use crate::volume::VolumeSource;

/// How to make maps. Filled by diapir_map_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_map_options {
    /// Size of this struct in bytes; set by diapir_map_options_init.
    pub struct_size: u32,
    /// Probability above which a sample is salt, 0 to 1; 0: 0.5.
    pub threshold: f32,
    /// Samples that salt must be thick to count; 0: the default.
    pub min_thickness: i32,
}

versioned!(diapir_map_options { struct_size, threshold, min_thickness });

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_map_options_init(
    options: *mut diapir_map_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// How to draw a section. Filled by diapir_picture_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_picture_options {
    /// Size of this struct in bytes; set by diapir_picture_options_init.
    pub struct_size: u32,
    /// Which way the section runs: a diapir_direction.
    pub direction: i32,
    /// The section's inline or crossline number; INT32_MIN, the default: the middle one.
    pub line: i32,
    /// Probability above which a sample is salt, 0 to 1; 0: 0.5.
    pub threshold: f32,
    /// Title above the picture, UTF-8; NULL: none.
    pub title: *const c_char,
}

/// The line number that stands for the middle section.
const MIDDLE: i32 = i32::MIN;

versioned!(diapir_picture_options { struct_size, direction, line, threshold, title }, line: MIDDLE);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_picture_options_init(
    options: *mut diapir_picture_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Draws maps of a probability volume as GeoTIFF: `top_path` gets the time or depth of the top of salt,
/// `max_path` the largest probability of each trace. Either path may be NULL, not both. Each file appears only
/// when it is whole. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently on one survey with different paths; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: GEOMETRY when the survey has no map position, IO, NOT_FOUND, TRUNCATED, BACKEND, CANCELLED, POISONED,
/// INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the gdal feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_maps(
    probability: *const diapir_survey,
    top_path: *const c_char,
    max_path: *const c_char,
    options: *const diapir_map_options,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let probability = handle::borrow(probability, "probability")?;
        let paths = [text::optional_path(top_path, "top_path")?, text::optional_path(max_path, "max_path")?];
        if paths == [None, None] {
            return Err(Failure::null("top_path and max_path"));
        }
        let options = options::read(options, "options")?;
        let mut listener = HostListener::new(callbacks)?;
        maps(&probability, paths, &options, &Control::new(&mut listener))
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_export_maps", error, body) }
}

/// Draws one section as a PNG picture: the amplitudes, and over them the outline of probable salt and of the
/// labels, if they are given. `probability`, `label` and `options` may be NULL.
///
/// Thread: any, concurrently on the same surveys with different paths.
/// Owns: nothing.
/// Fails: OUT_OF_RANGE for a line that is not there, GEOMETRY when the grids differ, IO, NOT_FOUND, TRUNCATED,
/// POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_section_png(
    seismic: *const diapir_survey,
    probability: *const diapir_survey,
    label: *const diapir_survey,
    path: *const c_char,
    options: *const diapir_picture_options,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let seismic = handle::borrow(seismic, "seismic")?;
        let probability = handle::borrow_optional(probability, "probability")?;
        let label = handle::borrow_optional(label, "label")?;
        let path = text::path(path, "path")?;
        let options = options::read(options, "options")?;
        let title = text::optional(options.title, "options.title")?;
        let picture = SectionPngOptions {
            direction: enums::direction(options.direction, "options.direction")?,
            line: (options.line != MIDDLE).then_some(options.line),
            threshold: threshold(options.threshold)?,
            title: title.map(str::to_owned),
        };
        let probability = probability.as_deref().map(|survey| &survey.volume as &dyn VolumeSource);
        let label = label.as_deref().map(|survey| &survey.volume as &dyn VolumeSource);
        section_png(&seismic.volume, [probability, label], &picture, path)?;
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_export_section_png", error, body) }
}

/// Draws a map of the survey's live traces as PNG picture: inlines downwards, crosslines to the right.
///
/// Thread: any, concurrently on one survey with different paths.
/// Owns: nothing.
/// Fails: IO, NOT_FOUND, POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_live_map_png(
    survey: *const diapir_survey,
    path: *const c_char,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        live_map_png(&survey.volume, text::path(path, "path")?)?;
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_export_live_map_png", error, body) }
}

/// The threshold of an options field; 0 is the default.
fn threshold(given: f32) -> Result<f32, Failure> {
    match given {
        0.0 => Ok(0.5),
        given if (0.0..=1.0).contains(&given) => Ok(given),
        given => Err(Failure::invalid(format!("options.threshold is {given}, expected 0 to 1"))),
    }
}

/// Samples that salt must be thick by default.
const MIN_THICKNESS: usize = 3;

fn maps(
    probability: &diapir_survey,
    [top, maximum]: [Option<&Path>; 2],
    options: &diapir_map_options,
    control: &Control<'_>,
) -> Result<(), Failure> {
    if cfg!(not(feature = "gdal")) {
        return Err(Failure::lacks("gdal", "writing maps"));
    }
    let thickness = match super::memory::size(i64::from(options.min_thickness), "options.min_thickness")? {
        0 => MIN_THICKNESS,
        given => given,
    };
    let maps = salt_maps(&probability.volume, threshold(options.threshold)?, thickness, control)?;
    for (path, map) in [(top, &maps.top), (maximum, &maps.maximum)] {
        if let Some(path) = path {
            write_geotiff(path, map, probability.grid())?;
        }
    }
    Ok(())
}
