//! The missed corner: a tile without salt between one beside it and one below it whose salt meets at their common corner.

use super::board::{Board, BoardTile};
use super::edge::{self, Edge};

/// Pixels between an edge and the line inside the tile that its slope is taken from. The published system has 2, where whole pixels leave
/// no slopes but multiples of a half.
const INSIDE: usize = 8;

/// The same in a tile that may be smaller, and as a divisor; `None` in one of a single pixel.
fn inside(size: usize) -> Option<(usize, f64)> {
    let inside = INSIDE.min(size.checked_sub(1)?);
    (inside > 0).then_some((inside, inside as f64))
}

/// On which side of the empty tile the tile beside it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Completes all corners of a mosaic, row by row.
pub(super) fn complete(board: &mut Board) {
    for row in 0..board.rows() {
        for column in 0..board.columns() {
            for side in [Side::Left, Side::Right] {
                let beside = match side {
                    Side::Left => column.checked_sub(1),
                    Side::Right => Some(column + 1),
                };
                let Some(mask) = beside.and_then(|beside| corner(board, [row, column], beside, side)) else {
                    continue;
                };
                if let Some(tile) = board.tile_mut(row, column) {
                    // A tile that a rule has changed keeps what it has; of others a few pixels of noise are replaced.
                    let mask = match tile.corrected {
                        true => tile.mask.iter().zip(&mask).map(|(old, new)| *old || *new).collect(),
                        false => mask,
                    };
                    tile.correct(mask);
                }
            }
        }
    }
}

/// The salt in the corner of the tile at `place`, if there is some to be completed.
fn corner(board: &Board, [row, column]: [usize; 2], beside: usize, side: Side) -> Option<Vec<bool>> {
    let size = board.size();
    let here = board.tile(row, column)?;
    let nearly_empty = 1000 * here.count() < here.mask.len();
    if here.known || !(nearly_empty || here.corrected) {
        return None;
    }
    let below = top_edge(board.tile(row + 1, column)?, size, side)?;
    let beside = facing_edge(board.tile(row, beside)?, size, side)?;
    curve(below, beside, size, side)
}

/// Where a curve passes, in pixels from the tile's left edge (below) or from its top (beside), and its slope there; `None`: unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    at: f64,
    /// Columns per row.
    slope: Option<f64>,
}

/// Where the salt of the tile below, which reaches the corner, ends along its top edge.
fn top_edge(tile: &BoardTile, size: usize, side: Side) -> Option<End> {
    let at = |row: usize| -> Option<usize> {
        let Edge { begins, ends } = edge::row(&tile.mask, size, row);
        match side {
            Side::Left => ends.first().copied().filter(|_| begins.first() == Some(&0)),
            Side::Right => begins.last().copied().filter(|_| ends.last() == Some(&size)),
        }
    };
    let edge = at(0).filter(|&at| at > 0 && at < size)?;
    let slope = inside(size).and_then(|(far, rows)| Some((at(far)? as f64 - edge as f64) / rows));
    Some(End { at: edge as f64, slope })
}

/// Where the salt of the tile beside, which reaches the corner, begins along the facing edge.
fn facing_edge(tile: &BoardTile, size: usize, side: Side) -> Option<End> {
    let at = |inside: usize| -> Option<usize> {
        let column = if side == Side::Left { size - 1 - inside } else { inside };
        let Edge { begins, ends } = edge::column(&tile.mask, size, column);
        begins.last().copied().filter(|_| ends.last() == Some(&size))
    };
    let edge = at(0).filter(|&at| at > 0 && at < size)?;
    // Rows per column, towards the right; the curve wants columns per row.
    let slope = inside(size).and_then(|(far, columns)| {
        let rows = (edge as f64 - at(far)? as f64) / columns;
        Some(if side == Side::Left { rows } else { -rows }.recip())
    });
    Some(End { at: edge as f64, slope })
}

/// The tile's salt under the cubic (column as a function of row, Hermite's form) from the facing edge to the bottom edge. Slopes are those of
/// the neighbours, where known, at most three times the chord's, beyond which a cubic swings (Fritsch and Carlson, SIAM J. Numer. Anal. 1980);
/// `None` when the curve leaves the tile all the same.
fn curve(below: End, beside: End, size: usize, side: Side) -> Option<Vec<bool>> {
    let edge = if side == Side::Left { 0.0 } else { size as f64 };
    let (from, height) = (beside.at, size as f64 - beside.at);
    let chord = (below.at - edge) / height;
    let slope = |end: End| {
        let limit = 3.0 * chord.abs();
        end.slope.unwrap_or(chord).clamp(-limit, limit) * height
    };
    let (start, end) = (slope(beside), slope(below));
    let column = |row: f64| {
        let t = (row - from) / height;
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * edge
            + (t3 - 2.0 * t2 + t) * start
            + (3.0 * t2 - 2.0 * t3) * below.at
            + (t3 - t2) * end
    };
    let mut mask = vec![false; size * size];
    for row in beside.at as usize..size {
        let at = column(row as f64 + 0.5);
        if !(0.0..=size as f64).contains(&at) {
            return None;
        }
        let at = at.round() as usize;
        let line = &mut mask[row * size..(row + 1) * size];
        match side {
            Side::Left => line[..at].fill(true),
            Side::Right => line[at..].fill(true),
        }
    }
    Some(mask)
}
