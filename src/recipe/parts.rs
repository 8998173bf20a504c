//! What a recipe says beyond one training: several trainings, how their networks predict together, what is learnt of predictions.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};
use crate::train::FoldSpec;

/// One of several trainings of a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Its folder's name.
    pub name: String,
    /// How its tiles are divided.
    pub folds: FoldSpec,
    /// How many of the recipe's stages it has; `None`: all.
    #[serde(default)]
    pub stages: Option<usize>,
    /// Its weight among the trainings when they predict together; `None`: the number of its networks, so that all networks count alike.
    #[serde(default)]
    pub weight: Option<f64>,
}

/// How trained networks predict loose tiles together: the mean over all that have not seen the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PredictSpec {
    /// Average each tile with its mirror image.
    pub flip: bool,
    /// Which networks of each training.
    pub members: Members,
    /// Fit the weights of the networks of a fold, where it has several, and of the trainings, where there are several, to the labelled tiles, by what each
    /// says of tiles that it has not seen ([`crate::ensemble::stack`]).
    pub stack: bool,
}

/// Which predicted tiles are confident enough to be learnt from, where predictions are given. The rule is that of the TGS challenge's first place: the share of
/// pixels that are surely salt or surely not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PseudoSpec {
    /// A pixel is surely no salt when its probability is below this.
    pub low: f32,
    /// A pixel is surely salt when its probability is above this.
    pub high: f32,
    /// Share of sure pixels that a tile needs, 0..=1; the others have no label.
    pub sure: f64,
    /// Most pseudo-labelled tiles as a multiple of the labelled ones that are trained on.
    pub share: f64,
    /// Go on where no groups say which tiles are neighbours of validation tiles.
    pub without_groups: bool,
}

impl Default for PseudoSpec {
    fn default() -> Self {
        Self { low: 0.2, high: 0.8, sure: 0.9, share: 1.0, without_groups: false }
    }
}

impl PseudoSpec {
    /// Refuses values without a meaning.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        let Self { low, high, sure, share, .. } = *self;
        let ordered = 0.0 <= low && low <= high && high <= 1.0;
        if !(ordered && (0.0..=1.0).contains(&sure) && share > 0.0 && share <= 100.0) {
            fail!(
                InvalidArgument,
                "recipe: pseudo has low {low}, high {high}, sure {sure} and share {share}; expected 0 <= low <= high <= 1, sure 0..=1, share above 0, at most 100"
            );
        }
        Ok(())
    }

    /// The mask of a tile with these probabilities: 1 salt, 0 none, 2 without a label; `None` when too few pixels are sure, or when there is salt, more
    /// likely than not, and none of it sure: as a tile without salt it would teach the network's classifier what nobody believes.
    pub fn mask(&self, probability: &[f32]) -> Option<Vec<u8>> {
        let label = |&value: &f32| match value {
            value if value > self.high => 1,
            value if value < self.low => 0,
            _ => 2,
        };
        let mask: Vec<u8> = probability.iter().map(label).collect();
        let sure = mask.iter().filter(|&&label| label < 2).count();
        let doubtful = !mask.contains(&1) && probability.iter().any(|&value| value > 0.5);
        (!mask.is_empty() && !doubtful && sure as f64 >= self.sure * mask.len() as f64).then_some(mask)
    }
}

/// Which networks of a training predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// The one that it kept as its model.
    #[default]
    Model,
    /// Its snapshots.
    Snapshots,
}
