//! Surveys.

use std::ffi::c_char;
use std::sync::OnceLock;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle::{self, Handle, Poison};
use super::options::{self, Place, Versioned as _, choice, versioned};
use super::status::diapir_status;
use super::text;
use crate::control::Control;
use crate::segy::{ByteOrder, Duplicates, OpenOptions, SegyVolume, Sorting};
use crate::volume::{Quality, SampleUnit, SurveyGrid, VolumeSource as _};

/// Order of the bytes of numbers in a SEG-Y file.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_byte_order {
    /// Of a file's options: found from the file.
    Auto = 0,
    /// Most significant byte first, the SEG-Y standard.
    Big = 1,
    /// Least significant byte first.
    Little = 2,
    /// Most significant byte first, with the two bytes of each pair of the file exchanged.
    PairSwapped = 3,
}

/// What to do with several traces at one position of the grid.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_duplicates {
    /// An error that names the first two.
    Refuse = 0,
    /// The first in the file is taken.
    First = 1,
    /// The last in the file is taken.
    Last = 2,
}

/// What the vertical axis measures.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sample_unit {
    /// Of a file's options: found from the file.
    Auto = 0,
    /// Two-way time in milliseconds.
    Milliseconds = 1,
    /// Depth in metres.
    Metres = 2,
    /// Depth in feet.
    Feet = 3,
}

/// Order of the traces in a SEG-Y file.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_sorting {
    /// Inline by inline, crossline numbers running within.
    Inline = 1,
    /// Crossline by crossline, inline numbers running within.
    Crossline = 2,
    /// Neither.
    Other = 3,
}

/// Of a sample interval: the one that the file's headers tell.
pub const DIAPIR_INTERVAL_OF_HEADERS: f64 = 0.0;

/// How to read a SEG-Y file, where it departs from the standard. Filled by diapir_survey_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_survey_options {
    /// Size of this struct in bytes; set by diapir_survey_options_init.
    pub struct_size: u32,
    /// A diapir_byte_order.
    pub byte_order: i32,
    /// A diapir_sample_unit.
    pub sample_unit: i32,
    /// Sample interval in the unit, or DIAPIR_INTERVAL_OF_HEADERS.
    pub sample_interval: f64,
    /// Coordinate reference system as GDAL reads it ("EPSG:32631"), UTF-8; NULL: not known.
    pub crs: *const c_char,
    /// Where trace headers hold what, and as which type: bytes counted from 1, such as "inline=9,
    /// crossline=21, x=73:ieee32", UTF-8; names are inline, crossline, x, y and scalar, types int16, int32,
    /// ibm32, ieee32 and ieee64. What is not named, and all with NULL, is where the standard has it (189,
    /// 193, 181, 185, 71), or found by evidence.
    pub header_fields: *const c_char,
    /// 1: positions that are not named are not looked for elsewhere when the standard ones hold no grid.
    pub no_guess: i32,
    /// Several traces at one position of the grid: a diapir_duplicates.
    pub duplicates: i32,
    /// 1: of a prestack file, only the traces with `offset` are read.
    pub choose_offset: i32,
    /// That source-receiver offset.
    pub offset: i32,
    /// 1: the geometry of a large file may be kept in, and taken from, an index file in the user's cache
    /// folder.
    pub use_index: i32,
}

