//! One pass over all trace headers, in parallel and in bounded memory besides two numbers per trace.

use std::ops::Range;

use rayon::prelude::*;

use super::file::SegyFile;
use super::header::{Fields, TRACE_HEADER, scale};
use super::layout::Layout;
use super::options::{FieldKind, HeaderBytes};
use crate::control::Control;
use crate::error::{Result, reserve};
use crate::volume::GeoFit;

/// What is read of each trace header.
#[derive(Debug, Clone, Copy)]
pub(super) struct TraceKey {
    pub lines: [i32; 2],
    pub xy: [f64; 2],
    /// Source-receiver offset.
    pub offset: i32,
    /// Trace identification code: 1 live, 2 dead, 3 dummy.
    pub code: i16,
    /// Delay recording time in milliseconds.
    pub delay: f64,
}

impl TraceKey {
    /// Whether the trace holds data.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.code, 2 | 3)
    }
}

/// Figures of the first trace that the vertical axis needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Common {
    /// Delay recording time in milliseconds.
    pub delay: f64,
    /// Sample interval in microseconds; 0 when not given.
    pub interval: i16,
    /// Samples of this trace; 0 when not given.
    pub samples: u16,
    /// Coordinate units: 1 length, 2 seconds of arc, 3 degrees, 4 degrees, minutes and seconds.
    pub coordinate_units: i16,
    /// Whether the trace value is in the depth domain (trace identification code 25 of revision 2).
    pub depth: bool,
}

/// All that one pass finds.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Trace numbers, of those that were asked for; empty when that is all of them.
    pub chosen: Vec<u64>,
    /// Line numbers of each trace that was asked for, in file order.
    pub lines: Vec<[i32; 2]>,
    /// Indices into `lines` of dead traces.
    pub dead: Vec<u64>,
    /// From line numbers to coordinates.
    pub fit: GeoFit,
    /// Least and largest offset of all traces, whether asked for or not.
    pub offsets: Option<[i32; 2]>,
    /// Least and largest delay in milliseconds.
    pub delays: Option<[f64; 2]>,
}

/// Traces of one task.
const TASK: u64 = 4096;
/// Tasks between two reports of progress.
const ROUND: u64 = 64;
/// Traces up to this size are read whole: one long read is faster than many short ones.
const SHORT_TRACE: u64 = 8192;
const BLOCK_BYTES: u64 = 1 << 20;

/// What to read of each header, and which traces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub bytes: HeaderBytes,
    pub offset: Option<i32>,
}

/// Calls `take` with the header bytes of the traces in `range`, in order.
pub(super) fn headers(
    file: &SegyFile,
    layout: &Layout,
    range: Range<u64>,
    mut take: impl FnMut(u64, &[u8]),
) -> Result<()> {
    let (trace, header) = (layout.trace_bytes(), layout.header_bytes as usize);
    if trace > SHORT_TRACE {
        let mut bytes = vec![0; header];
        for number in range {
            file.read_at(&mut bytes, layout.trace_offset(number))?;
            take(number, &bytes);
        }
        return Ok(());
    }
    let per_block = BLOCK_BYTES / trace;
    let mut bytes = Vec::new();
    let mut first = range.start;
    while first < range.end {
        let count = per_block.min(range.end - first);
        // The samples of the last trace are not looked at.
        bytes.resize(((count - 1) * trace) as usize + header, 0);
        file.read_at(&mut bytes, layout.trace_offset(first))?;
        for (number, whole) in (first..).zip(bytes.chunks(trace as usize)) {
            take(number, &whole[..header]);
        }
        first += count;
    }
    Ok(())
}

/// The whole pass. Progress stage "scan", in traces.
pub(super) fn scan(
    file: &SegyFile,
    layout: &Layout,
    wanted: &Wanted,
    control: &Control<'_>,
) -> Result<Found> {
    let mut origin = None;
    headers(file, layout, 0..1, |_, header| origin = Some(key(header, layout, &wanted.bytes)))?;
    let empty = Found {
        chosen: Vec::new(),
        lines: Vec::new(),
        dead: Vec::new(),
        fit: origin.map_or_else(GeoFit::default, |key| GeoFit::around(key.lines.map(f64::from), key.xy)),
        offsets: None,
        delays: None,
    };
    let mut found = empty.clone();
    if wanted.offset.is_none() {
        // Growing by doubling would take twice as much for a moment. The file has as many headers, so that this is no promise of its own.
        reserve(&mut found.lines, layout.traces as usize, || {
            format!("no memory for the line numbers of {} traces", layout.traces)
        })?;
    }
    let mut first = 0;
    while first < layout.traces {
        control.step("scan", first, layout.traces)?;
        let end = layout.traces.min(first + ROUND * TASK);
        let tasks: Vec<Range<u64>> =
            (first..end).step_by(TASK as usize).map(|start| start..end.min(start + TASK)).collect();
        let parts: Vec<Found> = tasks
            .into_par_iter()
            .map(|range| part(file, layout, wanted, range, empty.clone()))
            .collect::<Result<_>>()?;
        parts.into_iter().for_each(|part| found.append(part));
        first = end;
    }
    control.step("scan", layout.traces, layout.traces)?;
    Ok(found)
}

