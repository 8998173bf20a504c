//! Weights trained elsewhere: into a model file, and out of one.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::{Failure, diapir_error};
use super::guard::guard;
use super::options::{self, Place, versioned};
use super::status::diapir_status;
use super::text;
use crate::control::Control;
#[cfg(feature = "torch")]
use {
    super::options::Versioned as _,
    crate::fit::{self, ImportOptions},
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
    /// The recipe whose network is made, as TOML text (see diapir_recipe_text); NULL is an error when weights are imported.
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

/// Makes the network of `options->recipe` with the weights of a safetensors or PyTorch file (`.pth`: a plain dictionary of
/// tensors; nothing in it is run) and writes it to `model_path`, for diapir_train to start from. Tensors that did not fit
/// are named in log messages. `callbacks` and `report` may be NULL.
///
/// Thread: any, concurrently with different model paths; callbacks come on the calling thread.
/// Owns: nothing.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED for a file that is neither, MODEL_MISMATCH for weights that do not fit,
/// OUT_OF_MEMORY, CANCELLED, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
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
        place.fill(import([weights, model], recipe, &options, &control)?);
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_weights_import", error, body) }
}

/// Writes the weights of a model file, or of its encoder, to `weights_path` as safetensors with names that PyTorch software
/// knows. `options` may be NULL, then the encoder's with torchvision's names; its `recipe` and `partial` do not count.
///
/// Thread: any, concurrently with different weights paths.
/// Owns: nothing.
/// Fails: NOT_FOUND, IO, MODEL_MALFORMED, MODEL_VERSION, OUT_OF_MEMORY, INVALID_ARGUMENT, NULL_ARGUMENT; UNSUPPORTED
/// without the torch feature.
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
        export([model, weights], &options::read(options, "options")?)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_weights_export", error, body) }
}

#[cfg(feature = "torch")]
fn import(
    [weights, model]: [&Path; 2],
    recipe: &str,
    options: &diapir_weights_options,
    control: &Control<'_>,
) -> Result<diapir_weights_report, Failure> {
    let training = SystemRecipe::from_toml(recipe)?.training;
    let options = ImportOptions { training, part: part(options.part)?, partial: options.partial != 0 };
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
fn export([model, weights]: [&Path; 2], options: &diapir_weights_options) -> Result<(), Failure> {
    let names = match options.names {
        0 => WeightNames::Torchvision,
        1 => WeightNames::Cadene,
        other => return Err(Failure::invalid(format!("options.names is {other}, expected 0 or 1"))),
    };
    Ok(fit::export_model(model, weights, part(options.part)?, names).map(drop)?)
}

#[cfg(feature = "torch")]
fn part(value: i32) -> Result<ImportPart, Failure> {
    match value {
        0 => Ok(ImportPart::Encoder),
        1 => Ok(ImportPart::Network),
        other => Err(Failure::invalid(format!("options.part is {other}, expected 0 or 1"))),
    }
}

#[cfg(not(feature = "torch"))]
fn import(
    _: [&Path; 2],
    _: &str,
    _: &diapir_weights_options,
    _: &Control<'_>,
) -> Result<diapir_weights_report, Failure> {
    Err(Failure::lacks("torch", "importing weights"))
}

#[cfg(not(feature = "torch"))]
fn export(_: [&Path; 2], _: &diapir_weights_options) -> Result<(), Failure> {
    Err(Failure::lacks("torch", "exporting weights"))
}