versioned!(diapir_survey_options {
    struct_size,
    byte_order,
    sample_unit,
    sample_interval,
    crs,
    header_fields,
    no_guess,
    duplicates,
    choose_offset,
    offset,
    use_index,
});

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_options_init(
    options: *mut diapir_survey_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What a survey is like. The caller sets struct_size with diapir_survey_info_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_survey_info {
    /// Size of this struct in bytes; set by diapir_survey_info_init.
    pub struct_size: u32,
    /// SEG-Y sample format code: 1 IBM float, 5 IEEE float, 2, 3, 8 ... integers.
    pub sample_format: i32,
    /// Number of inlines.
    pub inline_count: i64,
    /// Number of crosslines.
    pub crossline_count: i64,
    /// Samples of each trace.
    pub sample_count: i64,
    /// Traces in the file.
    pub trace_count: i64,
    /// Trace positions of the grid that hold live data.
    pub live_count: i64,
    /// Number of the first inline.
    pub inline_first: i32,
    /// Difference of neighbouring inline numbers.
    pub inline_step: i32,
    /// Number of the first crossline.
    pub crossline_first: i32,
    /// Difference of neighbouring crossline numbers.
    pub crossline_step: i32,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`.
    pub sample_interval: f64,
    /// A diapir_sample_unit, never AUTO.
    pub sample_unit: i32,
    /// A diapir_byte_order, never AUTO.
    pub byte_order: i32,
    /// A diapir_sorting.
    pub sorting: i32,
    /// 1 when the fields below are known, else 0.
    pub has_georeference: i32,
    /// Map coordinate x of the first inline's first crossline (bin centre).
    pub origin_x: f64,
    /// Map coordinate y of the same.
    pub origin_y: f64,
    /// Step in x to the next inline.
    pub inline_step_x: f64,
    /// Step in y to the next inline.
    pub inline_step_y: f64,
    /// Step in x to the next crossline.
    pub crossline_step_x: f64,
    /// Step in y to the next crossline.
    pub crossline_step_y: f64,
    /// Root mean square distance between the trace headers' coordinates and these figures.
    pub residual: f64,
}

versioned!(diapir_survey_info {
    struct_size,
    sample_format,
    inline_count,
    crossline_count,
    sample_count,
    trace_count,
    live_count,
    inline_first,
    inline_step,
    crossline_first,
    crossline_step,
    sample_first,
    sample_interval,
    sample_unit,
    byte_order,
    sorting,
    has_georeference,
    origin_x,
    origin_y,
    inline_step_x,
    inline_step_y,
    crossline_step_x,
    crossline_step_y,
    residual,
});

/// Prepares `info` to be filled. `size` is `sizeof *info`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_info_init(
    info: *mut diapir_survey_info,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(info, size) }
}

/// An open SEG-Y volume, post-stack, on a regular grid. Reading does not change it: any number of threads may
/// use it at once. The file must not change while it is open.
///
/// Methods: diapir_survey_open, diapir_survey_get_info, diapir_survey_text_header,
/// diapir_survey_summary_json, diapir_survey_report_json, diapir_survey_read_live_mask,
/// diapir_survey_read_inline, diapir_survey_read_crossline, diapir_survey_read_slice,
/// diapir_survey_read_block, diapir_survey_read_strided, diapir_survey_read_positions, diapir_survey_free.
pub struct diapir_survey {
    pub(super) volume: SegyVolume,
    pub(super) quality: OnceLock<Quality>,
    poison: Poison,
}

const _: () = handle::assert_send_sync::<diapir_survey>();

impl Handle for diapir_survey {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

impl diapir_survey {
    /// The survey's axes.
    pub(super) fn grid(&self) -> &SurveyGrid {
        self.volume.grid()
    }
}

/// Opens a SEG-Y file, scans its trace headers and finds its grid. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently; callbacks come on the calling thread.
/// Owns: `*survey` is the caller's; end it with diapir_survey_free.
/// Fails: NOT_FOUND, IO, MALFORMED, TRUNCATED, GEOMETRY (the error says at which byte), UNSUPPORTED for
/// sample formats that are not read, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_open(
    path: *const c_char,
    options: *const diapir_survey_options,
    callbacks: *const diapir_callbacks,
    survey: *mut *mut diapir_survey,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let path = text::path(path, "path")?;
        handle::check_place(survey, "survey")?;
        let given = options::read(options, "options")?;
        let crs = text::optional(given.crs, "options.crs")?;
        let fields = text::optional(given.header_fields, "options.header_fields")?;
        let options = open_options(&given, crs, fields)?;
        let mut listener = HostListener::new(callbacks)?;
        let volume = SegyVolume::open(path, &options, &Control::new(&mut listener))?;
        handle::give(survey, diapir_survey { volume, quality: OnceLock::new(), poison: Poison::default() });
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_open", error, body) }
}

/// Tells what the survey is like.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_get_info(
    survey: *const diapir_survey,
    info: *mut diapir_survey_info,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        Place::required(info, "info")?.fill(describe(&survey));
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_get_info", error, body) }
}

/// The textual file header as UTF-8, lines of 80 characters ended by newlines.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_text_header(
    survey: *const diapir_survey,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        text::copy_out(&text_header(&survey), buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_text_header", error, body) }
}

/// Everything that the scan found, as one JSON object.
///
/// Thread: any, concurrently on one survey.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_summary_json(
    survey: *const diapir_survey,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let survey = handle::borrow(survey, "survey")?;
        text::copy_out(&text::json(survey.volume.summary())?, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_survey_summary_json", error, body) }
}

/// Ends the survey and closes its file. NULL is fine.
///
/// Thread: any; nobody else may be using the survey.
/// Owns: takes the survey.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_survey_free(survey: *mut diapir_survey) {
    // SAFETY: NULL or a survey of diapir_survey_open, given up once.
    unsafe { handle::end("diapir_survey_free", survey) };
}

/// The 40 lines of 80 characters.
fn text_header(survey: &diapir_survey) -> String {
    survey.volume.summary().text.iter().map(|line| format!("{line:<80}\n")).collect()
}

fn open_options(
    given: &diapir_survey_options,
    crs: Option<&str>,
    fields: Option<&str>,
) -> Result<OpenOptions, Failure> {
    let orders = [None, Some(ByteOrder::Big), Some(ByteOrder::Little), Some(ByteOrder::PairSwapped)];
    let duplicates = [Duplicates::Refuse, Duplicates::First, Duplicates::Last];
    let interval = given.sample_interval;
    Ok(OpenOptions {
        bytes: fields.unwrap_or_default().parse()?,
        guess: given.no_guess == 0,
        byte_order: choice(given.byte_order, &orders, "options.byte_order", "DIAPIR_BYTE_ORDER")?,
        sample_unit: sample_unit(given.sample_unit, "options.sample_unit")?,
        sample_interval: (interval != DIAPIR_INTERVAL_OF_HEADERS).then_some(interval),
        crs: crs.map(str::to_owned),
        offset: (given.choose_offset != 0).then_some(given.offset),
        duplicates: choice(given.duplicates, &duplicates, "options.duplicates", "DIAPIR_DUPLICATES")?,
        index: given.use_index != 0,
    })
}

/// The unit of an options field; `None` for "auto".
fn sample_unit(value: i32, parameter: &str) -> Result<Option<SampleUnit>, Failure> {
    let units = [None, Some(SampleUnit::Milliseconds), Some(SampleUnit::Metres), Some(SampleUnit::Feet)];
    choice(value, &units, parameter, "DIAPIR_SAMPLE_UNIT")
}

/// The unit of an axis in memory.
pub(super) fn known_sample_unit(value: i32, parameter: &str) -> Result<SampleUnit, Failure> {
    sample_unit(value, parameter)?.ok_or_else(|| {
        Failure::invalid(format!("{parameter} is DIAPIR_SAMPLE_UNIT_AUTO, which is for files: name the unit"))
    })
}

impl From<SampleUnit> for diapir_sample_unit {
    fn from(unit: SampleUnit) -> Self {
        match unit {
            SampleUnit::Milliseconds => Self::Milliseconds,
            SampleUnit::Metres => Self::Metres,
            SampleUnit::Feet => Self::Feet,
        }
    }
}

fn describe(survey: &diapir_survey) -> diapir_survey_info {
    let grid = survey.grid();
    let summary = survey.volume.summary();
    let mut info = diapir_survey_info {
        sample_format: i32::from(summary.layout.format.code()),
        inline_count: grid.inlines.count as i64,
        crossline_count: grid.crosslines.count as i64,
        sample_count: grid.samples.count as i64,
        trace_count: summary.layout.traces as i64,
        live_count: summary.traces.live as i64,
        inline_first: grid.inlines.first,
        inline_step: grid.inlines.step,
        crossline_first: grid.crosslines.first,
        crossline_step: grid.crosslines.step,
        sample_first: grid.samples.first,
        sample_interval: grid.samples.step,
        sample_unit: diapir_sample_unit::from(grid.samples.unit) as i32,
        byte_order: match summary.layout.byte_order {
            ByteOrder::Big => diapir_byte_order::Big as i32,
            ByteOrder::Little => diapir_byte_order::Little as i32,
            ByteOrder::PairSwapped => diapir_byte_order::PairSwapped as i32,
        },
        sorting: match summary.traces.sorting {
            Sorting::Inline => diapir_sorting::Inline as i32,
            Sorting::Crossline => diapir_sorting::Crossline as i32,
            Sorting::Other => diapir_sorting::Other as i32,
        },
        ..diapir_survey_info::defaults()
    };
    if let Some(georef) = &grid.georef {
        info.has_georeference = 1;
        [info.origin_x, info.origin_y] = georef.origin;
        [info.inline_step_x, info.inline_step_y] = georef.inline_step;
        [info.crossline_step_x, info.crossline_step_y] = georef.crossline_step;
        info.residual = georef.residual;
    }
    info
}
