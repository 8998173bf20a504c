//! Tiles at their places, as one PNG picture.

use super::colour;
use super::section_picture::Image;
use super::section_png::encode;
use super::tile_picture::TilePicture;
use crate::error::Result;

/// One tile and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct PlacedTile<'a> {
    /// What is drawn.
    pub picture: TilePicture<'a>,
    /// From 0, downwards.
    pub row: usize,
    /// From 0, to the right.
    pub column: usize,
}

/// The tiles side by side, two pixels for each of theirs; places without a tile are grey.
///
/// # Errors
/// `InvalidArgument` for a tile whose planes have other sizes than it says.
pub fn mosaic_png(tiles: &[PlacedTile<'_>]) -> Result<Vec<u8>> {
    let side = tiles.iter().map(|tile| tile.picture.side()).max().unwrap_or(0);
    let most = |place: fn(&PlacedTile<'_>) -> usize| tiles.iter().map(place).max().map_or(0, |last| last + 1);
    let [rows, columns] = [most(|tile| tile.row), most(|tile| tile.column)];
    let mut image = Image::new(columns * side, rows * side);
    image.fill(0, 0, [columns * side, rows * side], colour::DEAD);
    for tile in tiles {
        tile.picture.draw(&mut image, [tile.column * side, tile.row * side])?;
    }
    encode(&image)
}
