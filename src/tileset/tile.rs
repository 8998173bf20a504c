//! One tile of a folder.

use super::grey::UNLABELLED;

/// One usable tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Its id: the file's name without `.png`.
    pub id: String,
    /// Brightness 0..=255, row-major.
    pub image: Vec<u8>,
    /// 0 none, 1 salt, 2 unlabelled, row-major; `None` for a tile without a mask.
    pub mask: Option<Vec<u8>>,
    /// Its depth in the table's unit.
    pub depth: Option<f64>,
    /// The group that it belongs to.
    pub group: Option<String>,
}

impl Tile {
    /// Share of its labelled pixels that are salt; 0 without any.
    pub fn coverage(&self) -> f64 {
        let mask = self.mask.as_deref().unwrap_or_default();
        let known = mask.iter().filter(|&&label| label != UNLABELLED).count();
        let salt = mask.iter().filter(|&&label| label == 1).count();
        if known == 0 { 0.0 } else { salt as f64 / known as f64 }
    }

    /// Its amplitudes, -1..1: black is -1, white 1. Loose tiles have no scale of their own.
    pub fn amplitude(&self) -> impl Iterator<Item = f32> {
        self.image.iter().map(|&value| f32::from(value) / 127.5 - 1.0)
    }

    /// Its mask as 0 and 1; unlabelled pixels are 0.
    pub fn salt(&self) -> Option<Vec<f32>> {
        let mask = self.mask.as_deref()?;
        Some(mask.iter().map(|&label| f32::from(u8::from(label == 1))).collect())
    }

    /// Whether each pixel is labelled salt; without a mask none is.
    pub fn salt_flags(&self) -> Vec<bool> {
        self.mask.as_deref().unwrap_or_default().iter().map(|&label| label == 1).collect()
    }

    /// Whether each pixel has a label.
    pub fn labelled_flags(&self) -> Vec<bool> {
        self.mask.as_deref().unwrap_or_default().iter().map(|&label| label != UNLABELLED).collect()
    }

    /// Whether its image is of one value throughout.
    pub fn is_plain(&self) -> bool {
        self.image.iter().all(|value| Some(value) == self.image.first())
    }
}
