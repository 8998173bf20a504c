//! The best threshold on probabilities, in one pass.
//!
//! Thresholds are `k / 1024`, k = 0..1023, and a pixel is salt when its probability exceeds the threshold (strictly).
//! A power of two, because `probability * 1024` is then exact and the histogram answers as the comparison does.

use super::confusion::same_length;
use super::{Confusion, MeanPrecision, dice, iou};
use crate::error::Result;

const STEPS: usize = 1024;

/// The threshold with the index `k`.
fn threshold(k: usize) -> f32 {
    k as f32 / STEPS as f32
}

/// How many thresholds the probability exceeds, 0..=1024; NaN exceeds none.
fn rank(probability: f32) -> usize {
    // `as` saturates and takes NaN to 0.
    ((probability * STEPS as f32).ceil() as usize).min(STEPS)
}

/// The best threshold and what it reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// A pixel is salt when its probability exceeds this.
    pub threshold: f32,
    /// The score with this threshold.
    pub score: f64,
}

/// The middle of the first run of thresholds that share the best score: the safest of equals.
fn middle_of_best(scores: &[f64]) -> Option<Best> {
    let score = scores.iter().copied().reduce(f64::max)?;
    let first = scores.iter().position(|&s| s == score)?;
    let run = scores[first..].iter().take_while(|&&s| s == score).count();
    Some(Best { threshold: threshold(first + (run - 1) / 2), score })
}

/// Histogram of probabilities by truth: pixels of all tiles or sections in one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdSweep {
    /// By rank: pixels that are salt, and pixels that are none.
    salt: Vec<u64>,
    none: Vec<u64>,
}

impl Default for ThresholdSweep {
    fn default() -> Self {
        Self { salt: vec![0; STEPS + 1], none: vec![0; STEPS + 1] }
    }
}

impl ThresholdSweep {
    /// Adds pixels; those not `valid` are left out (`None`: all count). NaN is below every threshold.
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths differ.
    pub fn add(&mut self, probabilities: &[f32], target: &[bool], valid: Option<&[bool]>) -> Result<()> {
        same_length(probabilities.len(), target.len(), valid)?;
        for (k, (&probability, &target)) in probabilities.iter().zip(target).enumerate() {
            if valid.is_none_or(|valid| valid[k]) {
                let side = if target { &mut self.salt } else { &mut self.none };
                side[rank(probability)] += 1;
            }
        }
        Ok(())
    }

    /// Adds the pixels of another sweep.
    pub fn merge(&mut self, other: &Self) {
        self.salt.iter_mut().zip(&other.salt).for_each(|(mine, theirs)| *mine += theirs);
        self.none.iter_mut().zip(&other.none).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The counts at each threshold, ascending.
    pub fn curve(&self) -> Vec<(f32, Confusion)> {
        let (salt, none): (u64, u64) = (self.salt.iter().sum(), self.none.iter().sum());
        let mut counts = Confusion { true_positive: salt, false_positive: none, ..Confusion::default() };
        (0..STEPS)
            .map(|k| {
                // Threshold k loses the pixels that exceed exactly k thresholds, 0 .. k-1.
                counts.true_positive -= self.salt[k];
                counts.false_negative += self.salt[k];
                counts.false_positive -= self.none[k];
                counts.true_negative += self.none[k];
                (threshold(k), counts)
            })
            .collect()
    }

    /// The threshold with the highest IoU (which has the highest Dice too), the middle of a run of equals;
    /// `None` without pixels.
    pub fn best_iou(&self) -> Option<Best> {
        self.best_by(iou)
    }

    /// The same threshold with its Dice.
    pub fn best_dice(&self) -> Option<Best> {
        self.best_by(dice)
    }

    /// The threshold with the highest score by any function of the counts; `None` without pixels.
    pub fn best_by(&self, score: impl Fn(&Confusion) -> f64) -> Option<Best> {
        let curve = self.curve();
        curve.first().filter(|(_, counts)| counts.total() > 0)?;
        middle_of_best(&curve.iter().map(|(_, counts)| score(counts)).collect::<Vec<_>>())
    }
}

/// The mean precision over tiles ([`MeanPrecision`]) at each threshold. It is no function of pooled counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecisionSweep {
    means: Vec<MeanPrecision>,
}

impl Default for PrecisionSweep {
    fn default() -> Self {
        Self { means: vec![MeanPrecision::default(); STEPS] }
    }
}

impl PrecisionSweep {
    /// Adds one tile; arguments as for [`ThresholdSweep::add`].
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths differ.
    pub fn add_tile(&mut self, probabilities: &[f32], target: &[bool], valid: Option<&[bool]>) -> Result<()> {
        let mut tile = ThresholdSweep::default();
        tile.add(probabilities, target, valid)?;
        self.means.iter_mut().zip(tile.curve()).for_each(|(mean, (_, counts))| mean.add(&counts));
        Ok(())
    }

    /// Adds the tiles of another sweep.
    pub fn merge(&mut self, other: &Self) {
        self.means.iter_mut().zip(&other.means).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// Threshold and mean precision, ascending by threshold; empty without tiles.
    pub fn curve(&self) -> Vec<(f32, f64)> {
        let means = self.means.iter().enumerate();
        means.filter_map(|(k, mean)| Some((threshold(k), mean.mean()?))).collect()
    }

    /// The threshold with the highest mean precision, the middle of a run of equals; `None` without tiles.
    pub fn best(&self) -> Option<Best> {
        middle_of_best(&self.means.iter().map_while(MeanPrecision::mean).collect::<Vec<_>>())
    }
}
