//! Prediction on the caller's own arrays: one vertical section, or a volume.

use super::callbacks::{HostListener, diapir_callbacks};
use super::enums;
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::handle;
use super::memory::{self, Output, Strided};
use super::model::diapir_model;
use super::options::{self, Place, versioned};
use super::predict::{Choice, diapir_predict_options, diapir_predict_report};
use super::status::diapir_status;
use crate::control::Control;
use crate::tiling::Section;
use crate::volume::{ArrayVolume, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid};

/// One vertical section in the caller's memory: sample s of trace t is at
/// `samples[t * trace_stride + s * sample_stride]`. Filled by diapir_section_init, then by the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_section {
    /// Size of this struct in bytes; set by diapir_section_init.
    pub struct_size: u32,
    /// The amplitudes.
    pub samples: *const f32,
    /// Number of traces.
    pub trace_count: i64,
    /// Samples of each trace.
    pub sample_count: i64,
    /// Elements from one trace to the next; 0: packed.
    pub trace_stride: i64,
    /// Elements from one sample to the next; 0: packed.
    pub sample_stride: i64,
    /// One byte per trace, non-zero for live; NULL: all are.
    pub live: *const u8,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`; greater than 0.
    pub sample_interval: f64,
    /// A diapir_sample_unit.
    pub sample_unit: i32,
    /// Amplitude that the network sees as its lowest; used if it is less than amplitude_high, else the section's own quantiles are.
    pub amplitude_low: f32,
    /// Amplitude that the network sees as its highest.
    pub amplitude_high: f32,
}

versioned!(diapir_section {
    struct_size,
    samples,
    trace_count,
    sample_count,
    trace_stride,
    sample_stride,
    live,
    sample_first,
    sample_interval,
    sample_unit,
    amplitude_low,
    amplitude_high,
});

/// Empties `section`, for the caller to fill. `size` is `sizeof *section`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_section_init(section: *mut diapir_section, size: usize) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(section, size) }
}

/// A volume in the caller's memory: sample s of the trace at inline index i and crossline index x is at
/// `samples[i * inline_stride + x * crossline_stride + s * sample_stride]`. Filled by diapir_volume_init, then
/// by the caller.
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
    /// Elements from one inline to the next; 0: packed.
    pub inline_stride: i64,
    /// Elements from one crossline to the next; 0: packed.
    pub crossline_stride: i64,
    /// Elements from one sample to the next; 0: packed.
    pub sample_stride: i64,
    /// One byte per trace, inline slowest, non-zero for live; NULL: all are.
    pub live: *const u8,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`; greater than 0.
    pub sample_interval: f64,
    /// A diapir_sample_unit.
    pub sample_unit: i32,
}

versioned!(diapir_volume {
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
});

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

