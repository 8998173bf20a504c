//! From a section, or a loose tile, to what the network takes.

use super::pad::{margins, pad_from};
use super::transpose::transpose;
use super::{AmplitudeMap, Border, InputContract, Section, TileDepth, TilePosition, fill_channel};
use crate::error::{Result, fail};

/// Cuts a tile and makes the network's input of it: `out` is `channels` x `padded` x `padded`, row-major, rows are
/// samples (so that the trace-major section is transposed here).
///
/// - Amplitudes are scaled to -1..1; NaN and infinities become 0.
/// - Where the tile hangs over, the section is mirrored (border not repeated), whatever the contract's padding is.
/// - Dead traces are 0 after scaling, not filled from neighbours: invented amplitudes would look like evidence.
/// - Planes are made at tile size and then padded, as in training on loose tiles.
///
/// # Errors
/// `InvalidArgument` when `out` has another size.
pub fn extract(
    section: &Section,
    position: TilePosition,
    contract: &InputContract,
    map: &AmplitudeMap,
    out: &mut [f32],
) -> Result<()> {
    check_input(contract, out.len())?;
    let mut scaled = vec![0.0; contract.tile * contract.tile];
    cut(section, position, contract.tile, map, &mut scaled)?;
    let depth = TileDepth::of_axis(section.axis(), position.sample);
    planes(&scaled, depth, contract, [margins(contract.tile, contract.padded)[0]; 2], out)
}

/// The scaled amplitudes of a tile, `tile` x `tile`, row-major, rows are samples; mirrored and muted as in [`extract`].
///
/// # Errors
/// `InvalidArgument` when `scaled` has another size.
pub fn cut(
    section: &Section,
    position: TilePosition,
    tile: usize,
    map: &AmplitudeMap,
    scaled: &mut [f32],
) -> Result<()> {
    if tile == 0 || tile.checked_mul(tile) != Some(scaled.len()) {
        fail!(InvalidArgument, "a plane of {} pixels, expected {tile} x {tile}", scaled.len());
    }
    let mut gathered = vec![0.0; tile * tile];
    gather(section, position, tile, &mut gathered, |amplitude| map.apply(amplitude));
    transpose(&gathered, tile, scaled);
    Ok(())
}

/// Makes the network's input of a loose tile: `scaled` is `tile` x `tile` in -1..1, row-major; `out` as in [`extract`].
/// `before` are the rows and columns added before the tile, within `padded - tile`; `None` is half of what is added.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size.
pub fn extract_loose(
    scaled: &[f32],
    depth: TileDepth,
    contract: &InputContract,
    before: Option<[isize; 2]>,
    out: &mut [f32],
) -> Result<()> {
    check_input(contract, out.len())?;
    let before = before.unwrap_or([margins(contract.tile, contract.padded)[0]; 2]);
    planes(scaled, depth, contract, before, out)
}

/// The label of a tile, for training and evaluation, both `tile` x `tile`, row-major, rows are samples.
///
/// `mask` is 1 where the label exceeds 0.5 and 0 elsewhere; outside the section it is mirrored like the image.
/// `valid` is false where nobody knows: outside the section, on traces dead in the image or the label, and
/// where the label is NaN.
///
/// # Errors
/// `InvalidArgument` when a buffer has another size; `Dataset` when image and label differ in shape.
pub fn extract_label(
    label: &Section,
    image: &Section,
    position: TilePosition,
    tile: usize,
    mask: &mut [f32],
    valid: &mut [bool],
) -> Result<()> {
    if (label.traces(), label.samples()) != (image.traces(), image.samples()) {
        fail!(
            Dataset,
            "the label section has {} traces of {} samples, the image {} of {}: they must be the same grid",
            label.traces(),
            label.samples(),
            image.traces(),
            image.samples()
        );
    }
    if tile == 0 || tile.checked_mul(tile) != Some(mask.len()) || mask.len() != valid.len() {
        fail!(
            InvalidArgument,
            "label planes of {} and {} pixels, expected {tile} x {tile}",
            mask.len(),
            valid.len()
        );
    }
    let mut gathered = vec![0.0; tile * tile];
    gather(
        label,
        position,
        tile,
        &mut gathered,
        |value| if value.is_nan() { value } else { f32::from(value > 0.5) },
    );
    transpose(&gathered, tile, mask);
    let column_known: Vec<bool> = (0..tile)
        .map(|c| inside(position.trace, c, label.traces()))
        .map(|trace| trace.is_some_and(|t| label.live()[t] && image.live()[t]))
        .collect();
    for (r, (mask, valid)) in mask.chunks_exact_mut(tile).zip(valid.chunks_exact_mut(tile)).enumerate() {
        let row_known = inside(position.sample, r, label.samples()).is_some();
        for ((mask, valid), known) in mask.iter_mut().zip(valid).zip(&column_known) {
            *valid = row_known && *known && !mask.is_nan();
            *mask = if mask.is_nan() { 0.0 } else { *mask };
        }
    }
    Ok(())
}

/// The section's index of the tile's row or column `k`, unless it hangs over.
fn inside(start: isize, k: usize, len: usize) -> Option<usize> {
    usize::try_from(start.saturating_add_unsigned(k)).ok().filter(|&index| index < len)
}

/// `value(sample)` of each sample of the tile, trace-major; 0 on dead traces, mirrored outside the section.
fn gather(
    section: &Section,
    position: TilePosition,
    tile: usize,
    out: &mut [f32],
    value: impl Fn(f32) -> f32,
) {
    let columns = Border::Reflect.index_map(position.trace, tile, section.traces());
    let rows = Border::Reflect.index_map(position.sample, tile, section.samples());
    let contiguous = inside(position.sample, 0, section.samples())
        .filter(|_| inside(position.sample, tile - 1, section.samples()).is_some());
    for (out, &column) in out.chunks_exact_mut(tile).zip(&columns) {
        let trace = section.trace(column);
        if !section.live()[column] {
            out.fill(0.0);
        } else if let Some(first) = contiguous {
            out.iter_mut().zip(&trace[first..first + tile]).for_each(|(x, &sample)| *x = value(sample));
        } else {
            out.iter_mut().zip(&rows).for_each(|(x, &row)| *x = value(trace[row]));
        }
    }
}

/// Makes each channel's plane, then pads it into its place in `out`.
fn planes(
    scaled: &[f32],
    depth: TileDepth,
    contract: &InputContract,
    before: [isize; 2],
    out: &mut [f32],
) -> Result<()> {
    let mut plane = vec![0.0; contract.tile * contract.tile];
    let outputs = out.chunks_exact_mut(contract.padded * contract.padded);
    for (&channel, out) in contract.channels.iter().zip(outputs) {
        fill_channel(channel, scaled, depth, contract, &mut plane)?;
        pad_from(&plane, contract, before, out)?;
    }
    Ok(())
}

fn check_input(contract: &InputContract, len: usize) -> Result<()> {
    contract.check()?;
    let expected = contract.channels.len() * contract.padded * contract.padded;
    if len != expected {
        fail!(
            InvalidArgument,
            "the input buffer holds {len} values, expected {} channels of {padded} x {padded}",
            contract.channels.len(),
            padded = contract.padded
        );
    }
    Ok(())
}
