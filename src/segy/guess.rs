//! Where line numbers and coordinates are when they are not where the standard has them: by evidence, with reasons.
//!
//! Some thousand trace headers, in stretches of neighbours spread over the file, are looked at. Line numbers are a pair of
//! words of which, from trace to trace, one stays while the other grows by a constant step, starts over when the first
//! changes, and which together name each trace once. Coordinates are a pair of words that an affine map of the line numbers
//! explains.

use std::collections::HashSet;

use super::file::SegyFile;
use super::header::{Fields, TRACE_HEADER, scale};
use super::layout::Layout;
use super::options::{Field, FieldKind, HeaderBytes, NamedBytes};
use super::scan::headers;
use crate::error::Result;
use crate::volume::{GeoFit, LineAxis};

/// Neighbouring traces of one stretch, and how many stretches there are.
const STRETCH: u64 = 400;
const STRETCHES: u64 = 40;

/// Words that programs are known to put line numbers into, inline and crossline, the most usual first.
const USUAL: [[u16; 2]; 9] =
    [[189, 193], [9, 21], [9, 13], [5, 21], [17, 25], [17, 13], [221, 225], [181, 185], [233, 237]];
/// All 4-byte words that are considered.
const WORDS: [u16; 20] =
    [1, 5, 9, 13, 17, 21, 25, 181, 185, 189, 193, 197, 205, 209, 213, 217, 221, 225, 233, 237];
/// Words that coordinates are found in.
const COORDINATES: [[u16; 2]; 5] = [[181, 185], [73, 77], [81, 85], [193, 197], [201, 205]];

/// Headers that were looked at, by stretch.
struct Sample {
    stretches: Vec<Vec<[u8; TRACE_HEADER]>>,
}

/// One 4-byte word of all headers looked at, by stretch.
struct Column {
    word: u16,
    values: Vec<Vec<i32>>,
    /// How many different numbers there are.
    distinct: usize,
}

/// Positions found, and why.
pub(super) struct Guess {
    pub bytes: HeaderBytes,
    pub reasons: Vec<String>,
}

/// Looks for what `named` leaves open. `None` when no pair of words looks like line numbers.
pub(super) fn guess(file: &SegyFile, layout: &Layout, named: &NamedBytes) -> Result<Option<Guess>> {
    let sample = Sample::read(file, layout)?;
    let mut bytes = named.or_standard();
    let mut reasons = Vec::new();
    if named.inline.is_none() && named.crossline.is_none() {
        let Some((lines, reason)) = sample.lines(layout) else { return Ok(None) };
        (bytes.inline, bytes.crossline) = (Field::int32(lines[0]), Field::int32(lines[1]));
        reasons.push(reason);
    }
    if named.x.is_none()
        && named.y.is_none()
        && let Some((xy, reason)) = sample.coordinates(layout, &bytes)
    {
        [bytes.x, bytes.y] = xy;
        reasons.extend(reason);
    }
    Ok(Some(Guess { bytes, reasons }))
}

impl Sample {
    fn read(file: &SegyFile, layout: &Layout) -> Result<Self> {
        let stretches = STRETCHES.min(layout.traces.div_ceil(STRETCH)).max(1);
        let mut found = Vec::new();
        for stretch in 0..stretches {
            // Evenly spread; the last one ends with the file.
            let room = layout.traces.saturating_sub(STRETCH);
            let first = if stretches > 1 { room * stretch / (stretches - 1) } else { 0 };
            let first = first.max(found.len() as u64 * STRETCH).min(layout.traces);
            let end = layout.traces.min(first + STRETCH);
            let mut part = Vec::new();
            headers(file, layout, first..end, |_, header| {
                let mut kept = [0; TRACE_HEADER];
                kept.copy_from_slice(&header[..TRACE_HEADER]);
                part.push(kept);
            })?;
            found.push(part);
        }
        Ok(Self { stretches: found })
    }

    fn len(&self) -> usize {
        self.stretches.iter().map(Vec::len).sum()
    }

    fn column(&self, layout: &Layout, word: u16) -> Column {
        let value = |header: &[u8; TRACE_HEADER]| Fields::trace(header, layout.byte_order).i32(word.into());
        let values: Vec<Vec<i32>> =
            self.stretches.iter().map(|stretch| stretch.iter().map(value).collect()).collect();
        let distinct = values.iter().flatten().collect::<HashSet<_>>().len();
        Column { word, values, distinct }
    }

