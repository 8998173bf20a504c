//! Layers: fractal impedance along packages that are folded, tilted, faulted, cut off, and dragged along by salt.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame};
use super::shapes::{Relief, Style, relief};
use super::spec::{DragSpec, FaultSpec, LayerSpec};

/// Entries of an impedance table per sample.
const FINE: usize = 4;
/// Entries of a table; layers repeat after a quarter of as many samples, a power of two.
const TABLE: usize = 4096;

/// All layers of a section.
#[derive(Debug)]
pub(super) struct Layers {
    packages: Vec<Package>,
    folds: [(f32, Field); 2],
    /// Share of folding and dragging that the top of the section has, and the power with which it grows to the bottom.
    growth: (f32, f32),
    dip: f32,
    faults: Vec<Fault>,
    drag: Option<Drag>,
    lateral: Option<(f32, Field)>,
    samples: f32,
    middle: f32,
}

/// Layers that were laid down together.
#[derive(Debug)]
struct Package {
    /// Their upper end, in the coordinate of the layers; the first package has none.
    top: Option<Relief>,
    /// Samples per trace against the common dip, and folds of their own.
    dip: f32,
    folds: (f32, Field),
    strength: f32,
    table: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Fault {
    /// Trace at sample 0 and line 0, traces per line, traces per sample, change of the latter per sample.
    at: f32,
    strike: f32,
    run: f32,
    listric: f32,
    /// Middle and half height, samples.
    middle: f32,
    half: f32,
    throw: f32,
    /// Traces over which the hanging wall bends back.
    rollover: f32,
}

#[derive(Debug, Clone, Copy)]
struct Drag {
    height: f32,
    reach: f32,
    /// Height and reach of the syncline around.
    syncline: [f32; 2],
}

/// What the layers of a line look like.
pub(super) struct Laid {
    /// Impedance at the upper edge of each row, zero mean, where nothing else is.
    pub impedance: Vec<f32>,
    /// Factor of reflections.
    pub strength: Vec<f32>,
}

impl Layers {
    pub(super) fn draw(
        rng: &mut ChaCha8Rng,
        (spec, faults, drag): (&LayerSpec, &FaultSpec, &DragSpec),
        frame: &Frame,
    ) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        let count = rng.random_range(1..=spec.packages);
        let mut tops: Vec<f32> = (1..count).map(|_| rng.from([0.0, 1.1]) * h).collect();
        tops.sort_by(f32::total_cmp);
        let mut packages = Vec::new();
        for index in 0..count {
            let top = index.checked_sub(1).map(|above| {
                let (height, cell) = (rng.little([0.0, 0.08]) * h, rng.log([0.15, 1.0]) * w);
                let mut top = relief(rng, tops[above], height, cell, Style::Smooth);
                top.slope = rng.normal() * 0.04;
                top
            });
            packages.push(Package::draw(rng, spec, top, index > 0, frame));
        }
        let (long, short) = (rng.log([0.3, 1.5]) * w, rng.log([0.05, 0.2]) * w);
        let (high, low) = (rng.little(spec.folds) * h, rng.little(spec.ripples));
        let count = if rng.chance(faults.p) { rng.random_range(1..=faults.count.max(1)) } else { 0 };
        Self {
            packages,
            folds: [(high, Field::surface(rng, long)), (low, Field::surface(rng, short))],
            growth: (rng.from([0.0, 1.0]), rng.from([0.5, 2.0])),
            dip: rng.sign() * rng.little(spec.dip),
            faults: (0..count.min(faults.count)).map(|_| Fault::draw(rng, faults, frame)).collect(),
            drag: rng.chance(drag.p).then(|| Drag::draw(rng, drag)),
            lateral: rng.chance(spec.lateral).then(|| {
                let cell = [rng.log([0.1, 0.6]) * w, rng.log([0.1, 0.6]) * w, rng.log([6.0, 40.0])];
                (rng.from([0.1, 0.7]), Field::new(rng, cell))
            }),
            samples: h,
            middle: 0.5 * w,
        }
    }

