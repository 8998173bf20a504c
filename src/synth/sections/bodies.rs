//! Salt bodies of a section.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame};
use super::shapes::{Floor, Half, Shape, Stalk, Style, lens, relief, smooth_min};
use super::spec::SaltSpec;

/// All salt of a section, as one distance function.
#[derive(Debug)]
pub(super) struct Salt {
    shapes: Vec<Shape>,
    /// Samples by which the boundary is displaced, and how.
    rough: [(f32, Field); 2],
    /// Samples within which bodies that touch run into each other.
    melt: f32,
}

impl Salt {
    /// Draws bodies, perhaps none.
    pub(super) fn draw(rng: &mut ChaCha8Rng, spec: &SaltSpec, frame: &Frame) -> Self {
        let mut shapes = Vec::new();
        if !rng.chance(spec.none) {
            shapes.extend(body(rng, spec, frame));
            for _ in 0..3 {
                if rng.chance(spec.more) {
                    shapes.extend(body(rng, spec, frame));
                }
            }
        }
        let rough = rng.little(spec.rough);
        let (coarse, fine) = (rng.log([8.0, 40.0]), rng.log([2.5, 8.0]));
        Self {
            shapes,
            rough: [
                (rough, Field::new(rng, [coarse; 3])),
                (0.4 * rough * rng.random::<f32>(), Field::new(rng, [fine; 3])),
            ],
            melt: rng.from([1.0, 12.0]),
        }
    }

    /// Distances on line `y` at the upper edge of each row; `None` without salt.
    pub(super) fn plane(&self, frame: &Frame, y: f32) -> Option<Vec<f32>> {
        let (first, rest) = self.shapes.split_first()?;
        let mut distance = first.plane(frame, y);
        for shape in rest {
            for (distance, other) in distance.iter_mut().zip(shape.plane(frame, y)) {
                *distance = smooth_min(*distance, other, self.melt);
            }
        }
        for (height, field) in self.rough.iter().filter(|(height, _)| *height > 0.05) {
            for (distance, rough) in distance.iter_mut().zip(field.plane(frame, y)) {
                *distance += height * rough;
            }
        }
        Some(distance)
    }
}

/// The shapes of one body.
fn body(rng: &mut ChaCha8Rng, spec: &SaltSpec, frame: &Frame) -> Vec<Shape> {
    let (w, h) = (frame.traces as f32, frame.samples as f32);
    let centre = [rng.from([-0.15, 1.15]) * w, rng.from([0.0, 1.0]) * frame.lines as f32];
    let top = rng.from(spec.top) * h;
    let half = rng.log(spec.half_width) * w;
    let mut pick = rng.random::<f32>() * spec.kinds.iter().sum::<f32>();
    let kind = spec.kinds.iter().position(|weight| {
        pick -= weight;
        pick < 0.0
    });
    match kind {
        Some(0) => vec![dome(rng, centre, top, half, h)],
        Some(1) => vec![wall(rng, centre, top, half, h)],
        Some(2) => stem(rng, centre, top, half, [w, h]),
        Some(3) => vec![pillow(rng, centre, top, half, h)],
        Some(4) => sheet(rng, centre, top, half, [w, h]),
        Some(5) => massif(rng, centre, top, half, h),
        _ => vec![floor(rng, top, [w, h])],
    }
}

/// Where a body that stands ends: mostly below the section, else in a round foot.
fn foot(rng: &mut ChaCha8Rng, top: f32, h: f32) -> f32 {
    if rng.chance(0.65) { 1.3 * h.max(top) + 0.3 * h } else { top + rng.from([0.15, 0.8]) * h }
}

/// The share of its radius that a body has at the share `s` of its height, near its foot.
fn rounded(s: f32) -> f32 {
    (1.0 - ((s - 0.8).max(0.0) / 0.2).powi(2)).max(0.0).sqrt()
}

/// Round on top, then widening or narrowing, perhaps with a neck or an overhang.
fn dome(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, h: f32) -> Shape {
    let foot = foot(rng, top, h);
    let (rise, flare) = (rng.log([0.25, 1.0]), rng.from([-0.5, 1.6]));
    let shoulder = (rng.from([0.5, 2.0]) * half / (foot - top)).clamp(0.03, 1.0);
    let bulge = if rng.chance(0.4) { rng.from([-0.4, 0.9]) } else { 0.0 };
    let (bulge_at, bulge_width) = (rng.from([0.05, 0.5]), rng.from([0.08, 0.3]));
    let lean = [rng.normal() * 0.25, rng.normal() * 0.2];
    Shape::Stalk(Box::new(Stalk::new(centre, [top, foot], lean, |s| {
        let round = (s / shoulder).min(1.0).powf(rise);
        let bell = 1.0 + bulge * (-((s - bulge_at) / bulge_width).powi(2)).exp();
        (half * round * bell * (1.0 + flare * s) * rounded(s)).max(0.0)
    })))
}

