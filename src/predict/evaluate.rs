//! A probability volume against an interpretation.

use serde::Serialize;

use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::{Confusion, MeanPrecision, ThresholdSweep, dice, iou};
use crate::tiling::{EdgeRule, Section, TilePlan, TilingOptions, Window};
use crate::volume::{Direction, VolumeSource};

/// How well a prediction agrees with a label, over the traces that are live in both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evaluation {
    /// IoU of all samples together.
    pub voxel_iou: f64,
    /// Dice of all samples together.
    pub voxel_dice: f64,
    /// Mean precision over IoU 0.50..0.95 of 101 x 101 tiles of the inlines, the score of the TGS challenge.
    pub tile_score: f64,
    /// The threshold with the best voxel IoU.
    pub best_threshold: f64,
    /// That IoU.
    pub best_iou: f64,
    /// Samples compared.
    pub samples: u64,
    /// Tiles compared.
    pub tiles: u64,
}

/// Rows and columns of the tiles that are scored, those of the TGS challenge.
const TILE: usize = 101;

/// Compares `probability` above `threshold` with `label` (at least 0.5 is salt).
///
/// # Errors
/// `Dataset` when the grids differ or no trace is live in both; read errors; `Cancelled`.
pub fn evaluate(
    probability: &dyn VolumeSource,
    label: &dyn VolumeSource,
    threshold: f32,
    control: &Control<'_>,
) -> Result<Evaluation> {
    let (grid, other) = (probability.grid(), label.grid());
    if (grid.inlines, grid.crosslines, grid.samples.count)
        != (other.inlines, other.crosslines, other.samples.count)
    {
        fail!(
            Dataset,
            "probability and label are not on the same grid: {:?} against {:?}",
            grid.shape(),
            other.shape()
        );
    }
    let options = TilingOptions { overlap: 0, edge: EdgeRule::Inside, window: Window::Flat };
    let plan = TilePlan::new(grid.crosslines.count, grid.samples.count, TILE, &options)?;
    let (mut voxels, mut tiles, mut sweep) =
        (Confusion::default(), MeanPrecision::default(), ThresholdSweep::default());
    let total = grid.inlines.count;
    for index in 0..total {
        control.step("evaluate", index as u64, total as u64)?;
        let found = Section::read(probability, Direction::Inline, index, Vec::new())?;
        let truth = Section::read(label, Direction::Inline, index, Vec::new())?;
        let pair = Pair::new(&found, &truth, threshold);
        voxels += Confusion::of(&pair.found, &pair.truth, Some(&pair.valid))?;
        sweep.add(found.data(), &pair.truth, Some(&pair.valid))?;
        for position in plan.tiles_on(&pair.live) {
            let counts = pair.tile(position.trace, position.sample);
            if counts.total() > 0 {
                tiles.add(&counts);
            }
        }
    }
    control.step("evaluate", total as u64, total as u64)?;
    let (Some(tile_score), Some(best)) = (tiles.mean(), sweep.best_iou()) else {
        fail!(Dataset, "no trace is live in both the probability and the label: there is nothing to compare");
    };
    Ok(Evaluation {
        voxel_iou: iou(&voxels),
        voxel_dice: dice(&voxels),
        tile_score,
        best_threshold: f64::from(best.threshold),
        best_iou: best.score,
        samples: voxels.total(),
        tiles: tiles.tiles(),
    })
}

/// Two masks of one section.
struct Pair {
    samples: usize,
    live: Vec<bool>,
    found: Vec<bool>,
    truth: Vec<bool>,
    valid: Vec<bool>,
}

impl Pair {
    fn new(found: &Section, truth: &Section, threshold: f32) -> Self {
        let samples = found.samples();
        let live: Vec<bool> = found.live().iter().zip(truth.live()).map(|(a, b)| *a && *b).collect();
        Self {
            samples,
            found: found.data().iter().map(|&value| value > threshold).collect(),
            truth: truth.data().iter().map(|&value| value >= 0.5).collect(),
            valid: live.iter().flat_map(|&live| std::iter::repeat_n(live, samples)).collect(),
            live,
        }
    }

    /// Counts of one tile, without what hangs over the section.
    fn tile(&self, trace: isize, sample: isize) -> Confusion {
        let range = |start: isize, len: usize| {
            let end = (start + TILE as isize).clamp(0, len as isize) as usize;
            start.clamp(0, end as isize) as usize..end
        };
        let mut counts = Confusion::default();
        for trace in range(trace, self.live.len()).filter(|&trace| self.live[trace]) {
            for sample in range(sample, self.samples) {
                let at = trace * self.samples + sample;
                counts.count(self.found[at], self.truth[at]);
            }
        }
        counts
    }
}
