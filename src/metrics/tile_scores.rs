//! All figures of predicted tiles in one pass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Calibration, Confusion, LogitHistogram, MeanPrecision, PrecisionSweep, dice, iou, tile_precision,
    two_class_iou,
};
use crate::error::{Result, fail};

/// Smaller probabilities of what is true count as this in the cross-entropy, which would be infinite at 0.
const LEAST: f64 = 1e-7;

/// How good predicted probabilities are on labelled tiles.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Mean binary cross-entropy over the labelled pixels.
    pub bce: f64,
    /// IoU over all pixels together, at the threshold that was asked for.
    pub iou: f64,
    /// Dice over all pixels together, at that threshold.
    #[serde(default)]
    pub dice: f64,
    /// Mean of the IoU of salt and of what is no salt, each over all pixels together, at that threshold.
    #[serde(default)]
    pub two_class_iou: f64,
    /// Mean precision over IoU 0.50..0.95 at that threshold, mean over the tiles.
    pub score: f64,
    /// The threshold with the best such score.
    pub best_threshold: f64,
    /// That score: chosen on these tiles, so a little too good.
    pub best_score: f64,
    /// Expected calibration error of the probabilities, 0..1.
    pub calibration_error: f64,
    /// Mean squared error of the probabilities, 0..1.
    pub brier: f64,
    /// What logits are to be divided by for the least cross-entropy on these tiles; 1 where they have no salt, or nothing else.
    #[serde(default = "one")]
    pub temperature: f64,
}

fn one() -> f64 {
    1.0
}

impl Figures {
    /// Name and value of each.
    pub fn named(&self) -> BTreeMap<&'static str, f64> {
        BTreeMap::from([
            ("bce", self.bce),
            ("iou", self.iou),
            ("dice", self.dice),
            ("two_class_iou", self.two_class_iou),
            ("score", self.score),
            ("best_threshold", self.best_threshold),
            ("best_score", self.best_score),
            ("calibration_error", self.calibration_error),
            ("brier", self.brier),
            ("temperature", self.temperature),
        ])
    }
}

/// Takes predicted tiles one by one; those of several runs can be merged.
#[derive(Debug, Clone)]
pub struct TileScores {
    threshold: f32,
    calibration: Calibration,
    logits: LogitHistogram,
    sweep: PrecisionSweep,
    tiles: Vec<[f64; 2]>,
    pixels: Confusion,
    score: MeanPrecision,
    entropy: f64,
}

impl TileScores {
    /// No tile yet; pixels whose probability exceeds `threshold` will count as salt.
    pub fn new(threshold: f32) -> Self {
        Self {
            threshold,
            calibration: Calibration::default(),
            logits: LogitHistogram::default(),
            sweep: PrecisionSweep::default(),
            tiles: Vec::new(),
            pixels: Confusion::default(),
            score: MeanPrecision::default(),
            entropy: 0.0,
        }
    }

    /// Adds a tile; pixels not `valid` are left out (`None`: all count).
    ///
    /// # Errors
    /// `InvalidArgument` when the lengths differ.
    pub fn add(&mut self, probabilities: &[f32], target: &[bool], valid: Option<&[bool]>) -> Result<()> {
        let predicted: Vec<bool> = probabilities.iter().map(|value| *value > self.threshold).collect();
        let counts = Confusion::of(&predicted, target, valid)?;
        self.tiles.push([tile_precision(&counts), iou(&counts)]);
        self.pixels += counts;
        self.score.add(&counts);
        self.sweep.add_tile(probabilities, target, valid)?;
        self.calibration.add(probabilities, target, valid)?;
        for (k, (&probability, &target)) in probabilities.iter().zip(target).enumerate() {
            if valid.is_none_or(|valid| valid[k]) {
                self.logits.add(probability, target);
                let probability = f64::from(if target { probability } else { 1.0 - probability });
                // Not `max`, which would hide NaN.
                self.entropy -= if probability < LEAST { LEAST.ln() } else { probability.ln() };
            }
        }
        Ok(())
    }

    /// Adds the tiles of another.
    pub fn merge(&mut self, other: &Self) {
        self.calibration.merge(&other.calibration);
        self.logits.merge(&other.logits);
        self.sweep.merge(&other.sweep);
        self.tiles.extend(&other.tiles);
        self.pixels += other.pixels;
        self.score.merge(&other.score);
        self.entropy += other.entropy;
    }

    /// Reliability of the probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The score at each threshold.
    pub fn sweep(&self) -> &PrecisionSweep {
        &self.sweep
    }

    /// Score and IoU of each tile.
    pub fn tiles(&self) -> &[[f64; 2]] {
        &self.tiles
    }

    /// All figures.
    ///
    /// # Errors
    /// `Dataset` without a labelled pixel; `Diverged` when a probability was NaN.
    pub fn figures(&self) -> Result<Figures> {
        let (Some(score), Some(best)) = (self.score.mean(), self.sweep.best()) else {
            fail!(Dataset, "there is no tile to compare with");
        };
        let bce = self.entropy / self.pixels.total().max(1) as f64;
        if !bce.is_finite() {
            fail!(
                Diverged,
                "the cross-entropy on the validation tiles became {bce}: lower the recipe's rate"
            );
        }
        Ok(Figures {
            bce,
            iou: iou(&self.pixels),
            dice: dice(&self.pixels),
            two_class_iou: two_class_iou(&self.pixels),
            score,
            best_threshold: f64::from(best.threshold),
            best_score: best.score,
            calibration_error: self.calibration.error().unwrap_or(0.0),
            brier: self.calibration.brier().unwrap_or(0.0),
            temperature: self.logits.temperature().unwrap_or(1.0),
        })
    }
}
