//! Noise within the wavelet's band (added to reflectivity), and beside it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame, white};
use super::spec::NoiseSpec;

/// The noise of a section.
#[derive(Debug)]
pub(super) struct Noise {
    seed: u32,
    /// Level of uncorrelated reflectivity.
    pub level: f32,
    /// Factor in salt, and below it.
    pub in_salt: f32,
    pub below_salt: f32,
    events: Vec<Events>,
    stripes: Option<(f32, u32)>,
    fine: Option<(f32, u32)>,
}

/// Noise that is coherent along dipping or curved lines.
#[derive(Debug)]
struct Events {
    level: f32,
    field: Field,
    /// Samples per trace, and per squared trace, from a middle.
    dip: f32,
    curve: f32,
    middle: f32,
    wander: (f32, Field),
    /// Whether only salt and what is below it shows them.
    below_salt: bool,
}

impl Noise {
    pub(super) fn draw(rng: &mut ChaCha8Rng, spec: &NoiseSpec, frame: &Frame) -> Self {
        let level = rng.log(spec.level);
        let mut events = Vec::new();
        if rng.chance(spec.dipping) {
            for _ in 0..rng.random_range(1..=2) {
                events.push(Events::draw(rng, level, 0.0, frame));
            }
        }
        if rng.chance(spec.curved) {
            let curve = rng.sign() * rng.log([0.2, 6.0]) / frame.traces as f32;
            events.push(Events::draw(rng, level, curve, frame));
        }
        let more = rng.chance(spec.below_salt);
        Self {
            seed: rng.random(),
            level,
            in_salt: if more { rng.log([0.5, 5.0]) } else { rng.from([0.2, 1.2]) },
            below_salt: if more { rng.log([1.0, 6.0]) } else { 1.0 },
            events,
            stripes: rng.chance(spec.stripes).then(|| (rng.little([0.03, 0.5]), rng.random())),
            fine: rng.chance(spec.fine).then(|| (rng.little([0.02, 0.5]), rng.random())),
        }
    }

    /// Noise as reflectivity on line `y`; `salt` and `below` are the shares of salt, and of what lies below it.
    pub(super) fn reflectivity(&self, frame: &Frame, y: f32, salt: &[f32], below: &[f32]) -> Vec<f32> {
        let mut noise = white(self.seed, frame, y);
        for ((noise, salt), below) in noise.iter_mut().zip(salt).zip(below) {
            let factor = 1.0 + (self.in_salt - 1.0) * salt + (self.below_salt - 1.0) * below * (1.0 - salt);
            *noise *= self.level * factor;
        }
        for events in &self.events {
            events.add(frame, y, salt, below, &mut noise);
        }
        noise
    }

    /// Noise that no wavelet has shaped, and traces of different strength; `deviation` is that of the image.
    pub(super) fn after(&self, frame: &Frame, y: f32, deviation: f32, image: &mut [f32]) {
        let flat = Frame { above: 0, ..*frame };
        if let Some((level, seed)) = self.stripes {
            let line = Frame { samples: 1, ..flat };
            let factors: Vec<f32> =
                white(seed, &line, y).into_iter().map(|value| (level * value).exp()).collect();
            for row in image.chunks_exact_mut(frame.traces) {
                row.iter_mut().zip(&factors).for_each(|(value, factor)| *value *= factor);
            }
        }
        if let Some((level, seed)) = self.fine {
            let noise = white(seed, &flat, y);
            image.iter_mut().zip(noise).for_each(|(value, noise)| *value += level * deviation * noise);
        }
    }
}

impl Events {
    fn draw(rng: &mut ChaCha8Rng, level: f32, curve: f32, frame: &Frame) -> Self {
        let long = rng.log([6.0, 80.0]);
        Self {
            level: level.min(0.35) * rng.log([0.3, 2.0]),
            field: Field::new(rng, [long, long, rng.clone().log([0.8, 2.5])]),
            dip: rng.sign() * rng.little([0.0, 1.6]),
            curve,
            middle: rng.random::<f32>() * frame.traces as f32,
            wander: (rng.little([0.0, 15.0]), Field::surface(rng, 0.3 * frame.traces as f32)),
            below_salt: rng.chance(0.35),
        }
    }

    fn add(&self, frame: &Frame, y: f32, salt: &[f32], below: &[f32], noise: &mut [f32]) {
        let (width, rows) = (frame.traces, frame.rows());
        let plane = self.field.plane(frame, y);
        let wander = self.wander.1.line(frame, y);
        let offsets: Vec<f32> = (0..width)
            .map(|column| {
                let x = column as f32 - self.middle;
                self.dip * x + 0.5 * self.curve * x * x + self.wander.0 * wander[column]
            })
            .collect();
        // Rows beyond the plane's ends come from its other end: noise has no place.
        let places: Vec<(usize, f32)> = offsets
            .iter()
            .map(|offset| {
                let at = offset.rem_euclid(rows as f32);
                (at as usize % rows, at.fract())
            })
            .collect();
        for row in 0..rows {
            for (column, (first, share)) in places.iter().enumerate() {
                let index = row * width + column;
                let mut a = row + first;
                if a >= rows {
                    a -= rows;
                }
                let b = if a + 1 == rows { 0 } else { a + 1 };
                let (a, b) = (plane[a * width + column], plane[b * width + column]);
                let here = if self.below_salt { salt[index].max(below[index]) } else { 1.0 };
                noise[index] += self.level * here * (a + (b - a) * share);
            }
        }
    }
}
