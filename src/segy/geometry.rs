//! From the numbers of all traces to a grid: axes, live traces, map position, sorting.

use serde::{Deserialize, Serialize};

use super::options::{Duplicates, HeaderBytes, OpenOptions};
use super::scan::Found;
use super::table::TraceTable;
use crate::error::{Result, fail, reserve};
use crate::volume::{GeoReference, LineAxis, LiveMask, SampleAxis, SurveyGrid};

/// In which order the traces follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sorting {
    /// Inline after inline.
    Inline,
    /// Crossline after crossline.
    Crossline,
    /// Neither.
    Other,
}

/// Where the traces are.
#[derive(Debug)]
pub(super) struct Geometry {
    pub axes: [LineAxis; 2],
    pub georef: Option<GeoReference>,
    pub table: TraceTable,
    pub live: LiveMask,
    pub sorting: Sorting,
    /// Traces that were asked for.
    pub traces: u64,
    /// Traces left out because another one is at their position.
    pub duplicates: u64,
    /// Traces marked dead or dummy.
    pub dead: u64,
}

impl Geometry {
    /// The geometry of the traces found, or why there is none.
    ///
    /// # Errors
    /// `Geometry` saying what the file is instead: 2-D, prestack, with duplicates, without line numbers.
    pub(super) fn new(found: &Found, bytes: &HeaderBytes, options: &OpenOptions) -> Result<Self> {
        if found.lines.is_empty() {
            let [least, most] = found.offsets.unwrap_or_default();
            fail!(
                Geometry,
                "no trace has the offset {}: they run from {least} to {most} (bytes 37-40)",
                options.offset.unwrap_or_default()
            );
        }
        let axes = axes(found, bytes)?;
        let mut geometry = Self {
            axes,
            georef: found.fit.solve(axes).map(|georef| GeoReference { crs: options.crs.clone(), ..georef }),
            table: TraceTable::empty(axes[0].count * axes[1].count),
            live: LiveMask::empty(&shape(axes)),
            sorting: sorting(&found.lines),
            traces: found.lines.len() as u64,
            duplicates: 0,
            dead: found.dead.len() as u64,
        };
        geometry.place(found, options.duplicates)?;
        Ok(geometry)
    }

    fn place(&mut self, found: &Found, duplicates: Duplicates) -> Result<()> {
        let [inlines, crosslines] = self.axes;
        let mut places: Vec<(usize, usize)> = Vec::new();
        reserve(&mut places, found.lines.len(), || {
            format!("no memory to sort {} traces by their positions", found.lines.len())
        })?;
        for (index, &[inline, crossline]) in found.lines.iter().enumerate() {
            let (Some(i), Some(x)) = (inlines.index(inline), crosslines.index(crossline)) else {
                fail!(Internal, "trace {index} is outside the grid of its own file");
            };
            places.push((i * crosslines.count + x, index));
        }
        // By position, and at each in the order of the file.
        places.sort_unstable();
        let repeated = |pair: &&[(usize, usize)]| pair[0].0 == pair[1].0;
        if duplicates == Duplicates::Refuse
            && let Some(pair) = places.windows(2).filter(repeated).min_by_key(|pair| pair[1].1)
        {
            let [a, b] = [pair[0].1, pair[1].1];
            return Err(twice(found, [found.trace(a), found.trace(b)], found.lines[a]));
        }
        for same in places.chunk_by(|a, b| a.0 == b.0) {
            let (&[(position, first), ..], &[.., (_, last)]) = (same, same) else { continue };
            self.duplicates += same.len() as u64 - 1;
            let index = if duplicates == Duplicates::Last { last } else { first };
            self.table.push(position, found.trace(index));
            let is_dead = found.dead.binary_search(&(index as u64)).is_ok();
            self.live.set(position / crosslines.count, position % crosslines.count, !is_dead);
        }
        Ok(())
    }

    /// The grid with this vertical axis.
    pub(super) fn grid(&self, samples: SampleAxis) -> SurveyGrid {
        SurveyGrid { inlines: self.axes[0], crosslines: self.axes[1], samples, georef: self.georef.clone() }
    }
}

/// A grid of these axes, for masks; the vertical axis does not matter.
pub(super) fn shape(axes: [LineAxis; 2]) -> SurveyGrid {
    let samples =
        SampleAxis { first: 0.0, step: 1.0, count: 1, unit: crate::volume::SampleUnit::Milliseconds };
    SurveyGrid { inlines: axes[0], crosslines: axes[1], samples, georef: None }
}

