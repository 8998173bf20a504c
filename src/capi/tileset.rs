//! Folders of loose tiles.

use std::ffi::c_char;
use std::path::Path;
use std::sync::Arc;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::handle::{self, Handle, InUse, Poison};
use super::memory;
use super::options::{self, versioned};
use super::status::diapir_status;
use super::text;
use crate::control::Control;
use crate::systems;
use crate::tileset::{FolderOptions, TileFolder};

/// A folder of loose tiles in the layout of the TGS Salt Identification Challenge, in memory: PNG files in
/// `images/` and `masks/`, and the tables `depths.csv` (id,z) and `train.csv` (id,rle_mask) if they are
/// there.
///
/// Methods: diapir_tileset_open, diapir_tileset_info_json, diapir_tileset_contact_sheet, diapir_train_tiles,
/// diapir_cross_validate_tiles, diapir_evaluate_tiles, diapir_mosaic_tiles, diapir_train_system,
/// diapir_predict_tiles, diapir_stack_predictions, diapir_finish_tiles, diapir_report_tiles,
/// diapir_tileset_free.
pub struct diapir_tileset {
    pub(super) folder: Arc<TileFolder>,
    poison: Poison,
}

const _: () = handle::assert_send_sync::<diapir_tileset>();

impl Handle for diapir_tileset {
    fn poison(&self) -> &Poison {
        &self.poison
    }
}

/// Of mask pixels without a label: there are none.
pub const DIAPIR_UNLABELLED_NONE: i32 = -1;

/// Where the parts of a folder lie. Filled by diapir_tileset_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_tileset_options {
    /// Size of this struct in bytes; set by diapir_tileset_options_init.
    pub struct_size: u32,
    /// The table id,z; NULL: depths.csv in the folder or the one above, if it is there.
    pub depths: *const c_char,
    /// The table id,rle_mask; NULL: train.csv there.
    pub masks: *const c_char,
    /// A table id,group: tiles of one group are kept in one fold; NULL: no groups.
    pub groups: *const c_char,
    /// Grey value 0 to 255 of mask pixels without a label, or DIAPIR_UNLABELLED_NONE.
    pub unlabelled: i32,
    /// 1: tiles that cannot be used are left out; 0: training and evaluation refuse a folder with such tiles.
    pub leave_out: i32,
}

versioned!(
    diapir_tileset_options { struct_size, depths, masks, groups, unlabelled, leave_out },
    unlabelled: DIAPIR_UNLABELLED_NONE
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tileset_options_init(
    options: *mut diapir_tileset_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// Reads a folder of tiles and checks each. Tiles that cannot be used are told of by diapir_tileset_info_json
/// and are no error here. `options` and `callbacks` may be NULL. Takes a byte of memory per pixel, two with
/// masks.
///
/// Thread: any, concurrently; callbacks come on the calling thread.
/// Owns: `*tileset` is the caller's; end it with diapir_tileset_free.
/// Fails: NOT_FOUND, IO, MALFORMED for a broken table, DATASET when there is no usable tile, CANCELLED,
/// INVALID_ARGUMENT, NULL_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tileset_open(
    path: *const c_char,
    options: *const diapir_tileset_options,
    callbacks: *const diapir_callbacks,
    tileset: *mut *mut diapir_tileset,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let path = text::path(path, "path")?;
        handle::check_place(tileset, "tileset")?;
        let given = options::read(options, "options")?;
        let file = |file, name: &str| -> Result<_, Failure> {
            Ok(text::optional_path(file, name)?.map(Path::to_owned))
        };
        let unlabelled = match (given.unlabelled, u8::try_from(given.unlabelled)) {
            (DIAPIR_UNLABELLED_NONE, _) => None,
            (_, Ok(value)) => Some(value),
            (value, _) => {
                let message = format!("options.unlabelled is {value}, expected 0 to 255, or -1 for none");
                return Err(Failure::invalid(message));
            }
        };
        let options = FolderOptions {
            depths: file(given.depths, "options.depths")?,
            masks: file(given.masks, "options.masks")?,
            groups: file(given.groups, "options.groups")?,
            unlabelled,
            leave_out: given.leave_out != 0,
        };
        let mut listener = HostListener::new(callbacks)?;
        let folder = TileFolder::open(path, &options, &Control::new(&mut listener))?;
        handle::give(tileset, diapir_tileset { folder: Arc::new(folder), poison: Poison::default() });
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_tileset_open", error, body) }
}

/// Describes the folder as one JSON object: numbers of tiles, coverage by salt, range of depths, hash, and
/// each problem with id, kind and detail.
///
/// Thread: any, concurrently on one tileset.
/// Owns: nothing; the text is copied into `buffer`.
/// Fails: BUFFER_TOO_SMALL, NULL_ARGUMENT, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tileset_info_json(
    tileset: *const diapir_tileset,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        text::copy_out(&text::json(&tileset.folder.summary())?, buffer, size, needed)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_tileset_info_json", error, body) }
}

/// Draws up to `count` tiles with the outlines of their masks and a histogram of coverage as a PNG file, the
/// tiles spread evenly from those without salt to those full of it.
///
/// Thread: any, concurrently on one tileset.
/// Owns: nothing.
/// Fails: IO, NULL_ARGUMENT, INVALID_ARGUMENT for a count outside 1 to 1000, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tileset_contact_sheet(
    tileset: *const diapir_tileset,
    path: *const c_char,
    count: i32,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tileset = handle::borrow(tileset, "tileset")?;
        let path = text::path(path, "path")?;
        let count = match usize::try_from(count) {
            Ok(count @ 1..=1000) => count,
            _ => return Err(Failure::invalid(format!("count is {count}, expected 1 to 1000"))),
        };
        Ok(systems::contact_sheet(&tileset.folder, count, path)?)
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_tileset_contact_sheet", error, body) }
}

/// Several tilesets in use by one call.
pub(super) struct Tilesets<'a>(Vec<InUse<'a, diapir_tileset>>);

impl<'a> Tilesets<'a> {
    /// # Safety
    /// `tilesets` is NULL or holds `count` handles.
    pub(super) unsafe fn borrow(
        tilesets: *const *const diapir_tileset,
        count: usize,
    ) -> Result<Self, Failure> {
        // SAFETY: as above.
        let tilesets = unsafe { memory::input(tilesets, count, "tilesets") }?;
        // SAFETY: as above, for each handle.
        let borrow = |&tileset| unsafe { handle::borrow(tileset, "tilesets") };
        Ok(Self(tilesets.iter().map(borrow).collect::<Result<_, _>>()?))
    }

    pub(super) fn folders(&self) -> Vec<&TileFolder> {
        self.0.iter().map(|tileset| &*tileset.folder).collect()
    }
}

/// Ends the tileset and gives its memory back. NULL is fine.
///
/// Thread: any; nobody else may be using the tileset.
/// Owns: takes the tileset.
/// Fails: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_tileset_free(tileset: *mut diapir_tileset) {
    // SAFETY: NULL or a tileset of diapir_tileset_open, given up once.
    unsafe { handle::end("diapir_tileset_free", tileset) };
}
