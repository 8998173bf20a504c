//! Rules along the columns of a mosaic.

use super::board::{Board, BoardTile};
use super::edge::{self, Edge};

/// Joins labelled tiles across gaps of unlabelled ones where the facing edges have equally many stretches of salt.
pub(super) fn join_known(board: &mut Board) {
    for column in 0..board.columns() {
        join(board, column, |tile| tile.known, |_| true);
    }
}

/// Joins tiles with salt across gaps of empty predictions.
pub(super) fn join_predicted(board: &mut Board) {
    for column in 0..board.columns() {
        join(board, column, |tile| tile.count() > 0, |tile| tile.count() == 0);
    }
}

/// Between each two tiles that follow each other among the `ends`, fills the gap when each tile of it is unlabelled and `between`.
fn join(
    board: &mut Board,
    column: usize,
    ends: impl Fn(&BoardTile) -> bool,
    between: impl Fn(&BoardTile) -> bool,
) {
    let size = board.size();
    let rows: Vec<usize> =
        (0..board.rows()).filter(|&row| board.tile(row, column).is_some_and(&ends)).collect();
    for pair in rows.windows(2) {
        let (above, below) = (pair[0], pair[1]);
        let gap = above + 1..below;
        let free = |row: usize| board.tile(row, column).is_some_and(|tile| !tile.known && between(tile));
        if gap.is_empty() || !gap.clone().all(free) {
            continue;
        }
        let [Some(first), Some(second)] = [above, below].map(|row| board.tile(row, column)) else {
            continue;
        };
        let (first, second) = (edge::row(&first.mask, size, size - 1), edge::row(&second.mask, size, 0));
        if first.is_empty() || first.begins.len() != second.begins.len() {
            continue;
        }
        for row in gap.clone() {
            let mask = between_edges([&first, &second], size, row - gap.start, gap.len());
            if let Some(tile) = board.tile_mut(row, column) {
                tile.correct(mask);
            }
        }
    }
}

/// Tile number `part` of `parts` between two edges: each stretch of salt goes over into its counterpart along straight lines.
fn between_edges([first, second]: [&Edge; 2], size: usize, part: usize, parts: usize) -> Vec<bool> {
    let mut mask = vec![false; size * size];
    for row in 0..size {
        let share = ((part * size + row) as f64 + 0.5) / (parts * size) as f64;
        let at = |from: usize, to: usize| (from as f64 + share * (to as f64 - from as f64)).round() as usize;
        let sides = first.begins.iter().zip(&second.begins).zip(first.ends.iter().zip(&second.ends));
        for ((&begin, &begin_below), (&end, &end_below)) in sides {
            mask[row * size + at(begin, begin_below)..row * size + at(end, end_below)].fill(true);
        }
    }
    mask
}

/// A labelled tile whose salt begins and ends at the same columns on its top and bottom edge, neither empty nor full, goes on downwards
/// over unlabelled tiles to the next labelled one, and upwards, below row `level`, to a labelled, terminal or already corrected one.
pub(super) fn extend_verticals(board: &mut Board, level: usize) {
    let size = board.size();
    for column in 0..board.columns() {
        let vertical: Vec<usize> = (0..board.rows())
            .filter(|&row| board.tile(row, column).is_some_and(|tile| tile.known && is_vertical(tile, size)))
            .collect();
        for &from in &vertical {
            let Some(tile) = board.tile(from, column) else {
                continue;
            };
            let [top, bottom] = [0, size - 1].map(|row| tile.mask[row * size..(row + 1) * size].repeat(size));
            for row in from + 1..board.rows() {
                match board.tile_mut(row, column) {
                    Some(tile) if tile.known => break,
                    Some(tile) if !tile.corrected => tile.correct(bottom.clone()),
                    _ => {}
                }
            }
            for row in (level + 1..from).rev() {
                let stop = board
                    .tile(row, column)
                    .is_none_or(|tile| tile.known || tile.corrected || board.is_terminal(tile));
                if stop {
                    break;
                }
                if let Some(tile) = board.tile_mut(row, column) {
                    tile.correct(top.clone());
                }
            }
        }
    }
}

fn is_vertical(tile: &BoardTile, size: usize) -> bool {
    let top = edge::row(&tile.mask, size, 0);
    let full = top.begins == [0] && top.ends == [size];
    !top.is_empty() && !full && top == edge::row(&tile.mask, size, size - 1)
}

/// Empties the unlabelled tiles below a labelled tile, at row `level` or deeper, whose bottom edge is all salt.
pub(super) fn clear_below_full(board: &mut Board, level: usize) {
    let size = board.size();
    for column in 0..board.columns() {
        let full = |row: &usize| {
            board
                .tile(*row, column)
                .is_some_and(|tile| tile.known && tile.mask[(size - 1) * size..].iter().all(|&salt| salt))
        };
        let Some(from) = (level..board.rows()).find(full) else {
            continue;
        };
        for row in from + 1..board.rows() {
            if let Some(tile) = board.tile_mut(row, column).filter(|tile| !tile.known) {
                tile.correct(vec![false; size * size]);
            }
        }
    }
}
