//! From a section, or a loose tile, to what the network takes.

use super::pad::pad_from;
use super::transpose::transpose;
use super::{
    AmplitudeMap, Border, Extent, Frame, InputContract, Section, TileDepth, TilePosition, fill_channel,
};
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
pub fn extract<'a>(
    section: &Section,
    position: TilePosition,
    frame: impl Into<Frame<'a>>,
    map: &AmplitudeMap,
    out: &mut [f32],
) -> Result<()> {
    let frame = frame.into();
    check_input(&frame, out.len())?;
    let mut scaled = vec![0.0; frame.tile.rows * frame.tile.columns];
    cut(section, position, frame.tile, map, &mut scaled)?;
    let depth = TileDepth::of_axis(section.axis(), position.sample);
    planes(&scaled, depth, &frame, frame.before(), out)
}

/// The scaled amplitudes of a tile, row-major, rows are samples; mirrored and muted as in [`extract`].
///
/// # Errors
/// `InvalidArgument` when `scaled` has another size.
pub fn cut(
    section: &Section,
    position: TilePosition,
    tile: impl Into<Extent>,
    map: &AmplitudeMap,
    scaled: &mut [f32],
) -> Result<()> {
    let tile = tile.into();
    if tile.area().is_none_or(|area| area == 0 || area != scaled.len()) {
        fail!(InvalidArgument, "a plane of {} pixels, expected {tile}", scaled.len());
    }
    let mut gathered = vec![0.0; scaled.len()];
    gather(section, position, tile, &mut gathered, |amplitude| map.apply(amplitude));
    transpose(&gathered, [tile.columns, tile.rows], scaled);
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
    let frame = Frame::from(contract);
    check_input(&frame, out.len())?;
    planes(scaled, depth, &frame, before.unwrap_or(frame.before()), out)
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
    gather(label, position, tile.into(), &mut gathered, |value| {
        if value.is_nan() { value } else { f32::from(value > 0.5) }
    });
    transpose(&gathered, [tile, tile], mask);
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
    tile: Extent,
    out: &mut [f32],
    value: impl Fn(f32) -> f32,
) {
    let columns = Border::Reflect.index_map(position.trace, tile.columns, section.traces());
    let rows = Border::Reflect.index_map(position.sample, tile.rows, section.samples());
    let contiguous = inside(position.sample, 0, section.samples())
        .filter(|_| inside(position.sample, tile.rows - 1, section.samples()).is_some());
    for (out, &column) in out.chunks_exact_mut(tile.rows).zip(&columns) {
        let trace = section.trace(column);
        if !section.live()[column] {
            out.fill(0.0);
        } else if let Some(first) = contiguous {
            out.iter_mut().zip(&trace[first..first + tile.rows]).for_each(|(x, &sample)| *x = value(sample));
        } else {
            out.iter_mut().zip(&rows).for_each(|(x, &row)| *x = value(trace[row]));
        }
    }
}

/// Makes each channel's plane, then pads it into its place in `out`. A channel that is there already is copied: networks that began with
/// pictures in colour take the amplitudes three times.
fn planes(
    scaled: &[f32],
    depth: TileDepth,
    frame: &Frame<'_>,
    before: [isize; 2],
    out: &mut [f32],
) -> Result<()> {
    let mut plane = vec![0.0; frame.tile.rows * frame.tile.columns];
    let (channels, size) = (&frame.contract.channels, frame.padded.rows * frame.padded.columns);
    for (number, &channel) in channels.iter().enumerate() {
        let (made, rest) = out.split_at_mut(number * size);
        let out = &mut rest[..size];
        if let Some(same) = channels[..number].iter().position(|earlier| *earlier == channel) {
            out.copy_from_slice(&made[same * size..][..size]);
            continue;
        }
        fill_channel(channel, scaled, depth, *frame, &mut plane)?;
        pad_from(&plane, *frame, before, out)?;
    }
    Ok(())
}

fn check_input(frame: &Frame<'_>, len: usize) -> Result<()> {
    frame.contract.check()?;
    if len != frame.input_len() {
        fail!(
            InvalidArgument,
            "the input buffer holds {len} values, expected {} channels of {}",
            frame.contract.channels.len(),
            frame.padded
        );
    }
    Ok(())
}
