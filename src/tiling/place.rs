//! Where a plane lies within a larger one.

use super::Extent;

/// Rows (and columns) added before and after a tile: the odd one goes after, so that 101 to 128 is 13 and 14.
pub fn margins(tile: usize, padded: usize) -> [isize; 2] {
    let added = padded.saturating_sub(tile) as isize;
    [added / 2, added - added / 2]
}

/// A window that starts this many rows and columns before a plane: pixels beyond the plane stay what they are.
pub(super) fn window(plane: &[f32], [size, padded]: [Extent; 2], before: [isize; 2], out: &mut [f32]) {
    // First in the window, first in the plane, and how many: of rows and of columns.
    let span = |before: isize, size: usize, padded: usize| {
        let (first, skipped) = (before.max(0) as usize, before.min(0).unsigned_abs());
        (first, skipped, padded.saturating_sub(first).min(size.saturating_sub(skipped)))
    };
    let rows = span(before[0], size.rows, padded.rows);
    let columns = span(before[1], size.columns, padded.columns);
    let sources = plane.chunks_exact(size.columns).skip(rows.1);
    for (row, source) in out.chunks_exact_mut(padded.columns).skip(rows.0).zip(sources).take(rows.2) {
        row[columns.0..columns.0 + columns.2].copy_from_slice(&source[columns.1..columns.1 + columns.2]);
    }
}
