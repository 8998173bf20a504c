//! Prediction of one vertical section in the caller's own array.

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::memory::{self, Strided};
use super::model::diapir_model;
use super::needs::with_torch;
use super::options::{self, versioned};
use super::predict::{PredictChoice, diapir_predict_options};
use super::results::{Results, Values};
use super::status::diapir_status;
use super::survey::{diapir_sample_unit, known_sample_unit};
use crate::control::Control;
use crate::tiling::Section;
use crate::volume::SampleAxis;

/// Of a stride: the elements follow each other without gaps.
pub const DIAPIR_STRIDE_PACKED: i64 = 0;

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
    /// Elements from one trace to the next, or DIAPIR_STRIDE_PACKED.
    pub trace_stride: i64,
    /// Elements from one sample to the next, or DIAPIR_STRIDE_PACKED.
    pub sample_stride: i64,
    /// One byte per trace, non-zero for live; NULL: all are.
    pub live: *const u8,
    /// Time or depth of the first sample, in `sample_unit`.
    pub sample_first: f64,
    /// Sample interval in `sample_unit`; greater than 0.
    pub sample_interval: f64,
    /// A diapir_sample_unit; by default milliseconds.
    pub sample_unit: i32,
    /// Amplitude that the network sees as its lowest. Where it is not less than amplitude_high, as at first,
    /// the section's own quantiles are taken.
    pub amplitude_low: f32,
    /// Amplitude that the network sees as its highest.
    pub amplitude_high: f32,
}

versioned!(
    diapir_section {
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
    },
    trace_stride: DIAPIR_STRIDE_PACKED,
    sample_stride: DIAPIR_STRIDE_PACKED,
    sample_unit: diapir_sample_unit::Milliseconds as i32
);

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

/// Predicts the salt probability (0 to 1) of each sample of one section: `probability` gets `count` =
/// trace_count * sample_count values, sample fastest, 0 on traces that are not live, and so does
/// `uncertainty`, unless it is NULL, with the standard deviation of all predictions of each sample. They are
/// written only on success, and must not overlap the section's memory. `options` (of which sections mean
/// nothing here) and `callbacks` may be NULL. A model is fast from its first section on after
/// diapir_model_warm_up.
///
/// Thread: any, concurrently on one model; callbacks come on the calling thread.
/// Owns: nothing; all arrays stay the caller's.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, GEOMETRY when no sample says what to scale by, MODEL_MISMATCH,
/// OUT_OF_MEMORY, BACKEND, CANCELLED, POISONED.
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
        let choice = PredictChoice::read(options)?;
        let mut listener = HostListener::new(callbacks)?;
        let layout = Strided::new(
            [1, given.trace_count, given.sample_count],
            [0, given.trace_stride, given.sample_stride],
            "section",
        )?;
        let results = Results::new(probability, uncertainty, count, layout.len())?;
        let [_, traces, samples] = layout.shape();
        let unit = known_sample_unit(given.sample_unit, "section.sample_unit")?;
        let axis = SampleAxis::new(given.sample_first, given.sample_interval, samples, unit)?;
        let live = memory::live_flags(given.live, traces)?;
        let section = Section::new(axis, live, layout.gather(given.samples, "section.samples")?)?;
        let amplitudes = [given.amplitude_low, given.amplitude_high];
        let amplitudes = (amplitudes[0] < amplitudes[1]).then_some(amplitudes);
        let seen = Seen { section, amplitudes, uncertainty: results.has_uncertainty() };
        let control = Control::new(&mut listener);
        results.fill(&with_torch!("prediction", predict, &model, seen, &choice, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_predict_section", error, body) }
}

/// What is predicted.
struct Seen {
    section: Section,
    /// What the network sees as lowest and highest; `None`: the section's quantiles.
    amplitudes: Option<[f32; 2]>,
    /// Whether the uncertainty is wanted too.
    uncertainty: bool,
}

#[cfg(feature = "torch")]
fn predict(
    model: &diapir_model,
    Seen { section, amplitudes, uncertainty }: Seen,
    choice: &PredictChoice,
    control: &Control<'_>,
) -> Result<Values, Failure> {
    let (ensemble, options) = (choice.ensemble(model)?, choice.predict()?);
    let how = (&options, uncertainty);
    let found = crate::infer::predict_section(&ensemble, section, amplitudes, how, control)?;
    Ok(Values { probability: found.probability, uncertainty: found.deviation })
}
