//! A map of one value per trace position as a PNG picture.

use super::colour;
use super::section_picture::Image;
use super::section_png::encode;
use crate::error::{Result, fail};
use crate::volume::SurveyMap;

/// Longest side in pixels; of larger surveys every second, third .. position is drawn.
const LONGEST: usize = 420;

/// Draws inlines downwards and crosslines to the right, as they are numbered: white at `range[0]` and below, dark violet at `range[1]` and above, grey
/// where there is no value. The bytes of a PNG file.
///
/// # Errors
/// `Geometry` for a survey without positions.
pub fn value_map_png(map: &SurveyMap, range: [f32; 2]) -> Result<Vec<u8>> {
    let [inlines, crosslines] = [map.inlines, map.crosslines];
    if inlines == 0 || crosslines == 0 {
        fail!(Geometry, "the map {:?} has no position: there is nothing to draw", map.name);
    }
    let longest = inlines.max(crosslines);
    // Positions per pixel, or pixels per position.
    let (shrink, grow) = (longest.div_ceil(LONGEST), (LONGEST / longest).clamp(1, 8));
    let [rows, columns] = [inlines, crosslines].map(|count| count.div_ceil(shrink));
    let mut image = Image::new(columns * grow, rows * grow);
    let width = (range[1] - range[0]).max(f32::MIN_POSITIVE);
    for row in 0..rows {
        for column in 0..columns {
            let value = map.values[row * shrink * crosslines + column * shrink];
            let colour =
                if value.is_nan() { colour::DEAD } else { colour::density((value - range[0]) / width) };
            image.fill(column * grow, row * grow, [grow, grow], colour);
        }
    }
    encode(&image)
}
