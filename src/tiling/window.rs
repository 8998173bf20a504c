//! How much a tile's prediction counts, by the place in the tile.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// Weights of the rows and columns of a tile. The weight of a pixel is the product of its row's and its column's;
/// it is never 0, so that a pixel that only one tile covers is that tile's prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All pixels count the same: a plain mean of the overlapping tiles.
    Flat,
    /// Raised cosine (Hann) sampled at pixel centres: `sin^2(pi (k + 1/2) / n)`, for which shifts by `n / 2` sum to 1.
    #[default]
    Cosine,
    /// `exp(-(k - (n - 1) / 2)^2 / (2 s^2))` with `s = n / 8` (nnU-Net's importance map; 3e-4 at the border).
    Gaussian,
}

impl Window {
    /// The weights of `n` rows or columns: symmetric, greater than 0, at most 1.
    pub fn weights(self, n: usize) -> Vec<f32> {
        let centre = (n as f64 - 1.0) / 2.0;
        let sigma = n as f64 / 8.0;
        (0..n)
            .map(|k| {
                // The nearer half is computed once and mirrored, so that symmetry is exact.
                let k = k.min(n - 1 - k) as f64;
                let weight = match self {
                    Self::Flat => 1.0,
                    Self::Cosine => (PI * (k + 0.5) / n as f64).sin().powi(2),
                    Self::Gaussian => (-0.5 * ((k - centre) / sigma).powi(2)).exp(),
                };
                weight as f32
            })
            .collect()
    }
}
