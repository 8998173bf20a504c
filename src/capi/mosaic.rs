//! Mosaics of tiles.

use std::ffi::c_char;
use std::path::Path;

use super::callbacks::{HostListener, diapir_callbacks};
use super::error::diapir_error;
use super::failure::Failure;
use super::guard::guard;
use super::memory;
use super::options::{self, Place, Versioned as _, versioned};
use super::status::diapir_status;
use super::text;
use super::tileset::{Tilesets, diapir_tileset};
use crate::control::Control;
use crate::mosaic::JigsawOptions;
use crate::systems::{self, MosaicOptions, MosaicReport};

/// How mosaics are found. Filled by diapir_mosaic_options_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_mosaic_options {
    /// Size of this struct in bytes; set by diapir_mosaic_options_init.
    pub struct_size: u32,
    /// 1: all tiles are brought to their mean histogram first; 0 (the default): they are compared as they
    /// are.
    pub match_histograms: i32,
    /// Largest distance of two edges that touch, in standard deviations over the length of the edge; by
    /// default 10.
    pub max_distance: f64,
    /// How much nearer the nearest edge must be than the next (1 - distance / distance of the next), 0 to 1.
    /// The default is 0.25.
    pub min_certainty: f64,
    /// A folder for pictures of the mosaics; NULL: none are drawn.
    pub pictures: *const c_char,
    /// Mosaics of fewer tiles are not drawn; by default 4.
    pub pictured_from: i32,
    /// Mosaics of fewer tiles are passed over, in the table too; by default 2.
    pub listed_from: i32,
}

versioned!(
    diapir_mosaic_options {
        struct_size,
        match_histograms,
        max_distance,
        min_certainty,
        pictures,
        pictured_from,
        listed_from,
    },
    max_distance: f64::from(JigsawOptions::default().max_distance),
    min_certainty: f64::from(JigsawOptions::default().min_certainty),
    pictured_from: 4,
    listed_from: 2
);

/// Fills `options` with its defaults. `size` is `sizeof *options`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_mosaic_options_init(
    options: *mut diapir_mosaic_options,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(options, size) }
}

/// What was found. The caller sets struct_size with diapir_mosaic_report_init.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_mosaic_report {
    /// Size of this struct in bytes; set by diapir_mosaic_report_init.
    pub struct_size: u32,
    /// Tiles of all folders.
    pub tiles: i64,
    /// Mosaics of two tiles and more.
    pub mosaics: i64,
    /// Tiles in them.
    pub placed: i64,
    /// Tiles of the largest.
    pub largest: i64,
    /// Neighbours found by their edges.
    pub links: i64,
    /// Neighbours that contradicted more certain ones.
    pub refused: i64,
}

versioned!(diapir_mosaic_report { struct_size, tiles, mosaics, placed, largest, links, refused });

/// Prepares `report` to be filled. `size` is `sizeof *report`.
///
/// Thread: any.
/// Owns: nothing.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT for a size that the struct never had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_mosaic_report_init(
    report: *mut diapir_mosaic_report,
    size: usize,
) -> diapir_status {
    // SAFETY: NULL or `size` bytes of the caller's.
    unsafe { options::init(report, size) }
}

/// Finds which tiles of `count` tilesets were neighbours in the section that they were cut from, by how they
/// go on beyond their edges, and writes the table id,group,row,column (`table`, CSV) of the tiles that have
/// one: `group` numbers the mosaics from 1, the largest first; rows and columns count from 0. The table can
/// serve as diapir_tileset_options.groups. `options`, `callbacks` and `report` may be NULL. Takes 5 bytes per
/// pixel beside the tilesets.
///
/// Thread: any, concurrently with different files; callbacks come on the calling thread.
/// Owns: nothing; the tilesets stay the caller's.
/// Fails: NULL_ARGUMENT, INVALID_ARGUMENT, DATASET when the tiles differ in size or two have one id, IO,
/// CANCELLED, POISONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn diapir_mosaic_tiles(
    tilesets: *const *const diapir_tileset,
    count: usize,
    table: *const c_char,
    options: *const diapir_mosaic_options,
    callbacks: *const diapir_callbacks,
    report: *mut diapir_mosaic_report,
    error: *mut *mut diapir_error,
) -> diapir_status {
    // SAFETY: every pointer is the caller's and as documented.
    let body = || unsafe {
        let tilesets = Tilesets::borrow(tilesets, count)?;
        let table = text::path(table, "table")?;
        let options = mosaic_options(options)?;
        let place = Place::optional(report, "report")?;
        let mut listener = HostListener::new(callbacks)?;
        let found =
            systems::mosaic_tiles(&tilesets.folders(), table, &options, &Control::new(&mut listener))?;
        place.fill(reported(&found));
        Ok(())
    };
    // SAFETY: `error` is the caller's.
    unsafe { guard("diapir_mosaic_tiles", error, body) }
}

/// # Safety
/// `options` is NULL or the caller's struct.
unsafe fn mosaic_options(options: *const diapir_mosaic_options) -> Result<MosaicOptions, Failure> {
    // SAFETY: as above.
    let (given, pictures) = unsafe {
        let given = options::read(options, "options")?;
        (given, text::optional_path(given.pictures, "options.pictures")?)
    };
    let jigsaw = JigsawOptions {
        match_histograms: given.match_histograms != 0,
        max_distance: given.max_distance as f32,
        min_certainty: given.min_certainty as f32,
    };
    let pictured_from = memory::size(i64::from(given.pictured_from), "options.pictured_from")?;
    let listed_from = memory::size(i64::from(given.listed_from), "options.listed_from")?;
    Ok(MosaicOptions { jigsaw, pictures: pictures.map(Path::to_owned), pictured_from, listed_from })
}

fn reported(found: &MosaicReport) -> diapir_mosaic_report {
    diapir_mosaic_report {
        tiles: found.tiles as i64,
        mosaics: found.mosaics as i64,
        placed: found.placed as i64,
        largest: found.largest as i64,
        links: found.links as i64,
        refused: found.refused as i64,
        ..diapir_mosaic_report::defaults()
    }
}
