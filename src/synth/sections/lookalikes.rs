//! What is no salt but may look like it: zones in which layers are disturbed, dimmed, or something else altogether.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame};
use super::shapes::{Floor, Half, Shape, Stalk, Style, lens, relief};
use super::spec::LookalikeSpec;

/// A part of the section that is not as its layers say.
#[derive(Debug)]
pub(super) struct Zone {
    shape: Shape,
    /// Outside of the shape instead of inside.
    outside: bool,
    /// Samples over which it begins.
    edge: f32,
    pub effect: Effect,
}

/// What is different in it.
#[derive(Debug)]
pub(super) struct Effect {
    /// Factor of reflections.
    pub strength: f32,
    /// Layers displaced at random: samples, and how.
    pub jumble: Option<(f32, Field)>,
    /// Layers displaced downwards, samples: seen later than they lie.
    pub shift: f32,
    /// Samples per trace by which layers are tilted.
    pub tilt: f32,
    /// Impedance against what is around.
    pub contrast: f32,
    /// Factor of noise.
    pub noise: f32,
    /// Whether salt cannot be there.
    pub water: bool,
    /// Whether salt anywhere in the section could not be seen.
    pub hides_salt: bool,
}

impl Effect {
    fn none() -> Self {
        Self {
            strength: 1.0,
            jumble: None,
            shift: 0.0,
            tilt: 0.0,
            contrast: 0.0,
            noise: 1.0,
            water: false,
            hides_salt: false,
        }
    }
}

impl Zone {
    /// Share of the zone at the upper edge of each row on line `y`, 0..1.
    pub(super) fn share(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let sign = if self.outside { -1.0 } else { 1.0 };
        let mut share = self.shape.plane(frame, y);
        let scale = sign / self.edge;
        share.iter_mut().for_each(|value| *value = (0.5 - *value * scale).clamp(0.0, 1.0));
        share
    }
}

/// Draws the zones of a section, in the order in which they act.
pub(super) fn zones(rng: &mut ChaCha8Rng, spec: &LookalikeSpec, frame: &Frame) -> Vec<Zone> {
    type Maker = fn(&mut ChaCha8Rng, f32, f32) -> Zone;
    let makers: [(f32, Maker); 10] = [
        (spec.chaotic, chaotic),
        (spec.transparent, transparent),
        (spec.wedge, wedge),
        (spec.basement, basement),
        (spec.mound, mound),
        (spec.channel, channel),
        (spec.sill, sill),
        (spec.chimney, chimney),
        (spec.crystalline, crystalline),
        (spec.water, water),
    ];
    let (w, h) = (frame.traces as f32, frame.samples as f32);
    let mut zones = Vec::new();
    for (p, make) in makers {
        if rng.chance(p) {
            zones.push(make(rng, w, h));
        }
    }
    zones
}

