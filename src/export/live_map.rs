//! A map of live traces as a PNG picture: what there is of the rectangle.

use std::path::Path;

use super::colour::{self, Rgb};
use super::section_picture::Image;
use super::section_png::encode;
use crate::error::{Result, fail};
use crate::output::write_file;
use crate::volume::{Block, VolumeSource};

/// Longest side in pixels; larger surveys are drawn with several positions per pixel.
const LONGEST: usize = 1200;
const LIVE: Rgb = [38, 92, 160];

/// Draws inlines downwards and crosslines to the right, as they are numbered: blue where a trace is live (in a pixel of
/// several positions: where any is), grey where none is. Whole or not at all.
///
/// # Errors
/// `Geometry` for a survey without positions; `Io`.
pub fn live_map_png(source: &dyn VolumeSource, path: &Path) -> Result<()> {
    let [inlines, crosslines, _] = source.grid().shape();
    if inlines == 0 || crosslines == 0 {
        fail!(Geometry, "the survey has no trace position: there is nothing to draw");
    }
    let longest = inlines.max(crosslines);
    // Positions per pixel, or pixels per position.
    let (shrink, grow) = (longest.div_ceil(LONGEST), (LONGEST / longest).clamp(1, 8));
    let [rows, columns] = [inlines, crosslines].map(|count| count.div_ceil(shrink));
    let mut image = Image::new(columns * grow, rows * grow);
    for row in 0..rows {
        let lines = row * shrink..((row + 1) * shrink).min(inlines);
        let flags = source.live().of_block(&Block { inlines: lines, ..Block::whole(source.grid()) });
        for column in 0..columns {
            let part = column * shrink..((column + 1) * shrink).min(crosslines);
            let live = flags.chunks_exact(crosslines).any(|line| line[part.clone()].contains(&true));
            let colour = if live { LIVE } else { colour::DEAD };
            image.fill(column * grow, row * grow, [grow, grow], colour);
        }
    }
    write_file(path, &encode(&image)?)
}
