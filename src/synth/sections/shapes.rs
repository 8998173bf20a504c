//! Shapes as distance functions on a section: traces and samples to the boundary, negative inside.
//!
//! Distances are near enough to Euclidean close to the boundary. Smooth minimum after Quilez, I. (2013), Smooth minimum;
//! ellipsoid bound by the same author.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame};

/// Entries of a stalk's profile of radii.
const PROFILE: usize = 64;

/// One shape.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Stalk(Box<Stalk>),
    Lens(Lens),
    Floor(Floor),
}

/// Upright, of round section: domes, walls, stems, chimneys.
#[derive(Debug, Clone)]
pub(super) struct Stalk {
    /// Trace and line of the axis at the crest.
    pub centre: [f32; 2],
    pub crest: f32,
    pub foot: f32,
    /// Traces that the axis moves per sample downwards, and how much that changes over the height.
    pub lean: [f32; 2],
    /// Radius from crest to foot.
    pub radius: [f32; PROFILE + 1],
}

/// An ellipsoid whose middle surface is bent: pillows, sheets, mounds, channels.
#[derive(Debug, Clone)]
pub(super) struct Lens {
    /// Trace, line, sample of the centre.
    pub centre: [f32; 3],
    /// Half axes: traces, lines, samples.
    pub axes: [f32; 3],
    /// Samples downwards per trace.
    pub slope: f32,
    /// Height of the undulation, and the undulation.
    pub bend: (f32, Field),
    /// 2 is an ellipsoid, larger is blunter.
    pub power: f32,
    /// What of it is kept.
    pub half: Half,
}

/// The part of a lens that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Both,
    Upper,
    Lower,
}

/// All below a surface, down to a base or to the end.
#[derive(Debug, Clone)]
pub(super) struct Floor {
    pub top: Relief,
    pub base: Option<Relief>,
}

/// A surface.
#[derive(Debug, Clone)]
pub(super) struct Relief {
    /// Mean sample.
    pub level: f32,
    /// Samples downwards per trace from the middle of the section.
    pub slope: f32,
    /// Height of its hills, and the hills.
    pub hills: (f32, Field),
    /// Height of what is on the hills.
    pub rough: (f32, Field),
    pub style: Style,
}

/// The form of a surface's hills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Smooth,
    /// Sharp upwards, as between minibasins.
    Cusps,
    /// Sharp downwards, flat or round on top.
    Keels,
    /// Tilted blocks.
    Blocks,
}

impl Relief {
    /// Its samples along a line.
    pub(super) fn line(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let (hills, rough) = (self.hills.1.line(frame, y), self.rough.1.line(frame, y));
        let middle = 0.5 * frame.traces as f32;
        let height = |column: usize| {
            let hill = hills[column];
            let formed = match self.style {
                Style::Smooth => hill,
                Style::Cusps => 1.0 - 1.8 * hill.abs().min(2.2).powf(0.8),
                Style::Keels => 1.8 * hill.abs().min(2.2).powf(0.8) - 1.0,
                Style::Blocks => {
                    let phase = 1.5 * hill + column as f32 / frame.traces as f32 * 3.0;
                    2.0 * (phase - phase.floor()) - 1.0
                }
            };
            self.hills.0 * formed + self.rough.0 * rough[column]
        };
        (0..frame.traces)
            .map(|column| self.level + self.slope * (column as f32 - middle) - height(column))
            .collect()
    }
}

impl Shape {
    /// Distances on line `y` at the upper edge of each row.
    pub(super) fn plane(&self, frame: &Frame, y: f32) -> Vec<f32> {
        match self {
            Self::Stalk(stalk) => stalk.plane(frame, y),
            Self::Lens(lens) => lens.plane(frame, y),
            Self::Floor(floor) => floor.plane(frame, y),
        }
    }
}

/// A plane from a function of column and time of each row's upper edge.
fn plane(frame: &Frame, value: impl Fn(usize, f32) -> f32) -> Vec<f32> {
    let mut plane = Vec::with_capacity(frame.area());
    for row in 0..frame.rows() {
        let t = frame.time(row) - 0.5;
        plane.extend((0..frame.traces).map(|column| value(column, t)));
    }
    plane
}

impl Stalk {
    /// From crest to foot with this radius at each share of the height.
    pub(super) fn new(
        centre: [f32; 2],
        [crest, foot]: [f32; 2],
        lean: [f32; 2],
        radius: impl Fn(f32) -> f32,
    ) -> Self {
        Self { centre, crest, foot, lean, radius: std::array::from_fn(|k| radius(k as f32 / PROFILE as f32)) }
    }

