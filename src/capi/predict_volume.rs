//! Prediction of a volume in the caller's own array.

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory::{self, Strided};
use super::model::diapir_model;
use super::needs::with_torch;
use super::options::{self, Place, versioned};
use super::predict::{PredictChoice, diapir_predict_options};
use super::predict_report::diapir_predict_report;
use super::predict_section::DIAPIR_STRIDE_PACKED;
use super::results::{Results, Values};
use super::status::diapir_status;
use super::survey::{diapir_sample_unit, known_sample_unit};
use crate::control::Control;
use crate::volume::{ArrayVolume, LineAxis, LiveMask, SampleAxis, SurveyGrid};

/// A volume in the caller's memory: sample s of the trace at inline index i and crossline index x is at
/// `samples[i * inline_stride + x * crossline_stride + s * sample_stride]`. Filled by diapir_volume_init,
/// then by the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_volume {
    /// Size of this struct in bytes; set by diapir_volume_init.
    pub struct_size: u32,
    /// The amplitudes.
    pub samples: *const f32,
    /// Number of inlines.
    pub inline_count: i64,
    /// Number of crosslines.
    pub crossline_count: i64,
    /// Samples of each trace.
    pub sample_count: i64,
    /// Elements from one inline to the next, or DIAPIR_STRIDE_PACKED.
    pub inline_stride: i64,
    /// Elements from one crossline to the next, or DIAPIR_STRIDE_PACKED.
    pub crossline_stride: i64,
    /// Elements from one sample to the next, or DIAPIR_STRIDE_PACKED.
    pub sample_stride: i64,
    /// One byte per trace, inline slowest, non-zero for live; NULL: all are.
    pub live: *const u8,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`; greater than 0.
    pub sample_interval: f64,
    /// A diapir_sample_unit; by default milliseconds.
    pub sample_unit: i32,
}

versioned!(
    diapir_volume {
        struct_size,
        samples,
        inline_count,
        crossline_count,
        sample_count,
        inline_stride,
        crossline_stride,
        sample_stride,
        live,
        sample_first,
        sample_interval,
        sample_unit,
    },
    inline_stride: DIAPIR_STRIDE_PACKED,
    crossline_stride: DIAPIR_STRIDE_PACKED,
    sample_stride: DIAPIR_STRIDE_PACKED,
    sample_unit: diapir_sample_unit::Milliseconds as i32
);

/// Empties `volume`, for the caller to fill. `size` is `sizeof *volume`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_volume_init(volume: *mut diapir_volume, size: usize) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(volume, size) }
}

/// Predicts the salt probability (0 to 1) of each sample of a volume: `probability` gets `count` =
/// inline_count * crossline_count * sample_count values, sample fastest and inline slowest, 0 on traces that
/// are not live, and so does `uncertainty`, unless it is NULL, with the standard deviation of all predictions
/// of each sample. They are written only on success, and must not overlap the volume's memory. `options`,
/// `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently on one model; callbacks come on the calling thread.
/// Owns: nothing; all arrays stay the caller's.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH,
/// OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_volume(
    model: *const diapir_model,
    volume: *const diapir_volume,
    options: *const diapir_predict_options,
    callbacks: *const diapir_callbacks,
    probability: *mut f32,
    uncertainty: *mut f32,
    count: usize,
    report: *mut diapir_predict_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let given = options::read_required(volume, "volume")?;
        let choice = PredictChoice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let layout = Strided::new(
            [given.inline_count, given.crossline_count, given.sample_count],
            [given.inline_stride, given.crossline_stride, given.sample_stride],
            "volume",
        )?;
        let results = Results::new(probability, uncertainty, count, layout.len())?;
        let source = array_volume(&given, &layout)?;
        let (control, wanted) = (Control::new(&mut listener), results.has_uncertainty());
        let found: Found = with_torch!("prediction", predict, &model, &source, wanted, &choice, &control)?;
        place.fill(found.report);
        results.fill(&found.values);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_volume", error, body) }
}

/// The caller's volume, copied, on a grid of line numbers from 1.
///
/// # Safety
/// The arrays of `given` are as documented.
unsafe fn array_volume(given: &diapir_volume, layout: &Strided) -> Result<ArrayVolume, Failure> {
    let [inlines, crosslines, samples] = layout.shape();
    let unit = known_sample_unit(given.sample_unit, "volume.sample_unit")?;
    let grid = SurveyGrid {
        inlines: LineAxis { first: 1, step: 1, count: inlines },
        crosslines: LineAxis { first: 1, step: 1, count: crosslines },
        samples: SampleAxis::new(given.sample_first, given.sample_interval, samples, unit)?,
        georef: None,
    };
    // SAFETY: the same contract, for both arrays.
    let (flags, data) = unsafe {
        let flags = memory::live_flags(given.live, inlines * crosslines)?;
        (flags, layout.gather(given.samples, "volume.samples")?)
    };
    let mut live = LiveMask::empty(&grid);
    for (trace, &flag) in flags.iter().enumerate() {
        live.set(trace / crosslines, trace % crosslines, flag);
    }
    Ok(ArrayVolume::new(grid, live, data)?)
}

/// What a prediction comes to.
struct Found {
    values: Values,
    report: diapir_predict_report,
}

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    source: &ArrayVolume,
    uncertainty: bool,
    choice: &PredictChoice,
    control: &Control<'_>,
) -> Result<Found, Failure> {
    let (ensemble, options, sections) = (choice.ensemble(model)?, choice.predict()?, choice.sections()?);
    let how = (&options, uncertainty);
    let (found, report) = crate::predict::predict_volume(&ensemble, source, sections, how, control)?;
    let values = Values { probability: found.probability, uncertainty: found.deviation };
    Ok(Found { values, report: report.into() })
}
