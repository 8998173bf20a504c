//! From trace headers to a grid: axes, live traces, map position, and which trace is where.

use serde::Serialize;

use super::options::HeaderBytes;
use super::scan::TraceKey;
use crate::error::{Result, fail};
use crate::volume::{GeoFit, GeoReference, LineAxis, LiveMask};

/// In which order the traces follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sorting {
    /// Inline after inline.
    Inline,
    /// Crossline after crossline.
    Crossline,
    /// Neither.
    Other,
}

/// No trace at this position.
const NONE: u32 = u32::MAX;

/// Line numbers of all traces, in file order, as the first pass finds them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    numbers: Vec<[i32; 2]>,
    offsets: Option<[i32; 2]>,
}

impl Lines {
    pub(super) fn add(&mut self, key: &TraceKey) {
        self.numbers.push([key.inline, key.crossline]);
        let [least, most] = self.offsets.unwrap_or([key.offset; 2]);
        self.offsets = Some([least.min(key.offset), most.max(key.offset)]);
    }

    /// The two axes, or why there is no 3-D grid.
    pub(super) fn axes(&self, bytes: &HeaderBytes) -> Result<[LineAxis; 2]> {
        let traces = self.numbers.len();
        let inlines = self.axis(0, "inline", bytes.inline)?;
        let crosslines = self.axis(1, "crossline", bytes.crossline)?;
        if traces > 1 && inlines.count == 1 && crosslines.count == 1 {
            fail!(
                Geometry,
                "all {traces} traces have inline {} (bytes {}-{}) and crossline {} (bytes {}-{}): not a 3-D survey with line numbers there; name their byte positions",
                inlines.first,
                bytes.inline,
                bytes.inline + 3,
                crosslines.first,
                bytes.crossline,
                bytes.crossline + 3
            );
        }
        let bins = (inlines.count as u64).saturating_mul(crosslines.count as u64);
        if bins > 64 * traces as u64 + 1024 {
            fail!(
                Geometry,
                "{traces} traces would lie on a grid of {} inlines x {} crosslines (inline {}..{}, crossline {}..{}): the line numbers at bytes {} and {} do not look like those of a 3-D survey; name their byte positions",
                inlines.count,
                crosslines.count,
                inlines.first,
                inlines.last(),
                crosslines.first,
                crosslines.last(),
                bytes.inline,
                bytes.crossline
            );
        }
        Ok([inlines, crosslines])
    }

    /// Smallest number, greatest common divisor of the differences, count.
    fn axis(&self, which: usize, name: &str, byte: u16) -> Result<LineAxis> {
        let mut numbers: Vec<i32> = self.numbers.iter().map(|pair| pair[which]).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else {
            fail!(Truncated, "the file has no trace");
        };
        if first == 0 && last == 0 && self.numbers.len() > 1 {
            fail!(
                Geometry,
                "the {name} numbers (trace header bytes {byte}-{}) are 0 in all {} traces: a 2-D line, or the numbers are elsewhere; name their byte positions",
                byte + 3,
                self.numbers.len()
            );
        }
        let difference = |pair: &[i32]| (i64::from(pair[1]) - i64::from(pair[0])) as u64;
        let step = numbers.windows(2).map(difference).fold(0, gcd).max(1);
        let count = (i64::from(last) - i64::from(first)) as u64 / step + 1;
        let Ok(step) = i32::try_from(step) else {
            fail!(
                Geometry,
                "the {name} numbers run from {first} to {last}: these are not line numbers; name their byte positions"
            );
        };
        Ok(LineAxis { first, step, count: count as usize })
    }

    /// Which trace is at which position of the grid.
    pub(super) fn table(&self, [inlines, crosslines]: [LineAxis; 2]) -> Result<Vec<u32>> {
        if self.numbers.len() >= NONE as usize {
            fail!(Unsupported, "{} traces: more than {} are not indexed", self.numbers.len(), NONE - 1);
        }
        let mut table = vec![NONE; inlines.count * crosslines.count];
        for (trace, &[inline, crossline]) in self.numbers.iter().enumerate() {
            let (Some(i), Some(x)) = (inlines.index(inline), crosslines.index(crossline)) else {
                fail!(Internal, "trace {trace} is outside the grid of its own file");
            };
            let place = &mut table[i * crosslines.count + x];
            if *place != NONE {
                let [least, most] = self.offsets.unwrap_or_default();
                if least != most {
                    fail!(
                        Geometry,
                        "traces {place} and {trace} are both inline {inline}, crossline {crossline}, and offsets (bytes 37-40) run from {least} to {most}: a prestack file; stack it first"
                    );
                }
                fail!(
                    Geometry,
                    "traces {place} and {trace} are both inline {inline}, crossline {crossline}: duplicate traces; remove one, or name the byte positions of the line numbers"
                );
            }
            *place = trace as u32;
        }
        Ok(table)
    }

    pub(super) fn sorting(&self) -> Sorting {
        let ordered = |slow: usize, fast: usize| {
            self.numbers
                .windows(2)
                .all(|pair| (pair[0][slow], pair[0][fast]) < (pair[1][slow], pair[1][fast]))
        };
        match (ordered(0, 1), ordered(1, 0)) {
            (true, _) => Sorting::Inline,
            (_, true) => Sorting::Crossline,
            _ => Sorting::Other,
        }
    }

    pub(super) fn numbers(&self) -> &[[i32; 2]] {
        &self.numbers
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Trace of a position, if there is one.
pub(super) fn lookup(table: &[u32], bin: usize) -> Option<u64> {
    table.get(bin).filter(|&&trace| trace != NONE).map(|&trace| u64::from(trace))
}

/// Live traces and the map position, gathered by the same pass.
#[derive(Debug, Default)]
pub(super) struct Positions {
    dead: Vec<u32>,
    coordinates: Vec<[f64; 2]>,
}

impl Positions {
    pub(super) fn add(&mut self, trace: u64, key: &TraceKey) {
        if !key.is_live() {
            self.dead.push(trace as u32);
        }
        self.coordinates.push(key.xy);
    }

    pub(super) fn live(&self, mut mask: LiveMask, lines: &Lines, axes: [LineAxis; 2]) -> LiveMask {
        let mut mark = |trace: usize, live: bool| {
            let [inline, crossline] = lines.numbers()[trace];
            if let (Some(i), Some(x)) = (axes[0].index(inline), axes[1].index(crossline)) {
                mask.set(i, x, live);
            }
        };
        (0..lines.numbers().len()).for_each(|trace| mark(trace, true));
        self.dead.iter().for_each(|&trace| mark(trace as usize, false));
        mask
    }

    /// Least squares over all traces with coordinates.
    pub(super) fn georef(
        &self,
        lines: &Lines,
        axes: [LineAxis; 2],
        crs: Option<&str>,
    ) -> Option<GeoReference> {
        let mut fit = GeoFit::default();
        for (&[inline, crossline], &xy) in lines.numbers().iter().zip(&self.coordinates) {
            if let (Some(i), Some(x)) = (axes[0].index(inline), axes[1].index(crossline))
                && xy != [0.0, 0.0]
            {
                fit.add(i, x, xy);
            }
        }
        fit.solve().map(|georef| GeoReference { crs: crs.map(str::to_owned), ..georef })
    }
}
