//! Weights trained elsewhere.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::needs::with_torch;
use super::options::{self, Place, Versioned as _, choice, versioned};
use super::status::diapir_status;
use super::text;
use crate::control::Control;
#[cfg(feature = "torch")]
use {
    crate::fit::{self, ImportOptions},
    crate::model::ModelFile,
    crate::model::import::{ImportPart, WeightNames},
    crate::recipe::SystemRecipe,
};

/// Which tensors of a network are meant.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_weights_part {
    /// Those of the encoder, as classifiers trained on ImageNet have them.
    Encoder = 0,
    /// All.
    Network = 1,
}

/// Whose names exported tensors get.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum diapir_weights_names {
    /// torchvision's ResNets, timm's `resnet50`, `seresnext50_32x4d` and the like.
    Torchvision = 0,
    /// Cadene's pretrained-models, timm's `legacy_seresnext50_32x4d` and the like.
    Cadene = 1,
}

/// How to import weights. Filled by diapir_weights_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_weights_options {
    /// Size of this struct in bytes; set by diapir_weights_options_init.
    pub struct_size: u32,
    /// The recipe whose network is made, as TOML text (see diapir_recipe_text); NULL is an error when weights
    /// are imported.
    pub recipe: *const c_char,
    /// A diapir_weights_part.
    pub part: i32,
    /// 1: pass over tensors that are missing, unexpected or of another shape; 0: they are an error.
    pub partial: i32,
    /// Of an export, a diapir_weights_names.
    pub names: i32,
}

versioned!(diapir_weights_options { struct_size, recipe, part, partial, names });

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_weights_options_init(
    options: *mut diapir_weights_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What became of the tensors of an import. The caller sets struct_size with diapir_weights_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_weights_report {
    /// Size of this struct in bytes; set by diapir_weights_report_init.
    pub struct_size: u32,
    /// Tensors of the network that have got their values from the file.
    pub matched: i64,
    /// Those among them whose input planes were adapted.
    pub adapted: i64,
    /// Tensors of the network that the file does not have.
    pub missing: i64,
    /// Tensors of the file that the network does not have.
    pub unexpected: i64,
    /// Tensors of another shape.
    pub wrong_shape: i64,
    /// Tensors of the file that no network needs: a classifier, counters of batches.
    pub ignored: i64,
}

versioned!(diapir_weights_report {
    struct_size,
    matched,
    adapted,
    missing,
    unexpected,
    wrong_shape,
    ignored,
});

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_weights_report_init(
    report: *mut diapir_weights_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Makes the network of `options->recipe` with the weights of a safetensors or PyTorch file (`.pth`: a plain
/// dictionary of tensors; nothing in it is run) and writes it to `model_path`, for diapir_train to start
/// from. Tensors that did not fit are named in log messages. `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different model paths; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED for a file that is neither, MODEL_MISMATCH for weights that do not
/// fit, OUT_OF_MEMORY, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_weights_import(
    weights_path: *const c_char,
    model_path: *const c_char,
    options: *const diapir_weights_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_weights_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let weights = text::path(weights_path, "weights_path")?;
        let model = text::path(model_path, "model_path")?;
        let options = options::read(options, "options")?;
        let Some(recipe) = text::optional(options.recipe, "options.recipe")? else {
            return Err(Failure::null("options.recipe"));
        };
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        let given = Given { options, recipe };
        place.fill(with_torch!("importing weights", import, weights, model, &given, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_weights_import", error, body) }
}

/// Writes the weights of a model file, or of its encoder, to `weights_path` as safetensors with names that
/// PyTorch software knows. `options` may be NULL, then the encoder's with torchvision's names; its `recipe`
/// and `partial` do not count.
///
/// Thread: any, concurrently with different weights paths.
/// Owns: nothing.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, OUT_OF_MEMORY, INVALID_ARGUMENT, NULL_ARGUMENT;
/// UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_weights_export(
    model_path: *const c_char,
    weights_path: *const c_char,
    options: *const diapir_weights_options,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = text::path(model_path, "model_path")?;
        let weights = text::path(weights_path, "weights_path")?;
        let options = options::read(options, "options")?;
        with_torch!("exporting weights", export, model, weights, &options)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_weights_export", error, body) }
}

/// Writes a model file anew to `halved_path`, its kernels rounded to float16: half the size, and what the
/// library computes in bfloat16 or float16 hardly changes.
///
/// Thread: any, concurrently with different halved paths.
/// Owns: nothing.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, OUT_OF_RANGE for kernels beyond float16,
/// INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_weights_halve(
    model_path: *const c_char,
    halved_path: *const c_char,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let model = text::path(model_path, "model_path")?;
        let halved = text::path(halved_path, "halved_path")?;
        with_torch!("halving a model", halve, model, halved)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_weights_halve", error, body) }
}

#[cfg(feature = "torch")]
fn halve(model: &Path, halved: &Path) -> Result<(), Failure> {
    Ok(ModelFile::halve(model, halved)?)
}

/// The caller's options with the recipe, which an import needs.
struct Given<'a> {
    options: diapir_weights_options,
    recipe: &'a str,
}

#[cfg(feature = "torch")]
fn import(
    weights: &Path,
    model: &Path,
    given: &Given<'_>,
    control: &Control<'_>,
) -> Result<diapir_weights_report, Failure> {
    let options = ImportOptions {
        training: SystemRecipe::from_toml(given.recipe)?.training,
        part: part(given.options.part)?,
        partial: given.options.partial != 0,
    };
    let report = fit::import_model(weights, model, &options, control)?;
    Ok(diapir_weights_report {
        matched: report.matched.len() as i64,
        adapted: report.adapted.len() as i64,
        missing: report.missing.len() as i64,
        unexpected: report.unexpected.len() as i64,
        wrong_shape: report.wrong_shape.len() as i64,
        ignored: report.ignored.len() as i64,
        ..diapir_weights_report::defaults()
    })
}

#[cfg(feature = "torch")]
fn export(model: &Path, weights: &Path, options: &diapir_weights_options) -> Result<(), Failure> {
    let names = [WeightNames::Torchvision, WeightNames::Cadene];
    let names = choice(options.names, &names, "options.names", "DIAPIR_WEIGHTS_NAMES")?;
    Ok(fit::export_model(model, weights, part(options.part)?, names).map(drop)?)
}

#[cfg(feature = "torch")]
fn part(value: i32) -> Result<ImportPart, Failure> {
    choice(value, &[ImportPart::Encoder, ImportPart::Network], "options.part", "DIAPIR_WEIGHTS_PART")
}
