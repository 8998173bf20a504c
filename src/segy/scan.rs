//! One pass over all trace headers, in parallel and in bounded memory.

use std::fs::File;
use std::path::Path;

use rayon::prelude::*;

use super::header::{Fields, TRACE_HEADER, scale};
use super::layout::Layout;
use super::map::window;
use super::options::HeaderBytes;
use crate::control::Control;
use crate::error::Result;

/// What is kept of each trace header.
#[derive(Debug, Clone, Copy)]
pub(super) struct TraceKey {
    pub inline: i32,
    pub crossline: i32,
    pub xy: [f64; 2],
    pub offset: i32,
    /// Trace identification code: 1 live, 2 dead, 3 dummy.
    pub code: i16,
}

impl TraceKey {
    /// Whether the trace holds data.
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.code, 2 | 3)
    }
}

/// Figures of trace headers that should be the same in all traces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    /// Delay recording time in milliseconds.
    pub delay: f64,
    /// Sample interval in microseconds; 0 when not given.
    pub interval: i16,
    /// Samples of this trace; 0 when not given.
    pub samples: u16,
}

const WINDOW_BYTES: u64 = 32 << 20;

/// Calls `take` with the key of every trace, in file order; gives the first trace's common figures.
pub(super) fn scan(
    file: &File,
    path: &Path,
    layout: &Layout,
    bytes: &HeaderBytes,
    (control, mut take): (&Control<'_>, impl FnMut(u64, &TraceKey) -> Result<()>),
) -> Result<Common> {
    let trace_bytes = layout.trace_bytes();
    let per_window = (WINDOW_BYTES / trace_bytes).max(1);
    let mut common = None;
    let mut first = 0;
    while first < layout.traces {
        control.step("scan", first, layout.traces)?;
        let count = per_window.min(layout.traces - first);
        // The samples of the window's last trace are not looked at.
        let length = (count - 1) * trace_bytes + layout.header_bytes;
        let map = window(file, path, layout.trace_offset(first), length as usize)?;
        let keys: Vec<TraceKey> = (0..count as usize)
            .into_par_iter()
            .map(|trace| key(&map[trace * trace_bytes as usize..], layout, bytes))
            .collect();
        common.get_or_insert_with(|| common_figures(&map, layout));
        for (number, key) in (first..).zip(&keys) {
            take(number, key)?;
        }
        first += count;
    }
    control.step("scan", layout.traces, layout.traces)?;
    Ok(common.unwrap_or(Common { delay: 0.0, interval: 0, samples: 0 }))
}

fn key(header: &[u8], layout: &Layout, bytes: &HeaderBytes) -> TraceKey {
    let fields = Fields::trace(&header[..TRACE_HEADER.min(header.len())], layout.byte_order);
    let factor = scale(fields.i16(bytes.scalar.into()));
    TraceKey {
        inline: fields.i32(bytes.inline.into()),
        crossline: fields.i32(bytes.crossline.into()),
        xy: [bytes.x, bytes.y].map(|byte| f64::from(fields.i32(byte.into())) * factor),
        offset: fields.i32(37),
        code: fields.i16(29),
    }
}

fn common_figures(header: &[u8], layout: &Layout) -> Common {
    let fields = Fields::trace(&header[..TRACE_HEADER.min(header.len())], layout.byte_order);
    Common {
        delay: f64::from(fields.i16(109)) * scale(fields.i16(215)),
        interval: fields.i16(117),
        samples: fields.u16(115),
    }
}
