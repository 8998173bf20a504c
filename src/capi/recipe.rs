//! Recipes: what trainings learn, and how.

use std::ffi::c_char;

use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::needs::with_torch;
use super::status::diapir_status;
use super::text;
#[cfg(feature = "torch")]
use crate::recipe::SystemRecipe;

/// The names of the built-in recipes, one per line.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_recipe_names(
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let names: String = with_torch!("listing recipes", names,)?;
        text::copy_out(&names, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_recipe_names", error, body) }
}

/// The TOML text of a built-in recipe, to be changed and given to diapir_train.
///
/// Thread: any, concurrently.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: INVALID_ARGUMENT for another name, BUFFER_TOO_SMALL, NULL_ARGUMENT; UNSUPPORTED without the torch
/// feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_recipe_text(
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let name = text::required(name, "name")?;
        let recipe: &str = with_torch!("reading a recipe", builtin, name)?;
        text::copy_out(recipe, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_recipe_text", error, body) }
}

/// Checks a recipe's TOML text as the trainings do before they begin.
///
/// Thread: any, concurrently.
/// Owns: nothing.
/// Fails: INVALID_ARGUMENT, naming the line or the field, NULL_ARGUMENT; UNSUPPORTED without the torch
/// feature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_recipe_check(
    recipe: *const c_char,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe { with_torch!("checking a recipe", check, text::required(recipe, "recipe")?) };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_recipe_check", error, body) }
}

#[cfg(feature = "torch")]
fn names() -> Result<String, Failure> {
    Ok(SystemRecipe::builtin_names().join("\n"))
}

#[cfg(feature = "torch")]
fn builtin(name: &str) -> Result<&'static str, Failure> {
    Ok(SystemRecipe::builtin_text(name)?)
}

#[cfg(feature = "torch")]
fn check(text: &str) -> Result<(), Failure> {
    SystemRecipe::from_toml(text)?;
    Ok(())
}
