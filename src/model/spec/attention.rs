//! Attention and excitation as data.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// Attention over the channels and places of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Attention {
    /// None.
    #[default]
    None,
    /// Concurrent spatial and channel squeeze and excitation (Roy, Navab, Wachinger, MICCAI 2018).
    Scse {
        /// Channels of the channel branch are divided by this; the paper has 2, later systems 16.
        reduction: i64,
        /// How both branches are put together.
        #[serde(default)]
        combine: Combine,
    },
    /// The gates of `kmike-27`: the spatial branch has a hidden layer.
    Gate {
        /// Channels of the channel branch are divided by this; the published system has 16.
        reduction: i64,
        /// Channels of the spatial branch's hidden layer; the published system has 16.
        hidden: i64,
    },
}

/// How the two branches of an attention are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Their sum.
    #[default]
    Add,
    /// The larger value (the paper's best).
    Max,
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

impl Attention {
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let numbers = match *self {
            Self::None => return Ok(()),
            Self::Scse { reduction, .. } => [reduction, 1],
            Self::Gate { reduction, hidden } => [reduction, hidden],
        };
        match numbers.iter().find(|number| !(1..=1024).contains(*number)) {
            Some(number) => fail!(InvalidArgument, "{name} has the number {number}, expected 1..=1024"),
            None => Ok(()),
        }
    }
}
