//! Synthetic surveys with labels.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::memory;
use super::options::{self, versioned};
use super::status::diapir_status;
use super::text;
use crate::control::Control;
use crate::segy::{SegyWriter, WriteOptions};
use crate::synth::{SynthOptions, SynthSurvey};

/// What a synthetic survey shall look like. Filled by diapir_synth_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_synth_options {
    /// Size of this struct in bytes; set by diapir_synth_options_init.
    pub struct_size: u32,
    /// Everything random follows from this number; equal options give equal files.
    pub seed: u64,
    /// Inlines, 1 to 100000; by default 120.
    pub inlines: i64,
    /// Crosslines, 1 to 100000; by default 120.
    pub crosslines: i64,
    /// Samples of a trace, 16 to 100000; by default 350.
    pub samples: i64,
    /// Sample interval in milliseconds of two-way time, 0.5 to 16; by default 4.
    pub sample_interval_ms: f64,
}

versioned!(
    diapir_synth_options { struct_size, seed, inlines, crosslines, samples, sample_interval_ms },
    inlines: SynthOptions::default().inlines as i64,
    crosslines: SynthOptions::default().crosslines as i64,
    samples: SynthOptions::default().samples as i64,
    sample_interval_ms: SynthOptions::default().sample_interval_ms
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_synth_options_init(
    options: *mut diapir_synth_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Writes a synthetic survey (`seismic_path`) and its salt labels, 1 and 0 (`label_path`), as SEG-Y files on
/// the same grid. Each file appears only when it is whole. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently with different paths; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: INVALID_ARGUMENT, NULL_ARGUMENT, IO, NOT_FOUND for a folder that is not there, CANCELLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_synth_write(
    seismic_path: *const c_char,
    label_path: *const c_char,
    options: *const diapir_synth_options,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let seismic = text::path(seismic_path, "seismic_path")?;
        let label = text::path(label_path, "label_path")?;
        let options = synth_options(&options::read(options, "options")?)?;
        let mut listener = HostListener::new(callbacks)?;
        write(seismic, label, options, &Control::new(&mut listener))
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_synth_write", error, body) }
}

fn synth_options(given: &diapir_synth_options) -> Result<SynthOptions, Failure> {
    Ok(SynthOptions {
        seed: given.seed,
        inlines: memory::size(given.inlines, "options.inlines")?,
        crosslines: memory::size(given.crosslines, "options.crosslines")?,
        samples: memory::size(given.samples, "options.samples")?,
        sample_interval_ms: given.sample_interval_ms,
        ..SynthOptions::default()
    })
}

fn write(seismic: &Path, label: &Path, options: SynthOptions, control: &Control<'_>) -> Result<(), Failure> {
    let survey = SynthSurvey::new(options)?;
    let create = |path: &Path, what: &str| {
        let text = vec![
            format!("DIAPIR {} SYNTHETIC SURVEY, SEED {}", env!("CARGO_PKG_VERSION"), survey.options().seed),
            what.to_owned(),
            "INLINE 189-192, CROSSLINE 193-196, CDP X 181-184, CDP Y 185-188".to_owned(),
        ];
        SegyWriter::create(path, survey.grid(), survey.live(), &text, &WriteOptions::default())
    };
    let mut seismic = create(seismic, "AMPLITUDES")?;
    let mut label = create(label, "LABEL: 1 SALT, 0 NOT")?;
    survey.write_to(&mut seismic, &mut label, control)?;
    seismic.finish()?;
    label.finish()?;
    Ok(())
}
