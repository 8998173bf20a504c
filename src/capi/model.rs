//! Models.

use std::ffi::c_char;
use std::path::Path;

use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle::{self, Handle, Poison};
use super::needs::{Predictor, with_torch};
use super::options::{self, versioned};
use super::status::diapir_status;
use super::text;

/// A trained network on its device, with the input contract that it was trained under. Predictions do not
/// change it: any number of threads may use it at once.
///
/// Methods: diapir_model_load, diapir_model_load_builtin, diapir_model_info_json, diapir_model_warm_up,
/// diapir_predict_survey, diapir_predict_section, diapir_predict_volume, diapir_predict_blocks,
/// diapir_model_free.
pub struct diapir_model {
    pub(super) predictor: Predictor,
    poison: Poison,
}

const _: () = handle::assert_send_sync::<diapir_model>();

impl Handle for diapir_model {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

/// Of tiles per forward pass: 8 on a CPU, 32 on a GPU.
pub const DIAPIR_BATCH_OF_DEVICE: i32 = 0;

/// Of a threshold: the one that the model was found best at.
pub const DIAPIR_THRESHOLD_OF_MODEL: f32 = -1.0;

/// Where and how a model runs. Filled by diapir_model_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_model_options {
    /// Size of this struct in bytes; set by diapir_model_options_init.
    pub struct_size: u32,
    /// "auto" (all GPUs, or the CPU where there is none), "cpu", "cuda" (the first GPU) or "cuda:N".
    pub device: *const c_char,
    /// "auto" (bfloat16 where the device is faster with it), "float32", "bfloat16" or, on a GPU, "float16".
    pub precision: *const c_char,
    /// Tiles per forward pass, or DIAPIR_BATCH_OF_DEVICE.
    pub batch: i32,
    /// 1: one tile per forward pass, so that results do not depend on `batch`; slower. 0: results may differ
    /// with it by rounding, below 1e-4 in float32 and 2e-2 in bfloat16.
    pub deterministic: i32,
}

versioned!(
    diapir_model_options { struct_size, device, precision, batch, deterministic },
    device: text::AUTO.as_ptr(),
    precision: text::AUTO.as_ptr(),
    batch: DIAPIR_BATCH_OF_DEVICE
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_options_init(
    options: *mut diapir_model_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// A threshold from 0 to 1; `None` for the model's own.
pub(super) fn threshold_or_model(given: f32, parameter: &str) -> Result<Option<f32>, Failure> {
    match given {
        DIAPIR_THRESHOLD_OF_MODEL => Ok(None),
        given if (0.0..=1.0).contains(&given) => Ok(Some(given)),
        given => Err(Failure::invalid(format!(
            "{parameter} is {given}, expected 0 to 1, or -1 for the model's own"
        ))),
    }
}

/// Loads a model file that diapir_train wrote. `options` may be NULL.
///
/// Thread: any, concurrently.
/// Owns: `*model` is the caller's; end it with diapir_model_free.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, DEVICE_UNAVAILABLE, OUT_OF_MEMORY, BACKEND,
/// INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_load(
    path: *const c_char,
    options: *const diapir_model_options,
    model: *mut *mut diapir_model,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe { give_model(Source::File(text::path(path, "path")?), options, model) };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_model_load", error, body) }
}

/// Loads a model that the library carries, for those who have none of their own: `name` is one of
/// diapir_model_names; NULL is the first, which is for surveys. models/README.md says what each was trained
/// on, how good it is, and what it is not good for. `options` may be NULL.
///
/// Thread: any, concurrently.
/// Owns: `*model` is the caller's; end it with diapir_model_free.
/// Fails: DEVICE_UNAVAILABLE, OUT_OF_MEMORY, BACKEND, INVALID_ARGUMENT for another name too, NULL_ARGUMENT;
/// UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_load_builtin(
    name: *const c_char,
    options: *const diapir_model_options,
    model: *mut *mut diapir_model,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let name = text::optional(name, "name")?;
        give_model(Source::Library(name), options, model)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_model_load_builtin", error, body) }
}