/// A band between two surfaces that run side by side, thickening and thinning.
fn band(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Shape {
    let (level, thick) = (rng.from([0.0, 0.95]) * h, rng.log([0.04, 0.4]) * h);
    let (height, cell) = (rng.little([0.0, 0.12]) * h, rng.log([0.15, 1.2]) * w);
    let top = relief(rng, level, height, cell, Style::Smooth);
    let mut base = top.clone();
    base.level += thick;
    base.rough = (0.35 * thick * rng.random::<f32>(), Field::surface(rng, 0.5 * cell));
    Shape::Floor(Floor { top, base: Some(base) })
}

fn jumble(
    rng: &mut ChaCha8Rng,
    height: [f32; 2],
    traces: [f32; 2],
    samples: [f32; 2],
) -> Option<(f32, Field)> {
    let cell = [rng.log(traces), rng.log(traces), rng.log(samples)];
    Some((rng.from(height), Field::new(rng, cell)))
}

fn chaotic(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let effect = Effect {
        strength: rng.log([0.2, 1.5]),
        jumble: jumble(rng, [3.0, 16.0], [3.0, 25.0], [2.5, 15.0]),
        noise: rng.from([0.7, 2.0]),
        contrast: rng.normal(),
        ..Effect::none()
    };
    Zone { shape: band(rng, w, h), outside: false, edge: rng.from([1.0, 6.0]), effect }
}

fn transparent(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let effect = Effect {
        strength: rng.log([0.01, 0.3]),
        noise: rng.from([0.3, 1.2]),
        contrast: rng.normal(),
        ..Effect::none()
    };
    Zone { shape: band(rng, w, h), outside: false, edge: rng.from([1.0, 12.0]), effect }
}

fn wedge(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let cell = rng.log([0.3, 1.5]) * w;
    let height = rng.from([0.02, 0.12]) * h;
    let level = rng.from([-0.3, 0.7]) * h;
    let mut top = relief(rng, level, height, cell, Style::Smooth);
    top.slope = rng.normal() * 0.4;
    let effect = Effect {
        strength: rng.log([0.15, 1.0]),
        jumble: jumble(rng, [6.0, 30.0], [10.0, 60.0], [8.0, 40.0]),
        tilt: rng.normal() * 0.4,
        contrast: rng.normal() * 2.0,
        noise: rng.log([1.0, 6.0]),
        ..Effect::none()
    };
    Zone {
        shape: Shape::Floor(Floor { top, base: None }),
        outside: false,
        edge: rng.from([1.0, 10.0]),
        effect,
    }
}

fn basement(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let style = if rng.chance(0.6) { Style::Blocks } else { Style::Smooth };
    let (level, height) = (rng.from([0.35, 1.0]) * h, rng.from([0.01, 0.12]) * h);
    let cell = rng.log([0.15, 0.8]) * w;
    let mut top = relief(rng, level, height, cell, style);
    top.slope = rng.normal() * 0.1;
    let effect = Effect {
        strength: rng.log([0.03, 0.6]),
        jumble: if rng.chance(0.5) { jumble(rng, [3.0, 20.0], [6.0, 50.0], [4.0, 30.0]) } else { None },
        tilt: rng.normal() * 0.5,
        contrast: rng.sign() * rng.log([1.0, 10.0]),
        noise: rng.log([1.0, 5.0]),
        ..Effect::none()
    };
    Zone {
        shape: Shape::Floor(Floor { top, base: None }),
        outside: false,
        edge: rng.from([1.0, 5.0]),
        effect,
    }
}

fn mound(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let height = rng.log([0.03, 0.2]) * h;
    let centre = [rng.random::<f32>() * w, 0.0, rng.from([0.15, 1.0]) * h];
    let half = rng.log([0.04, 0.3]) * w;
    let mut shape = lens(rng, centre, [half, half, height], 0.05 * height);
    shape.half = Half::Upper;
    let effect = Effect {
        strength: rng.log([0.05, 1.5]),
        jumble: jumble(rng, [1.0, 10.0], [3.0, 20.0], [2.0, 12.0]),
        contrast: rng.sign() * rng.log([0.5, 8.0]),
        noise: rng.from([0.7, 1.5]),
        ..Effect::none()
    };
    Zone { shape: Shape::Lens(shape), outside: false, edge: rng.from([1.0, 3.0]), effect }
}

fn channel(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let height = rng.log([0.02, 0.2]) * h;
    let centre = [rng.random::<f32>() * w, 0.0, rng.from([0.0, 0.9]) * h];
    let half = rng.log([0.03, 0.4]) * w;
    let mut shape = lens(rng, centre, [half, half, height], 0.0);
    shape.half = Half::Lower;
    let effect = Effect {
        strength: rng.log([0.1, 2.0]),
        shift: rng.from([50.0, 400.0]),
        jumble: if rng.chance(0.4) { jumble(rng, [1.0, 8.0], [4.0, 20.0], [2.0, 10.0]) } else { None },
        contrast: rng.normal() * 2.0,
        ..Effect::none()
    };
    Zone { shape: Shape::Lens(shape), outside: false, edge: rng.from([1.0, 3.0]), effect }
}

fn sill(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let height = rng.log([1.0, 6.0]);
    let centre = [rng.random::<f32>() * w, 0.0, rng.random::<f32>() * h];
    let half = rng.log([0.05, 0.5]) * w;
    let undulation = rng.little([0.0, 0.08]) * h;
    let mut shape = lens(rng, centre, [half, half, height], undulation);
    shape.slope = rng.normal() * 0.2;
    let effect = Effect { contrast: rng.sign() * rng.log([2.0, 14.0]), ..Effect::none() };
    Zone { shape: Shape::Lens(shape), outside: false, edge: rng.from([1.0, 2.0]), effect }
}

fn chimney(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let half = rng.log([0.02, 0.15]) * w;
    let centre = [rng.random::<f32>() * w, 0.0];
    let ends = [rng.from([-0.2, 0.6]) * h, 1.5 * h];
    let lean = [rng.normal() * 0.08, 0.0];
    let flare = rng.from([0.0, 1.5]);
    let shape = Stalk::new(centre, ends, lean, |s| half * (0.6 + flare * s));
    let effect = Effect {
        strength: rng.log([0.08, 0.8]),
        jumble: jumble(rng, [1.0, 7.0], [2.0, 12.0], [2.0, 15.0]),
        shift: -rng.little([0.0, 14.0]),
        noise: rng.from([0.8, 2.0]),
        ..Effect::none()
    };
    Zone { shape: Shape::Stalk(Box::new(shape)), outside: false, edge: rng.log([3.0, 0.2 * w]), effect }
}

fn crystalline(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let top = relief(rng, -0.5 * h, 0.0, w, Style::Smooth);
    let effect = Effect {
        strength: rng.log([0.02, 0.6]),
        jumble: jumble(rng, [4.0, 25.0], [8.0, 80.0], [6.0, 60.0]),
        tilt: rng.normal() * 0.5,
        noise: rng.log([1.5, 10.0]),
        hides_salt: true,
        ..Effect::none()
    };
    Zone { shape: Shape::Floor(Floor { top, base: None }), outside: false, edge: 1.0, effect }
}

fn water(rng: &mut ChaCha8Rng, w: f32, h: f32) -> Zone {
    let (level, height) = (rng.little([0.01, 0.6]) * h, rng.little([0.0, 0.1]) * h);
    let cell = rng.log([0.15, 1.5]) * w;
    let mut floor = relief(rng, level, height, cell, Style::Smooth);
    floor.slope = rng.normal() * 0.08;
    let effect = Effect {
        strength: 0.0,
        noise: if rng.chance(0.4) { 0.0 } else { rng.little([0.0, 0.6]) },
        contrast: -rng.log([2.0, 10.0]),
        water: true,
        ..Effect::none()
    };
    Zone {
        shape: Shape::Floor(Floor { top: floor, base: None }),
        outside: true,
        edge: rng.from([1.0, 2.0]),
        effect,
    }
}
