//! Mean precision over IoU thresholds, the score of the TGS Salt Identification Challenge (Kaggle, 2018, page "Evaluation").
//!
//! For a tile with one object, precision at the threshold `t` is 1 if IoU > t (strictly) and 0 otherwise; the tile's
//! score is the mean over t = 0.50, 0.55 .. 0.95, the competition's score the mean over tiles. An empty tile scores 1
//! if the prediction is empty too, else 0.

use serde::{Deserialize, Serialize};

use super::Confusion;

/// Number of thresholds; the k-th is `(10 + k) / 20`.
const THRESHOLDS: u64 = 10;

/// How many of the ten thresholds the tile's IoU exceeds.
fn exceeded(counts: &Confusion) -> u64 {
    let union = u128::from(counts.predicted() + counts.false_negative);
    if union == 0 {
        return THRESHOLDS;
    }
    // IoU > (10 + k) / 20 in whole numbers: at an IoU of exactly 0.6 no rounding decides.
    let scaled = 20 * u128::from(counts.true_positive);
    (0..THRESHOLDS).filter(|&k| scaled > u128::from(10 + k) * union).count() as u64
}

/// The score of one tile: 0, 0.1 .. 1.
pub fn tile_precision(counts: &Confusion) -> f64 {
    exceeded(counts) as f64 / THRESHOLDS as f64
}

/// The competition's score over many tiles. Counts are whole, so that no order of adding changes the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MeanPrecision {
    exceeded: u64,
    tiles: u64,
}

impl MeanPrecision {
    /// Adds a tile.
    pub fn add(&mut self, counts: &Confusion) {
        self.exceeded += exceeded(counts);
        self.tiles += 1;
    }

    /// Adds the tiles of another accumulator.
    pub fn merge(&mut self, other: &Self) {
        self.exceeded += other.exceeded;
        self.tiles += other.tiles;
    }

    /// Tiles added.
    pub fn tiles(&self) -> u64 {
        self.tiles
    }

    /// The mean of the tiles' scores, 0..1; `None` without tiles.
    pub fn mean(&self) -> Option<f64> {
        (self.tiles > 0).then(|| self.exceeded as f64 / (THRESHOLDS * self.tiles) as f64)
    }
}