/// The names of the models that the library carries, one per line; the first is for surveys.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_names(
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let names: String = with_torch!("a model", names,)?;
        text::copy_out(&names, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_model_names", error, body) }
}

#[cfg(feature = "torch")]
fn names() -> Result<String, Failure> {
    Ok(Predictor::builtin_names().join("\n"))
}

/// Where a model comes from.
#[derive(Clone, Copy)]
enum Source<'a> {
    File(&'a Path),
    /// By name; without one the first.
    Library(Option<&'a str>),
}

/// The caller's options with their texts.
struct Given<'a> {
    options: diapir_model_options,
    device: &'a str,
    precision: &'a str,
}

/// # Safety
/// `options` is NULL or the caller's struct, `model` NULL or valid for a write.
unsafe fn give_model(
    source: Source<'_>,
    options: *const diapir_model_options,
    model: *mut *mut diapir_model,
) -> Result<(), Failure> {
    handle::check_place(model, "model")?;
    // SAFETY: as above.
    unsafe {
        let options = options::read(options, "options")?;
        let device = text::required(options.device, "options.device")?;
        let precision = text::required(options.precision, "options.precision")?;
        let given = Given { options, device, precision };
        let predictor = with_torch!("loading a model", load, source, &given)?;
        handle::give(model, diapir_model { predictor, poison: Poison::default() });
    }
    Ok(())
}

/// Tiles per forward pass of an options field; `None` is what suits the device.
pub(super) fn batch(given: i32) -> Result<Option<usize>, Failure> {
    let count = super::memory::size(i64::from(given), "options.batch")?;
    Ok((given != DIAPIR_BATCH_OF_DEVICE).then_some(count))
}

#[cfg(feature = "torch")]
fn load(source: Source<'_>, given: &Given<'_>) -> Result<Predictor, Failure> {
    let options = crate::infer::PredictorOptions {
        device: given.device.parse()?,
        precision: given.precision.parse()?,
        batch: batch(given.options.batch)?,
        deterministic: given.options.deterministic != 0,
        ..Default::default()
    };
    Ok(match source {
        Source::File(path) => Predictor::load(path, &options),
        Source::Library(name) => {
            let first = Predictor::builtin_names()[0];
            Predictor::builtin(name.unwrap_or(first), &options)
        }
    }?)
}

/// Describes the model as one JSON object: network, input contract, threshold, how it was trained, on which
/// device, in which precision and batch it runs, and its stages with shape, parameters, operations and
/// receptive field.
///
/// Thread: any, concurrently on one model.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_info_json(
    model: *const diapir_model,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = handle::borrow(model, "model")?;
        let text: String = with_torch!("a model", describe, &model.predictor)?;
        text::copy_out(&text, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_model_info_json", error, body) }
}

#[cfg(feature = "torch")]
fn describe(predictor: &Predictor) -> Result<String, Failure> {
    text::json(&predictor.describe()?)
}

/// Runs an empty batch, so that what libtorch prepares at the first pass does not delay the first prediction.
///
/// Thread: any, concurrently on one model.
/// Owns: nothing.
/// Fails: OUT_OF_MEMORY, BACKEND, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_warm_up(
    model: *const diapir_model,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe { with_torch!("a model", warm_up, &handle::borrow(model, "model")?.predictor) };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_model_warm_up", error, body) }
}

#[cfg(feature = "torch")]
fn warm_up(predictor: &Predictor) -> Result<(), Failure> {
    Ok(predictor.warm_up()?)
}

/// Ends the model and gives its memory back. NULL is fine.
///
/// Thread: any; nobody else may be using the model.
/// Owns: takes the model.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_model_free(model: *mut diapir_model) {
    // SAFETY: NULL or a model of diapir_model_load, given up once.
    unsafe { handle::end("diapir_model_free", model) };
}