fn part(
    file: &SegyFile,
    layout: &Layout,
    wanted: &Wanted,
    range: Range<u64>,
    mut found: Found,
) -> Result<Found> {
    headers(file, layout, range, |number, header| {
        let key = key(header, layout, &wanted.bytes);
        found.offsets = widen(found.offsets, key.offset, i32::min, i32::max);
        if wanted.offset.is_some_and(|offset| offset != key.offset) {
            return;
        }
        if wanted.offset.is_some() {
            found.chosen.push(number);
        }
        if key.is_live() {
            found.delays = widen(found.delays, key.delay, f64::min, f64::max);
            if key.xy != [0.0, 0.0] {
                found.fit.add(key.lines.map(f64::from), key.xy);
            }
        } else {
            found.dead.push(found.lines.len() as u64);
        }
        found.lines.push(key.lines);
    })?;
    Ok(found)
}

fn widen<T: Copy>(
    range: Option<[T; 2]>,
    value: T,
    least: fn(T, T) -> T,
    most: fn(T, T) -> T,
) -> Option<[T; 2]> {
    let [low, high] = range.unwrap_or([value; 2]);
    Some([least(low, value), most(high, value)])
}

impl Found {
    /// Takes in what comes after this in the file.
    fn append(&mut self, mut next: Self) {
        let before = self.lines.len() as u64;
        self.chosen.append(&mut next.chosen);
        self.lines.append(&mut next.lines);
        self.dead.extend(next.dead.into_iter().map(|index| before + index));
        self.fit.merge(&next.fit);
        if let Some([low, high]) = next.offsets {
            self.offsets = widen(widen(self.offsets, low, i32::min, i32::max), high, i32::min, i32::max);
        }
        if let Some([low, high]) = next.delays {
            self.delays = widen(widen(self.delays, low, f64::min, f64::max), high, f64::min, f64::max);
        }
    }

    /// The number in the file of the `index`-th trace that was asked for.
    pub(super) fn trace(&self, index: usize) -> u64 {
        self.chosen.get(index).copied().unwrap_or(index as u64)
    }
}

/// Reads the keys of one header.
pub(super) fn key(header: &[u8], layout: &Layout, bytes: &HeaderBytes) -> TraceKey {
    let fields = Fields::trace(&header[..TRACE_HEADER.min(header.len())], layout.byte_order);
    let factor = scale(fields.line(bytes.scalar) as i16);
    let units = fields.i16(89);
    let coordinate = |field: super::options::Field| {
        let number = fields.number(field);
        let whole = matches!(field.kind, FieldKind::Int16 | FieldKind::Int32);
        degrees(if whole { number * factor } else { number }, units)
    };
    let time_factor = scale(fields.i16(215));
    TraceKey {
        lines: [fields.line(bytes.inline), fields.line(bytes.crossline)],
        xy: extended_xy(header, layout).unwrap_or_else(|| [coordinate(bytes.x), coordinate(bytes.y)]),
        offset: fields.i32(37),
        code: fields.i16(29),
        delay: f64::from(fields.i16(109)) * time_factor,
    }
}

/// Angles as degrees (coordinate units, bytes 89-90: 2 seconds of arc, 4 DDDMMSS.ss); lengths (1) and degrees (3) as they are.
fn degrees(value: f64, units: i16) -> f64 {
    match units {
        2 => value / 3600.0,
        4 => {
            let size = value.abs();
            let (whole, minutes, seconds) =
                ((size / 1e4).floor(), (size / 100.0).floor() % 100.0, size % 100.0);
            (whole + minutes / 60.0 + seconds / 3600.0).copysign(value)
        }
        _ => value,
    }
}

/// Coordinates of revision 2's first extension header, which override the others where they are set.
fn extended_xy(header: &[u8], layout: &Layout) -> Option<[f64; 2]> {
    let extension = header.get(TRACE_HEADER..2 * TRACE_HEADER)?;
    let fields = Fields::trace(extension, layout.byte_order);
    let is_first =
        [b"SEG00001", &[0xe2, 0xc5, 0xc7, 0xf0, 0xf0, 0xf0, 0xf0, 0xf1]].contains(&&fields.text::<8>(233));
    let xy = [fields.f64(161), fields.f64(169)];
    (is_first && xy.iter().all(|value| value.is_finite()) && xy != [0.0; 2]).then_some(xy)
}

/// The first trace's figures.
pub(super) fn common(file: &SegyFile, layout: &Layout) -> Result<Common> {
    let mut found = Common { delay: 0.0, interval: 0, samples: 0, coordinate_units: 0, depth: false };
    headers(file, layout, 0..1, |_, header| {
        let fields = Fields::trace(&header[..TRACE_HEADER.min(header.len())], layout.byte_order);
        found = Common {
            delay: f64::from(fields.i16(109)) * scale(fields.i16(215)),
            interval: fields.i16(117),
            samples: fields.u16(115),
            coordinate_units: fields.i16(89),
            depth: layout.revision[0] >= 2 && fields.i16(29) == 25,
        };
    })?;
    Ok(found)
}