    /// The layer coordinate on line `y` at the upper edge of each row, where `salt` is the distance to salt.
    pub(super) fn coordinate(&self, frame: &Frame, y: f32, salt: Option<&[f32]>) -> Vec<f32> {
        let [long, short] = [&self.folds[0], &self.folds[1]].map(|(height, field)| {
            field.line(frame, y).into_iter().map(|value| height * value).collect::<Vec<_>>()
        });
        let mut coordinate = Vec::with_capacity(frame.area());
        for row in 0..frame.rows() {
            let t = frame.time(row) - 0.5;
            let growth = self.growth_at(t);
            coordinate.extend((0..frame.traces).map(|column| {
                t + self.dip * (column as f32 - self.middle) + growth * (long[column] + short[column])
            }));
        }
        if let (Some(drag), Some(salt)) = (self.drag, salt) {
            drag.apply(frame, |t| self.growth_at(t), salt, &mut coordinate);
        }
        for fault in &self.faults {
            fault.apply(frame, y, &mut coordinate);
        }
        coordinate
    }

    fn growth_at(&self, t: f32) -> f32 {
        let (least, power) = self.growth;
        least + (1.0 - least) * (t / self.samples).clamp(0.0, 1.2).powf(power)
    }

    /// Impedance and strength of the layers with this coordinate.
    pub(super) fn lay(&self, frame: &Frame, y: f32, coordinate: &[f32]) -> Laid {
        let own: Vec<Vec<f32>> = self.packages.iter().map(|package| package.offsets(frame, y)).collect();
        let tops: Vec<Vec<f32>> =
            self.packages.iter().filter_map(|package| Some(package.top.as_ref()?.line(frame, y))).collect();
        let mut impedance = Vec::with_capacity(frame.area());
        let mut strength = Vec::with_capacity(frame.area());
        for row in coordinate.chunks_exact(frame.traces) {
            for (column, &t) in row.iter().enumerate() {
                let index = tops.iter().filter(|top| top[column] < t).count();
                let package = &self.packages[index];
                impedance.push(package.at(t + own[index][column]));
                strength.push(package.strength);
            }
        }
        if let Some((deviation, field)) = &self.lateral {
            for (strength, value) in strength.iter_mut().zip(field.plane(frame, y)) {
                // exp(x), near enough, and never negative.
                let x = 0.25 * deviation * value;
                *strength *= (1.0 + x + 0.5 * x * x).powi(4);
            }
        }
        Laid { impedance, strength }
    }
}

impl Package {
    fn draw(
        rng: &mut ChaCha8Rng,
        spec: &LayerSpec,
        top: Option<Relief>,
        tilted: bool,
        frame: &Frame,
    ) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        let dip = if tilted && rng.chance(0.6) { rng.normal() * 0.12 } else { 0.0 };
        let height = if rng.chance(0.5) { rng.little([0.0, 0.06]) * h } else { 0.0 };
        let cell = rng.log([0.1, 0.8]) * w;
        let folds = (height, Field::surface(rng, cell));
        Self { top, dip, folds, strength: rng.log(spec.strength), table: table(rng, spec) }
    }

    /// What is added to the common coordinate along a line.
    fn offsets(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let middle = 0.5 * frame.traces as f32;
        let (height, field) = &self.folds;
        let line = field.line(frame, y).into_iter().enumerate();
        line.map(|(column, value)| self.dip * (column as f32 - middle) + height * value).collect()
    }

    /// The impedance at a layer coordinate in samples.
    fn at(&self, t: f32) -> f32 {
        let at = t * FINE as f32 + 16.0 * TABLE as f32;
        let k = at as usize;
        let share = at - k as f32;
        let (a, b) = (self.table[k % TABLE], self.table[(k + 1) % TABLE]);
        a + (b - a) * share
    }
}