    fn plane(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let height = self.foot - self.crest;
        let scale = PROFILE as f32 / height;
        let dy = y - self.centre[1];
        let mut plane = Vec::with_capacity(frame.area());
        for row in 0..frame.rows() {
            let t = frame.time(row) - 0.5;
            let s = t - self.crest;
            let at = (s * scale).clamp(0.0, PROFILE as f32 - 1e-3);
            let (k, share) = (at as usize, at.fract());
            let radius = self.radius[k] + (self.radius[k + 1] - self.radius[k]) * share;
            let rise = (self.radius[k + 1] - self.radius[k]) * scale;
            let steep = 1.0 / (1.0 + rise * rise).sqrt();
            let along = s.clamp(0.0, height) / height;
            let axis = self.centre[0] + (s.clamp(0.0, height)) * (self.lean[0] + self.lean[1] * along);
            let beyond = (-s).max(s - height);
            plane.extend((0..frame.traces).map(|column| {
                let dx = column as f32 - axis;
                let off = (dx * dx + dy * dy).sqrt() - radius;
                if beyond <= 0.0 {
                    // Inside a flat end is no further from outside than the end is.
                    (off * steep).max(beyond)
                } else {
                    let off = off.max(0.0);
                    (off * off + beyond * beyond).sqrt()
                }
            }));
        }
        plane
    }
}

impl Lens {
    fn plane(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let bend = self.bend.1.line(frame, y);
        let [ax, ay, at] = self.axes;
        let dy = (y - self.centre[1]) / ay;
        let exponent = self.power / 2.0;
        let middle: Vec<f32> = (0..frame.traces)
            .map(|column| {
                self.centre[2] + self.slope * (column as f32 - self.centre[0]) + self.bend.0 * bend[column]
            })
            .collect();
        // |x/a|^p + |y/b|^p of each column, and its share of the squared gradient.
        let across: Vec<(f32, f32)> = (0..frame.traces)
            .map(|column| {
                let dx = (column as f32 - self.centre[0]) / ax;
                let (u, v) = ((dx * dx).powf(exponent), (dy * dy).powf(exponent));
                (u + v, (dx / ax).powi(2) + (dy / ay).powi(2))
            })
            .collect();
        let blunt = (self.power - 2.0).abs() > 0.05;
        plane(frame, |column, t| {
            let (sum, slope) = across[column];
            let dt = (t - middle[column]) / at;
            let squared = dt * dt;
            let k = (sum + if blunt { squared.powf(exponent) } else { squared }).powf(1.0 / self.power);
            let gradient = (slope + squared / (at * at)).sqrt().max(1e-6);
            let distance = (k - 1.0) * (k / gradient).clamp(at.min(ax) * 0.2, 4.0 * at.max(ax));
            let cut = t - middle[column];
            match self.half {
                Half::Both => distance,
                Half::Upper => distance.max(cut),
                Half::Lower => distance.max(-cut),
            }
        })
    }
}

impl Floor {
    fn plane(&self, frame: &Frame, y: f32) -> Vec<f32> {
        let top = Levelled::new(&self.top, frame, y);
        let base = self.base.as_ref().map(|base| Levelled::new(base, frame, y));
        plane(frame, |column, t| {
            let above = (top.level[column] - t) * top.steep[column];
            match &base {
                Some(base) => above.max((t - base.level[column]) * base.steep[column]),
                None => above,
            }
        })
    }
}

/// A surface along a line with what turns vertical distances to it into real ones.
struct Levelled {
    level: Vec<f32>,
    steep: Vec<f32>,
}

impl Levelled {
    fn new(relief: &Relief, frame: &Frame, y: f32) -> Self {
        let level = relief.line(frame, y);
        let last = level.len() - 1;
        let steep = (0..level.len())
            .map(|column| {
                let (left, right) = (column.saturating_sub(3), (column + 3).min(last));
                let slope = (level[right] - level[left]) / (right - left).max(1) as f32;
                1.0 / (1.0 + slope * slope).sqrt()
            })
            .collect();
        Self { level, steep }
    }
}

/// The smaller of two distances, rounded where they are within `width` of each other.
pub(super) fn smooth_min(a: f32, b: f32, width: f32) -> f32 {
    let h = (width - (a - b).abs()).max(0.0) / width;
    a.min(b) - 0.25 * h * h * width
}

/// A surface with hills of about `height` samples over `cell` traces.
pub(super) fn relief(rng: &mut ChaCha8Rng, level: f32, height: f32, cell: f32, style: Style) -> Relief {
    Relief {
        level,
        slope: 0.0,
        hills: (height, Field::surface(rng, cell)),
        rough: (0.15 * height * rng.random::<f32>(), Field::surface(rng, 0.12 * cell + 2.0)),
        style,
    }
}

/// A lens with this centre, half axes and undulation.
pub(super) fn lens(rng: &mut ChaCha8Rng, centre: [f32; 3], axes: [f32; 3], bend: f32) -> Lens {
    Lens {
        centre,
        axes,
        slope: 0.0,
        bend: (bend, Field::surface(rng, (0.6 * axes[0]).max(6.0))),
        power: if rng.chance(0.5) { 2.0 } else { rng.from([2.0, 4.5]) },
        half: Half::Both,
    }
}
