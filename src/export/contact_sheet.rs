//! Many tiles on one page, with a histogram of how much salt they hold.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::{FONT_6X10, FONT_8X13};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::text::Text;

use super::colour;
use super::section_picture::Image;
use super::section_png::encode;
use super::tile_picture::TilePicture;
use crate::error::Result;

/// One tile of the page.
#[derive(Debug, Clone, Copy)]
pub struct SheetTile<'a> {
    /// What is drawn.
    pub picture: TilePicture<'a>,
    /// What stands below it.
    pub caption: &'a str,
}

/// Tiles in a row.
const COLUMNS: usize = 8;
/// Pixels between the tiles, a caption's height below each, and around the page.
const GAP: usize = 6;
const CAPTION: usize = 14;
const MARGIN: usize = 16;
/// Height of the histogram's tallest bar, and of the whole of it.
const BAR: usize = 80;
const HISTOGRAM: usize = BAR + 60;

/// A page with `title`, the histogram of `coverage` (tiles without salt, then by tenths) and these tiles, as a PNG file.
///
/// # Errors
/// `InvalidArgument` for tiles whose planes have other sizes than they say.
pub fn contact_sheet(title: &str, coverage: &[usize], tiles: &[SheetTile<'_>]) -> Result<Vec<u8>> {
    let side = tiles.iter().map(|tile| tile.picture.side()).max().unwrap_or(0);
    let [across, down] = [side + GAP, side + CAPTION + GAP];
    let columns = tiles.len().clamp(1, COLUMNS);
    let width = (2 * MARGIN + columns * across).max(640);
    let height = 2 * MARGIN + HISTOGRAM + tiles.len().div_ceil(columns) * down;
    let mut image = Image::new(width, height);
    // Drawing into memory cannot fail.
    let Ok(()) = head(&mut image, title, coverage);
    for (number, tile) in tiles.iter().enumerate() {
        let left = MARGIN + number % columns * across;
        let top = MARGIN + HISTOGRAM + number / columns * down;
        tile.picture.draw(&mut image, [left, top])?;
        let Ok(()) = text(&mut image, tile.caption, [left, top + side + 10], false);
    }
    encode(&image)
}

fn head(image: &mut Image, title: &str, coverage: &[usize]) -> std::result::Result<(), Infallible> {
    text(image, title, [MARGIN, MARGIN + 8], true)?;
    let most = coverage.iter().copied().max().unwrap_or(0).max(1);
    for (class, &count) in coverage.iter().enumerate() {
        let left = MARGIN + class * 54;
        let bar = (count * BAR).div_ceil(most);
        image.fill(left, MARGIN + 30 + BAR - bar, [46, bar], colour::PREDICTED);
        text(image, &count.to_string(), [left, MARGIN + 26 + BAR - bar], false)?;
        let name = if class == 0 { "no salt".to_owned() } else { format!("-{} %", class * 10) };
        text(image, &name, [left, MARGIN + 42 + BAR], false)?;
    }
    Ok(())
}

fn text(
    image: &mut Image,
    words: &str,
    [x, y]: [usize; 2],
    large: bool,
) -> std::result::Result<(), Infallible> {
    let [red, green, blue] = colour::INK;
    let font = if large { &FONT_8X13 } else { &FONT_6X10 };
    let style = MonoTextStyle::new(font, Rgb888::new(red, green, blue));
    Text::new(words, Point::new(x as i32, y as i32), style).draw(image).map(drop)
}
