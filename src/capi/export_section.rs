//! Pictures of sections.

use std::ffi::c_char;

use super::error::diapir_error;
use super::guard::guard;
use super::handle;
use super::options::{self, choice, share, versioned};
use super::status::diapir_status;
use super::survey::diapir_survey;
use super::text;
use crate::export::{SectionPngOptions, section_png};
use crate::volume::{Direction, VolumeSource};

/// Which way a vertical section runs.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_direction {
    /// The section of one inline number: its traces run along the crosslines.
    Inline = 0,
    /// The section of one crossline number: its traces run along the inlines.
    Crossline = 1,
}

/// Of a line number: the one in the middle of the survey.
pub const DIAPIR_LINE_MIDDLE: i32 = -2147483648;

/// How to draw a section. Filled by diapir_export_section_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_export_section_options {
    /// Size of this struct in bytes; set by diapir_export_section_options_init.
    pub struct_size: u32,
    /// Which way the section runs: a diapir_direction.
    pub direction: i32,
    /// The section's inline or crossline number; by default DIAPIR_LINE_MIDDLE.
    pub line: i32,
    /// Probability above which a sample is salt, 0 to 1; by default 0.5.
    pub threshold: f32,
    /// Title above the picture, UTF-8; NULL: none.
    pub title: *const c_char,
}

versioned!(
    diapir_export_section_options { struct_size, direction, line, threshold, title },
    line: DIAPIR_LINE_MIDDLE,
    threshold: 0.5
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_section_options_init(
    options: *mut diapir_export_section_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Draws one section as a PNG picture: the amplitudes, and over them the outline of probable salt and of the
/// labels, if they are given. `probability`, `label` and `options` may be NULL.
///
/// Thread: any, concurrently on the same surveys with different paths.
/// Owns: nothing.
/// Fails: OUT_OF_RANGE for a line that is not there, GEOMETRY when the grids differ, IO, NOT_FOUND,
/// TRUNCATED, POISONED, INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_export_section_png(
    seismic: *const diapir_survey,
    probability: *const diapir_survey,
    label: *const diapir_survey,
    path: *const c_char,
    options: *const diapir_export_section_options,
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
        let directions = [Direction::Inline, Direction::Crossline];
        let picture = SectionPngOptions {
            direction: choice(options.direction, &directions, "options.direction", "DIAPIR_DIRECTION")?,
            line: (options.line != DIAPIR_LINE_MIDDLE).then_some(options.line),
            threshold: share(options.threshold, "options.threshold")?,
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