fn twice(found: &Found, traces: [u64; 2], [inline, crossline]: [i32; 2]) -> crate::error::Error {
    let [a, b] = traces;
    let [least, most] = found.offsets.unwrap_or_default();
    let text = if least == most {
        format!(
            "traces {a} and {b} (from 0) are both inline {inline}, crossline {crossline}: duplicate traces; say which to take, the first or the last, or name the byte positions of the line numbers"
        )
    } else {
        format!(
            "traces {a} and {b} (from 0) are both inline {inline}, crossline {crossline}, and offsets (bytes 37-40) run from {least} to {most}: a prestack file; choose one offset, or stack it first"
        )
    };
    crate::error::Error::new(crate::error::ErrorKind::Geometry, text)
}

/// The two axes, or why there is no 3-D grid.
fn axes(found: &Found, bytes: &HeaderBytes) -> Result<[LineAxis; 2]> {
    let traces = found.lines.len();
    let inlines = axis(found, 0, "inline", bytes)?;
    let crosslines = axis(found, 1, "crossline", bytes)?;
    if traces > 1 && inlines.count == 1 && crosslines.count == 1 {
        fail!(
            Geometry,
            "all {traces} traces have inline {} (bytes {}) and crossline {} (bytes {}): {}",
            inlines.first,
            bytes.inline,
            crosslines.first,
            bytes.crossline,
            instead(found)
        );
    }
    let bins = (inlines.count as u64).saturating_mul(crosslines.count as u64);
    if bins > 64 * traces as u64 + 1024 {
        fail!(
            Geometry,
            "{traces} traces would lie on a grid of {} inlines x {} crosslines (inline {}..{}, crossline {}..{}): the numbers at bytes {} and {} do not look like those of a 3-D survey: {}",
            inlines.count,
            crosslines.count,
            inlines.first,
            inlines.last(),
            crosslines.first,
            crosslines.last(),
            bytes.inline,
            bytes.crossline,
            instead(found)
        );
    }
    Ok([inlines, crosslines])
}

/// What a file without a 3-D grid at these bytes is, as far as its coordinates tell.
fn instead(found: &Found) -> String {
    let [along, across] = found.fit.spread();
    let advice = "name the byte positions of the line numbers";
    if along <= 0.0 {
        return format!("coordinates are not there either; {advice}");
    }
    if across < 1e-3 * along {
        return format!(
            "the coordinates lie on a straight line, as those of a 2-D line do, which is not read; otherwise {advice}"
        );
    }
    if across < 0.15 * along {
        return format!(
            "the coordinates lie along a line with bends (spread {along:.0} along, {across:.0} across), as those of a crooked 2-D line do, which is not read; otherwise {advice}"
        );
    }
    format!(
        "the coordinates cover an area: a survey with its line numbers elsewhere, or a line with large bends; {advice}"
    )
}

/// Smallest number, greatest common divisor of the differences, count.
fn axis(found: &Found, which: usize, name: &str, bytes: &HeaderBytes) -> Result<LineAxis> {
    let field = [bytes.inline, bytes.crossline][which];
    let numbers = distinct(found.lines.iter().map(|pair| pair[which]));
    let (Some(&first), Some(&last)) = (numbers.first(), numbers.last()) else {
        fail!(Truncated, "the file has no trace");
    };
    if first == 0 && last == 0 && found.lines.len() > 1 {
        fail!(
            Geometry,
            "the {name} numbers (trace header bytes {field}) are 0 in all {} traces: {}",
            found.lines.len(),
            instead(found)
        );
    }
    let difference = |pair: &[i32]| (i64::from(pair[1]) - i64::from(pair[0])) as u64;
    let step = numbers.windows(2).map(difference).fold(0, gcd).max(1);
    let count = (i64::from(last) - i64::from(first)) as u64 / step + 1;
    let Ok(step) = i32::try_from(step) else {
        fail!(
            Geometry,
            "the {name} numbers (bytes {field}) run from {first} to {last}: these are not line numbers; name their byte positions"
        );
    };
    Ok(LineAxis { first, step, count: count as usize })
}

/// Each number once, ascending, in no more memory than twice that.
fn distinct(all: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut numbers: Vec<i32> = Vec::new();
    let mut tidy_at = 1 << 12;
    for number in all {
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
        if numbers.len() >= tidy_at {
            numbers.sort_unstable();
            numbers.dedup();
            tidy_at = 2 * numbers.len().max(1 << 11);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sorting(lines: &[[i32; 2]]) -> Sorting {
    let ordered = |slow: usize, fast: usize| {
        lines.windows(2).all(|pair| (pair[0][slow], pair[0][fast]) <= (pair[1][slow], pair[1][fast]))
    };
    match (ordered(0, 1), ordered(1, 0)) {
        (true, _) => Sorting::Inline,
        (_, true) => Sorting::Crossline,
        _ => Sorting::Other,
    }
}
