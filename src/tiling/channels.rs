//! The input planes of a tile.

use super::{Channel, Frame};
use crate::error::{Result, fail};
use crate::volume::SampleAxis;

/// Where in time or depth the rows of a tile lie, in the contract's `depth_unit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TileDepth {
    /// Row `r` lies at `first + r * step`. It goes on beyond the section where a tile hangs over, although
    /// amplitudes are mirrored there.
    Rows {
        /// Time or depth of the first row.
        first: f64,
        /// Sample interval.
        step: f64,
    },
    /// One value for the whole tile: a loose tile of the TGS set.
    Constant(f64),
}

impl TileDepth {
    /// The rows of a tile whose first row is sample `start` of this axis.
    pub fn of_axis(axis: &SampleAxis, start: isize) -> Self {
        Self::Rows { first: axis.first + axis.step * start as f64, step: axis.step }
    }

    /// Time or depth of a row.
    pub fn at(&self, row: usize) -> f64 {
        match *self {
            Self::Rows { first, step } => first + step * row as f64,
            Self::Constant(z) => z,
        }
    }
}

/// Coordinate of row or column `k` of `n`: 0 at the first, 1 at the last.
fn coordinate(k: usize, n: usize) -> f32 {
    k as f32 / (n - 1).max(1) as f32
}

/// Makes one input plane from the tile's scaled amplitudes; both of the tile's size, row-major, rows are samples.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn fill_channel<'a>(
    channel: Channel,
    scaled: &[f32],
    depth: TileDepth,
    frame: impl Into<Frame<'a>>,
    out: &mut [f32],
) -> Result<()> {
    let Frame { contract, tile, .. } = frame.into();
    if tile.area().is_none_or(|area| area == 0 || area != scaled.len()) || scaled.len() != out.len() {
        fail!(
            InvalidArgument,
            "planes of {} and {} pixels, expected {tile} for both",
            scaled.len(),
            out.len()
        );
    }
    let n = tile.columns;
    let rows = out.chunks_exact_mut(n).zip(scaled.chunks_exact(n)).enumerate();
    for (r, (row, amplitudes)) in rows {
        match channel {
            Channel::Amplitude => row.copy_from_slice(amplitudes),
            Channel::RelativeDepth => row.fill(contract.relative_depth(depth.at(r))),
            Channel::Row => row.fill(coordinate(r, tile.rows)),
            Channel::Column => row.iter_mut().enumerate().for_each(|(c, x)| *x = coordinate(c, n)),
            Channel::AmplitudeRow => {
                let weight = coordinate(r, tile.rows);
                row.iter_mut().zip(amplitudes).for_each(|(x, amplitude)| *x = weight * amplitude);
            }
        }
    }
    Ok(())
}
