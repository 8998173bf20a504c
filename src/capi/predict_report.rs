//! What a prediction came to.

use super::options::{self, Versioned as _, versioned};
use super::status::diapir_status;
#[cfg(feature = "torch")]
use crate::infer::PredictReport;

/// What a prediction came to. The caller sets struct_size with diapir_predict_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_predict_report {
    /// Size of this struct in bytes; set by diapir_predict_report_init.
    pub struct_size: u32,
    /// Tiles that went through the network.
    pub tiles: i64,
    /// Tiles that were passed over because there is nothing to see in them.
    pub blank_tiles: i64,
    /// Samples predicted.
    pub samples: i64,
    /// Live traces predicted.
    pub live_traces: i64,
    /// Most resident memory of the process, in bytes, that was expected before the work began; 0 where the
    /// system does not tell.
    pub memory_bound: i64,
    /// Most resident memory of the process until the end of the work, in bytes; 0 where the system does not
    /// tell.
    pub memory_peak: i64,
    /// How visible the tile borders are in the result; 1: not at all.
    pub seam: f64,
    /// Seconds spent on amplitude statistics. Stages overlap in time: their sum may exceed the total.
    pub seconds_statistics: f64,
    /// Seconds spent reading.
    pub seconds_read: f64,
    /// Seconds spent cutting and scaling tiles.
    pub seconds_tile: f64,
    /// Seconds spent bringing tiles to the device and probabilities back.
    pub seconds_copy: f64,
    /// Seconds spent in the network.
    pub seconds_forward: f64,
    /// Seconds spent putting tiles together.
    pub seconds_stitch: f64,
    /// Seconds spent writing.
    pub seconds_write: f64,
    /// Wall-clock seconds: statistics and prediction; of a survey to a file, of all runs but those that were
    /// killed.
    pub seconds_total: f64,
}

versioned!(diapir_predict_report {
    struct_size,
    tiles,
    blank_tiles,
    samples,
    live_traces,
    memory_bound,
    memory_peak,
    seam,
    seconds_statistics,
    seconds_read,
    seconds_tile,
    seconds_copy,
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

#[cfg(feature = "torch")]
impl From<PredictReport> for diapir_predict_report {
    fn from(report: PredictReport) -> Self {
        Self {
            tiles: report.tiles as i64,
            blank_tiles: report.blank_tiles as i64,
            samples: report.samples as i64,
            live_traces: report.live_traces as i64,
            memory_bound: report.memory_bound as i64,
            memory_peak: report.memory_peak as i64,
            seam: report.seam,
            seconds_statistics: report.seconds.statistics,
            seconds_read: report.seconds.read,
            seconds_tile: report.seconds.tile,
            seconds_copy: report.seconds.copy,
            seconds_forward: report.seconds.forward,
            seconds_stitch: report.seconds.stitch,
            seconds_write: report.seconds.write,
            seconds_total: report.seconds.total,
            ..Self::defaults()
        }
    }
}