/// Impedance along layers: octaves of noise, single strong boundaries, strong and quiet groups. The root mean square of its
/// differences over a sample is 1.
fn table(rng: &mut ChaCha8Rng, spec: &LayerSpec) -> Vec<f32> {
    let line = Frame { lines: 1, traces: TABLE, samples: 1, above: 0 };
    let mut values = vec![0.0; TABLE];
    let growth = rng.from(spec.growth);
    for octave in 0..8 {
        let cell = 0.75 * (1 << octave) as f32;
        let height = cell.powf(growth) * rng.from([0.4, 1.2]);
        let octave = Field::surface(rng, cell * FINE as f32).line(&line, 0.0);
        values.iter_mut().zip(octave).for_each(|(value, octave)| *value += height * octave);
    }
    let mut differences: Vec<f32> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let typical = rms(&differences);
    differences.iter_mut().for_each(|difference| *difference /= typical);
    // Groups of 8 to 60 samples.
    let (loudness, cell) = (rng.from([0.0, 1.1]), rng.log([8.0, 60.0]) * FINE as f32);
    let groups = Field::surface(rng, cell).line(&line, 0.0);
    for (difference, group) in differences.iter_mut().zip(groups) {
        *difference *= (loudness * group).exp();
    }
    let steps = (rng.from(spec.steps) * (TABLE / FINE) as f32 / 100.0) as usize;
    for _ in 0..steps {
        let at = rng.random_range(0..differences.len());
        differences[at] += 6.0 * rng.sign() * rng.log([0.3, 3.0]) * FINE as f32 / 2.0;
    }
    // Back to impedance, without drifting away.
    let mut value = 0.0;
    let mut impedance: Vec<f32> = std::iter::once(0.0)
        .chain(differences.iter().map(|difference| {
            value = 0.996 * value + difference;
            value
        }))
        .collect();
    // A layer boundary is a sample wide: no finer than the rows that will see it.
    let fine = impedance.clone();
    for (k, value) in impedance.iter_mut().enumerate() {
        let weight = |offset: usize| (FINE - FINE.abs_diff(offset)) as f32;
        let sum: f32 = (1..2 * FINE).map(|o| weight(o) * fine[(k + o + TABLE - FINE) % TABLE]).sum();
        *value = sum / (FINE * FINE) as f32;
    }
    let mean = impedance.iter().sum::<f32>() / TABLE as f32;
    let over_a_sample: Vec<f32> = (0..TABLE).map(|k| impedance[(k + FINE) % TABLE] - impedance[k]).collect();
    let scale = 1.0 / rms(&over_a_sample);
    impedance.iter_mut().for_each(|value| *value = (*value - mean) * scale);
    impedance
}

/// Root mean square, never 0.
pub(super) fn rms(values: &[f32]) -> f32 {
    let sum: f32 = values.iter().map(|value| value * value).sum();
    (sum / values.len().max(1) as f32).sqrt().max(1e-12)
}

impl Fault {
    fn draw(rng: &mut ChaCha8Rng, spec: &FaultSpec, frame: &Frame) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        Self {
            at: rng.from([-0.2, 1.2]) * w,
            strike: rng.normal() * 0.5,
            run: rng.sign() * rng.from([0.05, 1.0]),
            listric: rng.sign() * rng.from([0.0, 0.3]) / h,
            middle: rng.from([0.0, 1.1]) * h,
            half: rng.from([0.15, 1.0]) * h,
            throw: rng.little(spec.throw),
            rollover: rng.log([0.1, 1.0]) * w,
        }
    }

    fn apply(&self, frame: &Frame, y: f32, coordinate: &mut [f32]) {
        for (row, coordinate) in coordinate.chunks_exact_mut(frame.traces).enumerate() {
            let t = frame.time(row) - 0.5;
            let down = (t - self.middle) / self.half;
            if down.abs() >= 1.0 {
                continue;
            }
            let throw = self.throw * (1.0 - down * down);
            let at = self.at + self.strike * y + (self.run + self.listric * (t - self.middle)) * t;
            // The side above the surface went down: what is seen there lay higher.
            let side = self.run.signum();
            for (column, coordinate) in coordinate.iter_mut().enumerate() {
                let beyond = side * (column as f32 - at);
                let share = (1.0 - beyond / self.rollover).max(0.0);
                *coordinate -= if beyond > 0.0 { throw * share * share } else { 0.0 };
            }
        }
    }
}

impl Drag {
    fn draw(rng: &mut ChaCha8Rng, spec: &DragSpec) -> Self {
        let height = rng.little(spec.height);
        let reach = rng.log(spec.reach);
        let syncline = if rng.chance(spec.syncline) { rng.from([0.0, 0.6]) * height.abs() } else { 0.0 };
        Self { height, reach, syncline: [syncline, 2.5 * reach] }
    }

    fn apply(&self, frame: &Frame, growth: impl Fn(f32) -> f32, salt: &[f32], coordinate: &mut [f32]) {
        let rows = coordinate.chunks_exact_mut(frame.traces).zip(salt.chunks_exact(frame.traces));
        let [syncline, wide] = self.syncline;
        for (row, (coordinate, salt)) in rows.enumerate() {
            let growth = 0.4 + 0.6 * growth(frame.time(row));
            for (coordinate, distance) in coordinate.iter_mut().zip(salt) {
                let near = 1.0 / (1.0 + distance.max(0.0) / (2.0 * self.reach)).powi(4);
                let around = 1.0 / (1.0 + distance.max(0.0) / (2.0 * wide)).powi(4);
                *coordinate += growth * (self.height * near - syncline * around);
            }
        }
    }
}
