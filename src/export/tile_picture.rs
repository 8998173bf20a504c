//! A tile with its label and its prediction as a small PNG picture.

use super::colour::{self, Rgb};
use super::section_picture::Image;
use super::section_png::encode;
use crate::error::{Result, fail};

/// What is drawn: planes of `size` x `size`, row-major.
#[derive(Debug, Clone, Copy)]
pub struct TilePicture<'a> {
    /// Rows and columns.
    pub size: usize,
    /// Amplitudes, -1..1.
    pub amplitude: &'a [f32],
    /// 1 is salt: outlined.
    pub label: Option<&'a [f32]>,
    /// Salt probability 0..=1, laid over, and outlined where it exceeds the threshold.
    pub probability: Option<(&'a [f32], f32)>,
}

/// Pixels of the picture for each of the tile.
const ENLARGED: usize = 2;

impl TilePicture<'_> {
    /// The picture as a PNG file.
    ///
    /// # Errors
    /// `InvalidArgument` for a plane of another size.
    pub fn png(&self) -> Result<Vec<u8>> {
        let side = self.side();
        let mut image = Image::new(side, side);
        self.draw(&mut image, [0, 0])?;
        encode(&image)
    }

    /// Pixels of its sides.
    pub(super) fn side(&self) -> usize {
        self.size * ENLARGED
    }

    /// Draws it into a larger picture.
    pub(super) fn draw(&self, image: &mut Image, [left, top]: [usize; 2]) -> Result<()> {
        let pixels = self.size * self.size;
        let planes = [Some(self.amplitude), self.label, self.probability.map(|(plane, _)| plane)];
        if planes.into_iter().flatten().any(|plane| plane.len() != pixels) {
            fail!(InvalidArgument, "a tile's planes do not all have {0} x {0} pixels", self.size);
        }
        for at in 0..pixels {
            let mut shade = colour::amplitude(self.amplitude[at]);
            if let Some((probability, _)) = self.probability {
                shade = colour::overlay(shade, probability[at]);
            }
            let (row, column) = (at / self.size, at % self.size);
            image.fill(left + column * ENLARGED, top + row * ENLARGED, [ENLARGED; 2], shade);
        }
        if let Some(label) = self.label {
            self.outline(image, [left, top], |at| label[at] >= 0.5, colour::LABEL);
        }
        if let Some((probability, threshold)) = self.probability {
            self.outline(image, [left, top], |at| probability[at] > threshold, colour::PREDICTED);
        }
        Ok(())
    }

    /// The salt pixels that touch others.
    fn outline(
        &self,
        image: &mut Image,
        [left, top]: [usize; 2],
        is_salt: impl Fn(usize) -> bool,
        colour: Rgb,
    ) {
        let size = self.size;
        for row in 0..size {
            for column in 0..size {
                let at = row * size + column;
                let other = (column > 0 && !is_salt(at - 1))
                    || (column + 1 < size && !is_salt(at + 1))
                    || (row > 0 && !is_salt(at - size))
                    || (row + 1 < size && !is_salt(at + size));
                if is_salt(at) && other {
                    image.fill(left + column * ENLARGED, top + row * ENLARGED, [ENLARGED; 2], colour);
                }
            }
        }
    }
}
