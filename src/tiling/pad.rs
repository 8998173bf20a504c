//! Enlarging a tile to the size that the network takes, and cutting it out again.

use super::border::Border;
use super::inpaint::Inpainting;
use super::{InputContract, Padding};
use crate::error::{Result, fail};

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
/// padding puts there: a window of a plane that is padded without end, or to the canvas of inpainting.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size, or the window leaves the canvas.
pub fn pad_from(plane: &[f32], contract: &InputContract, before: [isize; 2], out: &mut [f32]) -> Result<()> {
    let (tile, padded) = (contract.tile, contract.padded);
    check_planes(plane.len(), tile, out.len(), padded)?;
    match contract.padding {
        Padding::Reflect => go_on(plane, tile, Border::Reflect, before, out),
        Padding::Edge => go_on(plane, tile, Border::Edge, before, out),
        Padding::Zero => {
            out.fill(0.0);
            window(plane, [tile, padded], before, out);
        }
        Padding::Biharmonic { canvas } => {
            let margins = margins(tile, canvas);
            let cut = before.map(|before| before - margins[0]);
            if cut.iter().any(|cut| *cut > 0 || padded as isize - cut > canvas as isize) {
                fail!(
                    InvalidArgument,
                    "{before:?} pixels before a tile of {tile} within {padded}: outside the canvas of {canvas}"
                );
            }
            let mut whole = vec![0.0; canvas * canvas];
            Inpainting::shared(tile, canvas)?.fill(plane, &mut whole)?;
            window(&whole, [canvas, padded], cut, out);
        }
        Padding::Resize => {
            if before != [margins(tile, padded)[0]; 2] {
                fail!(
                    InvalidArgument,
                    "a tile that is enlarged has no place within its input: {before:?} pixels before it"
                );
            }
            resize(plane, [tile, padded], out);
        }
    }
    Ok(())
}

/// A window that starts this many rows and columns before a plane which goes on without end.
fn go_on(plane: &[f32], size: usize, border: Border, before: [isize; 2], out: &mut [f32]) {
    let padded = out.len().isqrt();
    let [rows, columns] = before.map(|before| border.index_map(-before, padded, size));
    for (row, &source) in out.chunks_exact_mut(padded).zip(&rows) {
        let source = &plane[source * size..(source + 1) * size];
        row.iter_mut().zip(&columns).for_each(|(value, &column)| *value = source[column]);
    }
}

/// The same of a plane that ends: pixels beyond it stay what they are.
pub(super) fn window(plane: &[f32], [size, padded]: [usize; 2], before: [isize; 2], out: &mut [f32]) {
    // First in the window, first in the plane, and how many: of rows and of columns.
    let [rows, columns] = before.map(|before| {
        let (first, skipped) = (before.max(0) as usize, before.min(0).unsigned_abs());
        (first, skipped, padded.saturating_sub(first).min(size.saturating_sub(skipped)))
    });
    let sources = plane.chunks_exact(size).skip(rows.1);
    for (row, source) in out.chunks_exact_mut(padded).skip(rows.0).zip(sources).take(rows.2) {
        row[columns.0..columns.0 + columns.2].copy_from_slice(&source[columns.1..columns.1 + columns.2]);
    }
}

/// Another size, linear in both directions between the middles of pixels, constant beyond the outermost: PyTorch's `interpolate` with `bilinear` and
/// `align_corners=False`, which the networks do the same with.
fn resize(plane: &[f32], [from, to]: [usize; 2], out: &mut [f32]) {
    let scale = from as f32 / to as f32;
    // The two source pixels on either side, and the share of the second.
    let places: Vec<(usize, usize, f32)> = (0..to)
        .map(|at| {
            let place = ((at as f32 + 0.5) * scale - 0.5).max(0.0);
            let first = (place as usize).min(from - 1);
            (first, (first + 1).min(from - 1), place - first as f32)
        })
        .collect();
    for (row, &(above, below, share)) in out.chunks_exact_mut(to).zip(&places) {
        let [above, below] = [above, below].map(|row| &plane[row * from..(row + 1) * from]);
        let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
        for (value, &(left, right, along)) in row.iter_mut().zip(&places) {
            *value = mix(mix(above[left], above[right], along), mix(below[left], below[right], along), share);
        }
    }
}

/// Cuts the tile out of a padded plane, both row-major: undoes [`pad`].
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn crop(plane: &[f32], contract: &InputContract, out: &mut [f32]) -> Result<()> {
    let (tile, padded) = (contract.tile, contract.padded);
    check_planes(out.len(), tile, plane.len(), padded)?;
    match contract.padding {
        Padding::Resize => resize(plane, [padded, tile], out),
        _ => window(plane, [padded, tile], [-margins(tile, padded)[0]; 2], out),
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
