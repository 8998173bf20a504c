//! Enlarging a tile to the size that the network takes, and cutting it out again.

use super::{InputContract, Padding};
use crate::error::{Result, fail};

impl Padding {
    /// The index within `0..len` that stands for `index`, which may lie anywhere. `len` is at least 1.
    ///
    /// `Reflect` is numpy's: the border is not repeated (`2 1 | 0 1 2 3 | 2 1 0`), longer ways bounce to and fro,
    /// and an axis of length 1 repeats. `Edge` stays at the border.
    pub fn source(self, index: isize, len: usize) -> usize {
        let last = len.saturating_sub(1) as isize;
        match self {
            Self::Edge => index.clamp(0, last) as usize,
            Self::Reflect if last == 0 => 0,
            Self::Reflect => {
                let within = index.rem_euclid(2 * last);
                within.min(2 * last - within) as usize
            }
        }
    }

    /// The sources of `start .. start + count` on an axis of `len`.
    pub fn index_map(self, start: isize, count: usize, len: usize) -> Vec<usize> {
        (0..count).map(|k| self.source(start.saturating_add_unsigned(k), len)).collect()
    }
}

/// Rows (and columns) added before and after a tile: the odd one goes after, so that 101 to 128 is 13 and 14.
pub fn margins(tile: usize, padded: usize) -> [isize; 2] {
    let added = padded.saturating_sub(tile) as isize;
    [added / 2, added - added / 2]
}

/// Enlarges a plane of `tile` x `tile` to `padded` x `padded`, both row-major.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn pad(plane: &[f32], contract: &InputContract, out: &mut [f32]) -> Result<()> {
    pad_from(plane, contract, [margins(contract.tile, contract.padded)[0]; 2], out)
}

/// The same with this many rows and columns before the tile; a negative number cuts them off, and a larger one goes on with what the
/// padding puts there: a window of a plane that is padded without end.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn pad_from(plane: &[f32], contract: &InputContract, before: [isize; 2], out: &mut [f32]) -> Result<()> {
    let (tile, padded) = (contract.tile, contract.padded);
    check_planes(plane.len(), tile, out.len(), padded)?;
    let [rows, columns] = before.map(|before| contract.padding.index_map(-before, padded, tile));
    for (row, &source) in out.chunks_exact_mut(padded).zip(&rows) {
        let source = &plane[source * tile..(source + 1) * tile];
        row.iter_mut().zip(&columns).for_each(|(value, &column)| *value = source[column]);
    }
    Ok(())
}

/// Cuts the tile out of a padded plane, both row-major: undoes [`pad`].
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn crop(plane: &[f32], contract: &InputContract, out: &mut [f32]) -> Result<()> {
    let (tile, padded) = (contract.tile, contract.padded);
    check_planes(out.len(), tile, plane.len(), padded)?;
    let before = margins(tile, padded)[0] as usize;
    let rows = plane.chunks_exact(padded).skip(before);
    for (row, source) in out.chunks_exact_mut(tile).zip(rows) {
        row.copy_from_slice(&source[before..before + tile]);
    }
    Ok(())
}

fn check_planes(small: usize, tile: usize, large: usize, padded: usize) -> Result<()> {
    if tile == 0 || padded < tile {
        fail!(InvalidArgument, "tiles of {tile} cannot be padded to {padded}");
    }
    if tile.checked_mul(tile) != Some(small) || padded.checked_mul(padded) != Some(large) {
        fail!(
            InvalidArgument,
            "planes of {small} and {large} pixels, expected {tile} x {tile} and {padded} x {padded}"
        );
    }
    Ok(())
}
