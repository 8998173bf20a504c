//! Prediction: how to predict, and what it came to.

use super::enums::{self, diapir_direction};
use super::error::Failure;
use super::memory;
use super::options::{self, versioned};
use super::status::diapir_status;
use crate::volume::Direction;

/// How to predict. Filled by diapir_predict_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_options {
    /// Size of this struct in bytes; set by diapir_predict_options_init.
    pub struct_size: u32,
    /// Which sections the network sees: a diapir_direction.
    pub direction: i32,
    /// Samples by which neighbouring tiles overlap; -1: 32, or half the model's tile where that is less.
    pub overlap: i32,
    /// 1: average with the prediction of the mirrored tile, at twice the time; 0: do not.
    pub flip: i32,
    /// Sample format code of an output SEG-Y file: 5 (IEEE float), 1 (IBM float), 3 (2-byte integer, probability times
    /// 32767) or 8 (1-byte integer, probability times 127); 0: 5.
    pub sample_format: i32,
    /// 1: of a survey to a file, go on with the unfinished file of an earlier run of the same prediction if there is one, and leave
    /// the hidden files .NAME.part and .NAME.done behind when stopped; 0: begin anew, leave nothing.
    pub resume: i32,
}

versioned!(
    diapir_predict_options { struct_size, direction, overlap, flip, sample_format, resume },
    direction: diapir_direction::Inline as i32,
    overlap: -1
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_options_init(
    options: *mut diapir_predict_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What a prediction came to. The caller sets struct_size with diapir_predict_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_report {
    /// Size of this struct in bytes; set by diapir_predict_report_init.
    pub struct_size: u32,
    /// Tiles that went through the network.
    pub tiles: i64,
    /// Samples predicted.
    pub samples: i64,
    /// Live traces predicted.
    pub live_traces: i64,
    /// How visible the tile borders are in the result; 1: not at all.
    pub seam: f64,
    /// Seconds spent on amplitude statistics. Stages overlap in time: their sum may exceed the total.
    pub seconds_statistics: f64,
    /// Seconds spent reading.
    pub seconds_read: f64,
    /// Seconds spent cutting and scaling tiles.
    pub seconds_tile: f64,
    /// Seconds spent in the network.
    pub seconds_forward: f64,
    /// Seconds spent putting tiles together.
    pub seconds_stitch: f64,
    /// Seconds spent writing.
    pub seconds_write: f64,
    /// Wall-clock seconds of the whole prediction.
    pub seconds_total: f64,
}

versioned!(diapir_predict_report {
    struct_size,
    tiles,
    samples,
    live_traces,
    seam,
    seconds_statistics,
    seconds_read,
    seconds_tile,
    seconds_forward,
    seconds_stitch,
    seconds_write,
    seconds_total,
});

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_report_init(
    report: *mut diapir_predict_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Checked options, in Rust's terms.
#[cfg_attr(not(feature = "torch"), allow(dead_code, reason = "read by the build with torch"))]
pub(super) struct Choice {
    pub(super) direction: Direction,
    pub(super) overlap: Option<usize>,
    pub(super) flip: bool,
    pub(super) format: i32,
    pub(super) resume: bool,
}

impl Choice {
    /// # Safety
    /// `options` is NULL or valid.
    pub(super) unsafe fn read(options: *const diapir_predict_options) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let given = unsafe { options::read(options, "options") }?;
        let overlap = match given.overlap {
            -1 => None,
            overlap => Some(memory::size(i64::from(overlap), "options.overlap")?),
        };
        let format = if given.sample_format == 0 { 5 } else { given.sample_format };
        if ![1, 3, 5, 8].contains(&format) {
            return Err(Failure::invalid(format!(
                "options.sample_format is {format}, expected 5 (IEEE float), 1 (IBM float), 3 (2-byte integer), 8 (1-byte integer) or 0 for 5"
            )));
        }
        Ok(Self {
            direction: enums::direction(given.direction, "options.direction")?,
            overlap,
            flip: given.flip != 0,
            resume: given.resume != 0,
            format,
        })
    }
}

#[cfg(feature = "torch")]
impl Choice {
    pub(super) fn options(&self) -> crate::infer::PredictOptions {
        crate::infer::PredictOptions { direction: self.direction, overlap: self.overlap, flip: self.flip }
    }
}

#[cfg(feature = "torch")]
impl From<crate::infer::PredictReport> for diapir_predict_report {
    fn from(report: crate::infer::PredictReport) -> Self {
        use super::options::Versioned as _;
        Self {
            tiles: report.tiles as i64,
            samples: report.samples as i64,
            live_traces: report.live_traces as i64,
            seam: report.seam,
            seconds_statistics: report.seconds.statistics,
            seconds_read: report.seconds.read,
            seconds_tile: report.seconds.tile,
            seconds_forward: report.seconds.forward,
            seconds_stitch: report.seconds.stitch,
            seconds_write: report.seconds.write,
            seconds_total: report.seconds.total,
            ..Self::defaults()
        }
    }
}
