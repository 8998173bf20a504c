//! Folders of tiles to mosaics: a table, and pictures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::control::Control;
use crate::error::{Result, fail};
use crate::export::{PlacedTile, TilePicture, mosaic_png};
use crate::mosaic::{Assembly, Cell, JigsawOptions, Mosaic, assemble, find_links};
use crate::output::{create_folder, write_file};
use crate::tileset::{Tile, TileFolder, write_mosaics};

/// Most places of a mosaic that is drawn: 320 MB of tiles of 101 x 101, two pixels for each.
const MOST_PICTURED: usize = 2600;

/// What is done.
#[derive(Debug, Clone, Default)]
pub struct MosaicOptions {
    /// How neighbours are found.
    pub jigsaw: JigsawOptions,
    /// A folder for pictures; `None`: none are drawn.
    pub pictures: Option<PathBuf>,
    /// Mosaics of fewer tiles are not drawn.
    pub pictured_from: usize,
    /// Mosaics of fewer tiles are passed over, in the table too: two tiles alone are the least certain neighbours.
    pub listed_from: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MosaicReport {
    /// Tiles of all folders.
    pub tiles: usize,
    /// Mosaics of two tiles and more.
    pub mosaics: usize,
    /// Tiles in them.
    pub placed: usize,
    /// Tiles of the largest.
    pub largest: usize,
    /// Neighbours found by their edges.
    pub links: usize,
    /// Neighbours that contradicted more certain ones.
    pub refused: usize,
}

/// Puts the tiles of these folders together, and writes the table `id,group,row,column` of the tiles that found a neighbour;
/// `group` numbers the mosaics from 1, the largest first.
///
/// # Errors
/// `Dataset` when the folders' tiles differ in size or share an id; `InvalidArgument`; `Io`; `Cancelled`.
pub fn mosaic_tiles(
    folders: &[&TileFolder],
    table: &Path,
    options: &MosaicOptions,
    control: &Control<'_>,
) -> Result<MosaicReport> {
    let Some(first) = folders.first() else {
        fail!(InvalidArgument, "mosaics need at least one folder of tiles");
    };
    folders.iter().try_for_each(|folder| folder.check())?;
    let size = first.size();
    if let Some(other) = folders.iter().find(|folder| folder.size() != size) {
        fail!(
            Dataset,
            "the tiles of {} have {size} pixels each way, those of {} {}; mosaics need one size",
            first.path().display(),
            other.path().display(),
            other.size()
        );
    }
    let mut ids = BTreeSet::new();
    for tile in folders.iter().flat_map(|folder| folder.tiles()) {
        if !ids.insert(&*tile.id) {
            fail!(Dataset, "the tile {} is in more than one of the folders", tile.id);
        }
    }
    let tiles: Vec<&Tile> = folders.iter().flat_map(|folder| folder.tiles()).collect();
    let images: Vec<&[u8]> = tiles.iter().map(|tile| &*tile.image).collect();
    let links = find_links(&images, size, &options.jigsaw, control)?;
    let Assembly { mut mosaics, refused } = assemble(tiles.len(), &links);
    mosaics.retain(|mosaic| mosaic.cells.len() >= options.listed_from);
    let rows = mosaics.iter().zip(1..).flat_map(|(mosaic, number)| {
        mosaic.cells.iter().map(move |cell| (cell.tile, number, [cell.row, cell.column]))
    });
    write_mosaics(table, rows.map(|(tile, number, place)| (&*tiles[tile].id, number, place)))?;
    if let Some(folder) = &options.pictures {
        create_folder(folder)?;
        let drawn = mosaics.iter().filter(|mosaic| mosaic.cells.len() >= options.pictured_from);
        let total = drawn.clone().count() as u64;
        for (number, mosaic) in (1..).zip(drawn) {
            control.step("draw mosaics", number - 1, total)?;
            if places(mosaic) > MOST_PICTURED {
                control.warn(&format!(
                    "mosaic {number} has no picture: it spreads over {} places, more than {MOST_PICTURED}",
                    places(mosaic)
                ));
                continue;
            }
            let name = format!("mosaic-{number:04}-of-{}-tiles.png", mosaic.cells.len());
            write_file(&folder.join(name), &picture(mosaic, &tiles, size)?)?;
        }
    }
    Ok(MosaicReport {
        tiles: tiles.len(),
        mosaics: mosaics.len(),
        placed: mosaics.iter().map(|mosaic| mosaic.cells.len()).sum(),
        largest: mosaics.first().map_or(0, |mosaic| mosaic.cells.len()),
        links: links.len(),
        refused: refused.len(),
    })
}

/// Rows times columns.
fn places(mosaic: &Mosaic) -> usize {
    let most = |side: fn(&Cell) -> usize| mosaic.cells.iter().map(side).max().map_or(0, |last| last + 1);
    most(|cell| cell.row).saturating_mul(most(|cell| cell.column))
}

/// The tiles at their places, with the outlines of their masks.
fn picture(mosaic: &Mosaic, tiles: &[&Tile], size: usize) -> Result<Vec<u8>> {
    let planes: Vec<(Vec<f32>, Option<Vec<f32>>)> = mosaic
        .cells
        .iter()
        .map(|cell| (tiles[cell.tile].amplitude().collect(), tiles[cell.tile].salt()))
        .collect();
    let placed = mosaic.cells.iter().zip(&planes).map(|(cell, (amplitude, label))| PlacedTile {
        picture: TilePicture { size, amplitude, label: label.as_deref(), probability: None },
        row: cell.row,
        column: cell.column,
    });
    mosaic_png(&placed.collect::<Vec<_>>())
}