/// Predicts the salt probability (0 to 1) of each sample of one section: `probability` gets `count` =
/// trace_count * sample_count values, sample fastest, 0 on traces that are not live, and so does `uncertainty`, unless it is NULL, with the standard
/// deviation of all predictions of each sample. They are written only on success, and must not overlap the section's memory. `options` (of which those of surveys
/// and files, and sections, mean nothing here) and `callbacks` may be NULL. A model is fast from its first section on after diapir_model_warm_up.
///
/// Thread: any, concurrently on one model; callbacks come on the calling thread.
/// Owns: nothing; all arrays stay the caller's.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_predict_section(
    model: *const diapir_model,
    section: *const diapir_section,
    options: *const diapir_predict_options,
    callbacks: *const diapir_callbacks,
    probability: *mut f32,
    uncertainty: *mut f32,
    count: usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let given = options::read_required(section, "section")?;
        let choice = Choice::read(options)?;
        let mut listener = HostListener::new(callbacks)?;
        let layout = Strided::new(
            [1, given.trace_count, given.sample_count],
            [0, given.trace_stride, given.sample_stride],
            "section",
        )?;
        let outputs = outputs([probability, uncertainty], count, layout.len())?;
        let [_, traces, samples] = layout.shape();
        let axis = sample_axis(given.sample_first, given.sample_interval, samples, given.sample_unit)?;
        let live = memory::live_flags(given.live, traces)?;
        let section = Section::new(axis, live, layout.gather(given.samples, "section.samples")?)?;
        let amplitudes = [given.amplitude_low, given.amplitude_high];
        let amplitudes = (amplitudes[0] < amplitudes[1]).then_some(amplitudes);
        let wanted = outputs[1].is_some();
        let control = Control::new(&mut listener);
        fill(outputs, predict_section(&model, section, amplitudes, (&choice, wanted), &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_section", error, body) }
}

/// Predicts the salt probability (0 to 1) of each sample of a volume: `probability` gets `count` =
/// inline_count * crossline_count * sample_count values, sample fastest and inline slowest, 0 on traces that
/// are not live, and so does `uncertainty`, unless it is NULL, with the standard deviation of all predictions of each sample. They are written only on success,
/// and must not overlap the volume's memory. `options` (those of files mean nothing here), `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently on one model; callbacks come on the calling thread.
/// Owns: nothing; all arrays stay the caller's.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH, OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
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
        let choice = Choice::read(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let layout = Strided::new(
            [given.inline_count, given.crossline_count, given.sample_count],
            [given.inline_stride, given.crossline_stride, given.sample_stride],
            "volume",
        )?;
        let outputs = outputs([probability, uncertainty], count, layout.len())?;
        let source = array_volume(&given, &layout)?;
        let wanted = outputs[1].is_some();
        let control = Control::new(&mut listener);
        let (found, report) = predict_volume(&model, &source, (&choice, wanted), &control)?;
        place.fill(report);
        fill(outputs, found);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_volume", error, body) }
}

fn sample_axis(first: f64, interval: f64, count: usize, unit: i32) -> Result<SampleAxis, Failure> {
    let unit = enums::sample_unit(unit, "sample_unit")?.unwrap_or(SampleUnit::Milliseconds);
    Ok(SampleAxis::new(first, interval, count, unit)?)
}

/// The caller's volume, copied, on a grid of line numbers from 1.
///
/// # Safety
/// The arrays of `given` are as documented.
unsafe fn array_volume(given: &diapir_volume, layout: &Strided) -> Result<ArrayVolume, Failure> {
    let [inlines, crosslines, samples] = layout.shape();
    let grid = SurveyGrid {
        inlines: LineAxis { first: 1, step: 1, count: inlines },
        crosslines: LineAxis { first: 1, step: 1, count: crosslines },
        samples: sample_axis(given.sample_first, given.sample_interval, samples, given.sample_unit)?,
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

/// The caller's arrays for probability and, if it wants it, uncertainty.
///
/// # Safety
/// Each is NULL or valid for writes of `count` elements until after [`fill`].
unsafe fn outputs(
    [probability, uncertainty]: [*mut f32; 2],
    count: usize,
    expected: usize,
) -> Result<[Option<Output<f32>>; 2], Failure> {
    // SAFETY: the same contract.
    unsafe {
        let probability = Output::new(probability, count, expected, "probability")?;
        let uncertainty = match uncertainty.is_null() {
            true => None,
            false => Some(Output::new(uncertainty, count, expected, "uncertainty")?),
        };
        Ok([Some(probability), uncertainty])
    }
}

/// Probability and, if it was asked for, uncertainty.
type Found = (Vec<f32>, Option<Vec<f32>>);

fn fill([probability, uncertainty]: [Option<Output<f32>>; 2], (found, deviation): Found) {
    if let Some(output) = probability {
        output.fill(&found);
    }
    if let (Some(output), Some(deviation)) = (uncertainty, deviation) {
        output.fill(&deviation);
    }
}

#[cfg(feature = "torch")]
fn predict_section(
    model: &diapir_model,
    section: Section,
    amplitudes: Option<[f32; 2]>,
    (choice, uncertainty): (&Choice, bool),
    control: &Control<'_>,
) -> Result<Found, Failure> {
    let (ensemble, options) = (choice.ensemble(model)?, choice.predict()?);
    let found =
        crate::infer::predict_section(&ensemble, section, amplitudes, (&options, uncertainty), control)?;
    Ok((found.probability, found.deviation))
}

#[cfg(not(feature = "torch"))]
fn predict_section(
    model: &diapir_model,
    _: Section,
    _: Option<[f32; 2]>,
    _: (&Choice, bool),
    _: &Control<'_>,
) -> Result<Found, Failure> {
    match model.predictor {}
}

#[cfg(feature = "torch")]
fn predict_volume(
    model: &diapir_model,
    source: &ArrayVolume,
    (choice, uncertainty): (&Choice, bool),
    control: &Control<'_>,
) -> Result<(Found, diapir_predict_report), Failure> {
    let (ensemble, options, sections) = (choice.ensemble(model)?, choice.predict()?, choice.sections()?);
    let how = (&options, uncertainty);
    let (found, report) = crate::predict::predict_volume(&ensemble, source, sections, how, control)?;
    Ok(((found.probability, found.deviation), report.into()))
}

#[cfg(not(feature = "torch"))]
fn predict_volume(
    model: &diapir_model,
    _: &ArrayVolume,
    _: (&Choice, bool),
    _: &Control<'_>,
) -> Result<(Found, diapir_predict_report), Failure> {
    match model.predictor {}
}