    /// The best pair, inline first.
    fn lines(&self, layout: &Layout) -> Option<([u16; 2], String)> {
        let columns: Vec<Column> = WORDS.iter().map(|&word| self.column(layout, word)).collect();
        let mut best: Option<(f64, [u16; 2], String)> = None;
        for slow_column in &columns {
            for fast_column in &columns {
                let Some(regular) = self.regularity(slow_column, fast_column) else { continue };
                let (slow, fast) = (slow_column.word, fast_column.word);
                // Convention says which of the two is the inline; without one, the word that comes first.
                let usual = USUAL.iter().position(|pair| pair == &[slow, fast] || pair == &[fast, slow]);
                let pair = usual.map_or([slow.min(fast), slow.max(fast)], |at| USUAL[at]);
                let score = regular + usual.map_or(0.0, |at| 0.02 * (USUAL.len() - at) as f64);
                if best.as_ref().is_none_or(|(least, ..)| score > *least) {
                    let reason = format!(
                        "line numbers are taken from bytes {}-{} (inline) and {}-{} (crossline): over {} traces looked at, {:.0} % of neighbours keep the word at {slow} while that at {fast} takes a constant step, and the pair names each trace once",
                        pair[0],
                        pair[0] + 3,
                        pair[1],
                        pair[1] + 3,
                        self.len(),
                        100.0 * regular
                    );
                    best = Some((score, pair, reason));
                }
            }
        }
        best.map(|(_, pair, reason)| (pair, reason))
    }

    /// The share of neighbouring traces of which the slow word stays and the fast one takes its usual step; `None` when the two
    /// cannot be the line numbers of a 3-D survey.
    fn regularity(&self, slow: &Column, fast: &Column) -> Option<f64> {
        // A counter of traces never starts over; a line has many traces.
        let is_grid =
            slow.distinct > 1 && fast.distinct > 1 && slow.distinct * fast.distinct <= 64 * self.len() + 1024;
        let single = self.stretches.len() == 1 && fast.distinct < self.len();
        if !is_grid || !(fast.distinct * 10 < self.len() * 9 || single) {
            return None;
        }
        let (mut steps, mut pairs) = (Vec::new(), 0u32);
        for (slow, fast) in slow.values.iter().zip(&fast.values) {
            pairs += slow.len().saturating_sub(1) as u32;
            let stays = slow.windows(2).zip(fast.windows(2)).filter(|(slow, _)| slow[0] == slow[1]);
            steps.extend(stays.map(|(_, fast)| i64::from(fast[1]) - i64::from(fast[0])));
        }
        steps.sort_unstable();
        let step = *steps.get(steps.len() / 2)?;
        let regular = steps.iter().filter(|&&found| found == step).count();
        let share = regular as f64 / f64::from(pairs.max(1));
        if step == 0 || share <= 0.5 {
            return None;
        }
        let both = slow.values.iter().flatten().zip(fast.values.iter().flatten());
        let names: HashSet<(i32, i32)> = both.map(|(slow, fast)| (*slow, *fast)).collect();
        (names.len() == self.len()).then_some(share)
    }

    /// The pair of words that an affine map of the line numbers explains best, and why, if it is not the standard one.
    fn coordinates(&self, layout: &Layout, bytes: &HeaderBytes) -> Option<([Field; 2], Option<String>)> {
        let lines = [bytes.inline.byte, bytes.crossline.byte];
        let standard = HeaderBytes::default();
        for pair in COORDINATES.iter().filter(|pair| !pair.iter().any(|byte| lines.contains(byte))) {
            // Floats read as integers are nearly linear too, but with bins of no survey's size.
            let kinds = [FieldKind::Int32, FieldKind::Ieee32, FieldKind::Ibm32].into_iter();
            let fits = kinds.filter_map(|kind| {
                let fields = pair.map(|byte| Field { byte, kind });
                self.fit(layout, bytes, fields).map(|(residual, bin)| (residual / bin, bin, fields))
            });
            let strange = |bin: f64| f64::from(u8::from(!(0.1..=500.0).contains(&bin)));
            let best = fits.min_by(|a, b| (a.0 + strange(a.1)).total_cmp(&(b.0 + strange(b.1))));
            let Some((ratio, bin, [x, y])) = best else { continue };
            if ratio < 0.25 {
                let reason = ([x, y] != [standard.x, standard.y]).then(|| {
                    format!(
                        "coordinates are taken from bytes {x} and {y}: they follow the line numbers to {:.2}, with bins of {bin:.1}, and those before them in the list of usual places do not",
                        ratio * bin
                    )
                });
                return Some(([x, y], reason));
            }
        }
        None
    }

    /// Root mean square residual and smaller bin size of the affine map.
    fn fit(&self, layout: &Layout, bytes: &HeaderBytes, [x, y]: [Field; 2]) -> Option<(f64, f64)> {
        let mut fit: Option<GeoFit> = None;
        for header in self.stretches.iter().flatten() {
            let fields = Fields::trace(header, layout.byte_order);
            let factor =
                if x.kind == FieldKind::Int32 { scale(fields.line(bytes.scalar) as i16) } else { 1.0 };
            let xy = [x, y].map(|field| fields.number(field) * factor);
            if xy.iter().any(|value| !value.is_finite() || value.abs() > 1e12) {
                return None;
            }
            if xy == [0.0; 2] || fields.i16(29) == 2 {
                continue;
            }
            let lines = [bytes.inline, bytes.crossline].map(|field| f64::from(fields.line(field)));
            fit.get_or_insert_with(|| GeoFit::around(lines, xy)).add(lines, xy);
        }
        let axis = LineAxis { first: 0, step: 1, count: 0 };
        let georef = fit?.solve([axis; 2])?;
        let [a, b] = georef.bin_size();
        (a.min(b) > 1e-6).then_some((georef.residual, a.min(b)))
    }
}
