//! Smooth random fields on a section: cubic B-splines over a lattice of hashed values.
//!
//! The lattice is hashed, not stored: a field has no border and no period, any line of it can be had alone, and lines that lie
//! beside each other are alike. On one line its spline is separable, which makes a field cost about a nanosecond a sample.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::kernels::axpy;

/// Where a section's samples are: `traces` columns and `rows` rows, of which row 0 lies `above` samples above the section's first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Lines of the volume; a single section has 1.
    pub lines: usize,
    pub traces: usize,
    /// Samples of the section itself.
    pub samples: usize,
    /// Rows computed above and below the section, so that wavelets find what lies there.
    pub above: usize,
}

impl Frame {
    /// Rows computed, margins included.
    pub(super) fn rows(&self) -> usize {
        self.samples + 2 * self.above
    }

    /// The vertical coordinate of a row, in samples of the section.
    pub(super) fn time(&self, row: usize) -> f32 {
        row as f32 - self.above as f32
    }

    /// Rows times columns.
    pub(super) fn area(&self) -> usize {
        self.rows() * self.traces
    }
}

/// A random function of line, trace and sample: mean 0, variance about 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    seed: u32,
    /// Lines, traces and samples between the points of the lattice.
    cell: [f32; 3],
    origin: [f32; 3],
}

/// The mean over all places of the sum of squared weights of a cubic B-spline is 151 / 315.
const SPLINE_GAIN: f32 = 1.444_35;

impl Field {
    /// A field that changes over these numbers of lines, traces and samples.
    pub(super) fn new(rng: &mut ChaCha8Rng, cell: [f32; 3]) -> Self {
        Self { seed: rng.random(), cell, origin: std::array::from_fn(|_| 100.0 * rng.random::<f32>()) }
    }

    /// A field of traces and lines alone: a surface.
    pub(super) fn surface(rng: &mut ChaCha8Rng, cell: f32) -> Self {
        Self::new(rng, [cell, cell, f32::INFINITY])
    }

    /// Its values on line `y`, row by row.
    pub(super) fn plane(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let columns = Taps::new(frame.traces, 0.0, self.cell[1], self.origin[1]);
        let rows = Taps::new(frame.rows(), -(frame.above as f32), self.cell[2], self.origin[2]);
        let lattice = self.lattice(frame, y, &columns, &rows);
        let mut wide = vec![0.0; rows.points * frame.traces];
        for (wide, lattice) in wide.chunks_exact_mut(frame.traces).zip(lattice.chunks_exact(columns.points)) {
            columns.spread(lattice, wide);
        }
        let mut plane = vec![0.0; frame.area()];
        for (row, out) in plane.chunks_exact_mut(frame.traces).enumerate() {
            let (first, weights) = rows.at(row);
            for (tap, weight) in weights.iter().enumerate() {
                let from = (first + tap) * frame.traces;
                axpy(*weight, &wide[from..from + frame.traces], out);
            }
        }
        plane
    }

    /// Its values along line `y` at sample 0: all there is of a surface.
    pub(super) fn line(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let columns = Taps::new(frame.traces, 0.0, self.cell[1], self.origin[1]);
        let rows = Taps::new(1, 0.0, f32::INFINITY, 0.0);
        let lattice = self.lattice(frame, y, &columns, &rows);
        let mut line = vec![0.0; frame.traces];
        columns.spread(&lattice, &mut line);
        line
    }

    /// The lattice values that a line sees, summed over the lines beside it.
    fn lattice(&self, frame: &Frame, y: f32, columns: &Taps, rows: &Taps) -> Vec<f32> {
        let mut planes = vec![(0, 1.0)];
        let mut splines = usize::from(rows.points > 1) + 1;
        if frame.lines > 1 {
            splines += 1;
            let lines = Taps::new(1, y, self.cell[0], self.origin[0]);
            let (_, weights) = lines.at(0);
            planes =
                weights.iter().enumerate().map(|(tap, weight)| (lines.base + tap as i32, *weight)).collect();
        }
        let scale = 1.732_050_8 * SPLINE_GAIN.powi(splines as i32);
        let mut lattice = vec![0.0; rows.points * columns.points];
        for (line, weight) in planes {
            for (row, out) in lattice.chunks_exact_mut(columns.points).enumerate() {
                let key = hash(self.seed ^ hash((rows.base + row as i32) as u32 ^ hash(line as u32)));
                for (column, out) in out.iter_mut().enumerate() {
                    *out += scale * weight * unit(hash(key ^ (columns.base + column as i32) as u32));
                }
            }
        }
        lattice
    }
}

/// Which four lattice points each of some evenly spaced places sees, and how much of each.
struct Taps {
    /// Lattice number of the first point.
    base: i32,
    /// Lattice points that are seen at all.
    points: usize,
    taps: Vec<(u32, [f32; 4])>,
}

impl Taps {
    fn new(places: usize, first: f32, cell: f32, origin: f32) -> Self {
        if cell.is_infinite() {
            return Self { base: 0, points: 1, taps: Vec::new() };
        }
        let position = |place: usize| (first + place as f32) / cell + origin;
        let base = position(0).floor() as i32 - 1;
        let tap = |place: usize| {
            let at = position(place);
            let floor = at.floor();
            ((floor as i32 - 1 - base) as u32, spline(at - floor))
        };
        let taps: Vec<_> = (0..places).map(tap).collect();
        let points = taps.last().map_or(4, |(first, _)| *first as usize + 4);
        Self { base, points, taps }
    }

    /// The first point and the weights of a place. Places of an axis along which nothing changes see one point.
    fn at(&self, place: usize) -> (usize, &[f32]) {
        match self.taps.get(place) {
            Some((first, weights)) => (*first as usize, weights),
            None => (0, &[1.0]),
        }
    }

    /// Lattice values to values at all places.
    fn spread(&self, lattice: &[f32], out: &mut [f32]) {
        if self.taps.is_empty() {
            out.fill(lattice[0]);
            return;
        }
        for (out, (first, weights)) in out.iter_mut().zip(&self.taps) {
            let points = &lattice[*first as usize..*first as usize + 4];
            *out = weights.iter().zip(points).map(|(weight, point)| weight * point).sum();
        }
    }
}

/// Weights of a uniform cubic B-spline between its second and third point, `t` in 0..1.
fn spline(t: f32) -> [f32; 4] {
    let s = 1.0 - t;
    let (t2, s2) = (t * t, s * s);
    [s2 * s / 6.0, (4.0 - 6.0 * t2 + 3.0 * t2 * t) / 6.0, (4.0 - 6.0 * s2 + 3.0 * s2 * s) / 6.0, t2 * t / 6.0]
}

/// Uncorrelated values of variance 1, another for each line, row and column.
pub(super) fn white(seed: u32, frame: &Frame, y: f32) -> Vec<f32> {
    let key = hash(seed ^ hash(y.to_bits()));
    let value = |index: u32| {
        let first = hash(key ^ index);
        // Two uniform numbers: their sum's variance is 2 / 3.
        1.224_745 * (unit(first) + unit(first.wrapping_mul(0x9e37_79b1) ^ (first >> 15)))
    };
    (0..frame.area() as u32).map(value).collect()
}

/// "lowbias32" of C. Wellons' hash prospector.
fn hash(mut h: u32) -> u32 {
    h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
    h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

/// -1..1.
fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 * (2.0 / 16_777_216.0) - 1.0
}
