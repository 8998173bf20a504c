//! Trainings of a whole system on tiles.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle;
use super::needs::with_torch;
use super::status::diapir_status;
use super::text;
use super::tileset::diapir_tileset;
use super::train::{TrainChoice, diapir_train_options};
use crate::control::Control;
use crate::tileset::TileFolder;

/// Trains the recipe's whole system on the labelled tiles of a folder: each of its trainings on all its
/// folds, in `folder` or, where the recipe names them, in folders below; then predicts each tile by the
/// networks that have not seen it (`out-of-fold/predictions.safetensors`) and measures that (`system.json`).
/// With `options.resume` what is finished is not done again. `options` and `callbacks` may be NULL.
///
/// Thread: any, concurrently with different folders; callbacks come on the calling thread.
/// Owns: nothing; the tileset stays the caller's.
/// Fails: as diapir_train_tiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_train_system(
    tileset: *const diapir_tileset,
    folder: *const c_char,
    options: *const diapir_train_options,
    callbacks: *const diapir_callbacks,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        let folder = text::path(folder, "folder")?;
        let choice = TrainChoice::read(options)?;
        let mut listener = HostListener::new(callbacks)?;
        let control = Control::new(&mut listener);
        with_torch!("training", train_system, &tileset.folder, folder, &choice, &control)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_train_system", error, body) }
}

#[cfg(feature = "torch")]
fn train_system(
    folder: &TileFolder,
    place: &Path,
    choice: &TrainChoice<'_>,
    control: &Control<'_>,
) -> Result<(), Failure> {
    crate::systems::train_system(folder, place, &choice.resolve()?, control)?;
    Ok(())
}