/// Steep sides, flat or pointed top.
fn wall(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, h: f32) -> Shape {
    let foot = foot(rng, top, h);
    let half = 0.5 * half;
    let taper = rng.from([-0.4, 0.8]);
    let shoulder = (rng.from([0.3, 3.0]) * half / (foot - top)).clamp(0.01, 1.0);
    let rise = rng.log([0.15, 1.0]);
    let lean = [rng.normal() * 0.4, rng.normal() * 0.3];
    Shape::Stalk(Box::new(Stalk::new(centre, [top, foot], lean, |s| {
        half * (s / shoulder).min(1.0).powf(rise) * (1.0 + taper * s) * rounded(s)
    })))
}

/// A thin stem, perhaps pinched off, with a bulb on it.
fn stem(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, [w, h]: [f32; 2]) -> Vec<Shape> {
    let height = (half * rng.from([0.4, 1.4])).clamp(6.0, 0.5 * h);
    let bulb = [centre[0], centre[1], top + height];
    let mut head = lens(rng, bulb, [half, half, height], 0.1 * height);
    head.slope = rng.normal() * 0.15;
    let thin = rng.from([0.012, 0.06]) * w;
    let (neck, neck_at) = (rng.from([0.0, 0.9]), rng.from([0.2, 0.7]));
    let pedestal = rng.from([0.0, 3.0]);
    let foot = foot(rng, top + 2.0 * height, h);
    let lean = [rng.normal() * 0.3, rng.normal() * 0.3];
    let stalk = Stalk::new(centre, [top + height, foot], lean, |s| {
        let waist = 1.0 - neck * (-((s - neck_at) / 0.2).powi(2)).exp();
        thin * (waist + pedestal * (s - 0.6).max(0.0) * 2.5) * rounded(s)
    });
    vec![Shape::Lens(head), Shape::Stalk(Box::new(stalk))]
}

/// A lens on a flat base.
fn pillow(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, h: f32) -> Shape {
    let height = rng.log([0.06, 0.6]) * h;
    let wide = half * rng.from([1.0, 2.5]);
    let mut pillow = lens(rng, [centre[0], centre[1], top + height], [wide, wide, height], 0.1 * height);
    pillow.slope = rng.normal() * 0.05;
    pillow.half = Half::Upper;
    Shape::Lens(pillow)
}

/// A sheet or tongue that climbs through the layers, perhaps with the stem that fed it.
fn sheet(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, [w, h]: [f32; 2]) -> Vec<Shape> {
    let thick = rng.log([0.02, 0.2]) * h;
    let wide = half * rng.from([1.0, 3.0]);
    let undulation = rng.little([0.0, 0.2]) * h;
    let mut sheet = lens(rng, [centre[0], centre[1], top + thick], [wide, wide, thick], undulation);
    sheet.slope = rng.normal() * 0.25;
    sheet.power = rng.from([2.0, 6.0]);
    let mut shapes = vec![Shape::Lens(sheet)];
    if rng.chance(0.5) {
        let at = centre[0] + rng.from([-0.9, 0.9]) * wide;
        let thin = rng.from([0.015, 0.08]) * w;
        let lean = [rng.normal() * 0.5, 0.0];
        let stalk = Stalk::new([at, centre[1]], [top + thick, 1.4 * h + top], lean, |s| thin * (1.0 + s));
        shapes.push(Shape::Stalk(Box::new(stalk)));
    }
    shapes
}

/// Several round bodies grown together.
fn massif(rng: &mut ChaCha8Rng, centre: [f32; 2], top: f32, half: f32, h: f32) -> Vec<Shape> {
    let tall = rng.from([0.12, 0.7]) * h;
    let count = rng.random_range(1..=4);
    let part = |rng: &mut ChaCha8Rng| {
        let size = rng.from([0.5, 1.3]);
        let x = centre[0] + rng.from([-1.0, 1.0]) * half;
        let y = centre[1] + rng.from([-1.0, 1.0]) * half;
        let height = size * tall;
        let t = top + height + rng.from([0.0, 0.5]) * tall;
        let mut part = lens(rng, [x, y, t], [size * half * 1.3, size * half * 1.3, height], 0.2 * height);
        part.slope = rng.normal() * 0.3;
        Shape::Lens(part)
    };
    (0..count).map(|_| part(rng)).collect()
}

/// All below a surface with hills, down to the end or to a base, which the surface may touch (welds).
fn floor(rng: &mut ChaCha8Rng, top: f32, [w, h]: [f32; 2]) -> Shape {
    let height = rng.little([0.01, 0.35]) * h;
    let cell = rng.log([0.06, 0.7]) * w;
    let style = match rng.random_range(0..10) {
        0..=4 => Style::Smooth,
        5..=7 => Style::Cusps,
        _ => Style::Keels,
    };
    let mut surface = relief(rng, top, height, cell, style);
    surface.slope = rng.normal() * 0.12;
    let base = rng.chance(0.6).then(|| {
        let thick = rng.log([0.05, 0.7]) * h;
        let hills = rng.little([0.0, 0.06]) * h;
        let cell = rng.log([0.2, 1.5]) * w;
        let style = if rng.chance(0.3) { Style::Blocks } else { Style::Smooth };
        let mut base = relief(rng, top + thick, hills, cell, style);
        base.slope = rng.normal() * 0.06;
        base
    });
    Shape::Floor(Floor { top: surface, base })
}
