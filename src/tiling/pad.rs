//! Enlarging a tile to the size that the network takes, and cutting it out again.

use super::border::Border;
use super::inpaint::Inpainting;
use super::place::{margins, window};
use super::{Frame, InputContract, Padding};
use crate::error::{Result, fail};

impl Frame<'_> {
    /// Rows and columns that padding puts before a tile.
    pub(super) fn before(&self) -> [isize; 2] {
        let before = |tile, padded| margins(tile, padded)[0];
        [before(self.tile.rows, self.padded.rows), before(self.tile.columns, self.padded.columns)]
    }
}

/// Enlarges a plane of `tile` x `tile` to `padded` x `padded`, both row-major.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn pad(plane: &[f32], contract: &InputContract, out: &mut [f32]) -> Result<()> {
    pad_from(plane, contract, Frame::from(contract).before(), out)
}

/// The same with this many rows and columns before the tile; a negative number cuts them off, and a larger one goes on with what the
/// padding puts there: a window of a plane that is padded without end, or to the canvas of inpainting.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size, or the window leaves the canvas.
pub fn pad_from<'a>(
    plane: &[f32],
    frame: impl Into<Frame<'a>>,
    before: [isize; 2],
    out: &mut [f32],
) -> Result<()> {
    let frame = frame.into();
    check_planes(plane.len(), out.len(), &frame)?;
    // Of square tiles, the only ones that the last two kinds of padding know.
    let (tile, padded) = (frame.tile.rows, frame.padded.rows);
    match frame.contract.padding {
        Padding::Reflect => go_on(plane, &frame, Border::Reflect, before, out),
        Padding::Edge => go_on(plane, &frame, Border::Edge, before, out),
        Padding::Zero => {
            out.fill(0.0);
            window(plane, [frame.tile, frame.padded], before, out);
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
            // What goes on from one value is that value: masks of one kind, and where everything is known.
            if plane.iter().all(|value| Some(value) == plane.first()) {
                out.fill(plane.first().copied().unwrap_or_default());
                return Ok(());
            }
            let mut whole = vec![0.0; canvas * canvas];
            Inpainting::shared(tile, canvas)?.fill(plane, &mut whole)?;
            window(&whole, [canvas.into(), frame.padded], cut, out);
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
fn go_on(plane: &[f32], frame: &Frame<'_>, border: Border, before: [isize; 2], out: &mut [f32]) {
    let Frame { tile, padded, .. } = *frame;
    let rows = border.index_map(-before[0], padded.rows, tile.rows);
    let columns = border.index_map(-before[1], padded.columns, tile.columns);
    for (row, &source) in out.chunks_exact_mut(padded.columns).zip(&rows) {
        let source = &plane[source * tile.columns..(source + 1) * tile.columns];
        row.iter_mut().zip(&columns).for_each(|(value, &column)| *value = source[column]);
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
pub fn crop<'a>(plane: &[f32], frame: impl Into<Frame<'a>>, out: &mut [f32]) -> Result<()> {
    let frame = frame.into();
    check_planes(out.len(), plane.len(), &frame)?;
    match frame.contract.padding {
        Padding::Resize => resize(plane, [frame.padded.rows, frame.tile.rows], out),
        _ => window(plane, [frame.padded, frame.tile], frame.before().map(|before| -before), out),
    }
    Ok(())
}

fn check_planes(small: usize, large: usize, frame: &Frame<'_>) -> Result<()> {
    let Frame { tile, padded, .. } = *frame;
    if tile.area() == Some(0) || padded.rows < tile.rows || padded.columns < tile.columns {
        fail!(InvalidArgument, "tiles of {tile} cannot be padded to {padded}");
    }
    if tile.area() != Some(small) || padded.area() != Some(large) {
        fail!(InvalidArgument, "planes of {small} and {large} pixels, expected {tile} and {padded}");
    }
    Ok(())
}
