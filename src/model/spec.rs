//! Networks as data.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// Which network, with its sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NetworkSpec {
    /// Residual squeeze-and-excitation U-Net that works at odd sizes (`lessons-316`).
    ResidualSeUnet(ResidualSeUnet),
}

/// Sizes of the residual squeeze-and-excitation U-Net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualSeUnet {
    /// Channels at full size; they double at each level. The published system has 32.
    pub width: i64,
    /// Levels, the full size included. The published system has 5: 101, 50, 25, 12, 6.
    pub levels: i64,
    /// How squeeze and excitation sees the whole image.
    pub squeeze: Squeeze,
    /// Channels of squeeze and excitation are divided by this. The published system has 16.
    pub reduction: i64,
}

/// The pooling over the whole image in squeeze and excitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Squeeze {
    /// Global mean, as in the paper.
    Mean,
    /// Global maximum, as in the code of `lessons-316`.
    Max,
}

impl ResidualSeUnet {
    /// Channels per level, full size first.
    pub(super) fn widths(&self) -> Vec<i64> {
        (0..self.levels).map(|level| self.width << level).collect()
    }
}

impl NetworkSpec {
    /// Refuses sizes that cannot be built for tiles of `tile` pixels.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self, tile: usize) -> Result<()> {
        let Self::ResidualSeUnet(spec) = self;
        if !(1..=512).contains(&spec.width) {
            fail!(InvalidArgument, "network: width is {}, expected 1..=512", spec.width);
        }
        if !(2..=8).contains(&spec.levels) || tile >> (spec.levels - 1) < 2 {
            fail!(
                InvalidArgument,
                "network: levels is {}, expected 2..=8 with at least 2 pixels left of the tile's {tile}",
                spec.levels
            );
        }
        if !(1..=1024).contains(&spec.reduction) {
            fail!(InvalidArgument, "network: reduction is {}, expected 1..=1024", spec.reduction);
        }
        Ok(())
    }
}
