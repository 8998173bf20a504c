//! The shapes of salt bodies as distance functions: metres to the boundary, negative inside.
//!
//! Distances are near enough to Euclidean close to the boundary. Smooth minimum and maximum after
//! Quilez, I. (2013), Smooth minimum; ellipsoid bound by the same author.

use std::f32::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::random::between;
use super::texture::smoothstep;

/// Entries of a diapir's radius profile.
const PROFILE: usize = 64;

/// An upright body of round section whose radius changes with depth: a stem with a bulb that
/// overhangs, a widening pedestal, or a teardrop that has lost its root.
#[derive(Debug)]
pub(super) struct Diapir {
    centre: [f32; 2],
    crest: f32,
    base: f32,
    /// Horizontal shift per metre of depth.
    lean: [f32; 2],
    section: Section,
    head: f32,
    /// Radius from crest to base, in metres.
    radius: [f32; PROFILE + 1],
}

/// A lens with a flat base.
#[derive(Debug)]
pub(super) struct Pillow {
    centre: [f32; 2],
    base: f32,
    section: Section,
    radius: f32,
    height: f32,
}

/// A climbing sheet with sediment below it, fed by a leaning stem.
#[derive(Debug)]
pub(super) struct Tongue {
    /// Where the stem meets the sheet.
    root: [f32; 3],
    /// Bottom end of the stem.
    foot: [f32; 3],
    stem: [f32; 2],
    centre: [f32; 3],
    azimuth: [f32; 2],
    /// Rise of the sheet per metre towards its tip.
    climb: f32,
    axes: [f32; 3],
}

/// One salt body.
#[derive(Debug)]
pub(super) enum Shape {
    Diapir(Box<Diapir>),
    Pillow(Pillow),
    Tongue(Tongue),
}

/// An elliptical horizontal section.
#[derive(Debug)]
struct Section {
    cos: f32,
    sin: f32,
    stretch: f32,
}

/// Where a body is to be and how large.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub centre: [f32; 2],
    /// A radius in metres that suits the survey.
    pub radius: f32,
    /// Depth of the record in metres.
    pub depth: f32,
}

impl Section {
    fn random(rng: &mut ChaCha8Rng, most: f32) -> Self {
        let (sin, cos) = between(rng, 0.0, TAU).sin_cos();
        Self { cos, sin, stretch: between(rng, 1.0, most).sqrt() }
    }

    /// Radius as if the section were a circle of equal area.
    fn radius(&self, dx: f32, dy: f32) -> f32 {
        let a = (dx * self.cos + dy * self.sin) / self.stretch;
        let b = (dy * self.cos - dx * self.sin) * self.stretch;
        a.hypot(b)
    }
}

impl Shape {
    /// The distance at a point in metres: across inlines, across crosslines, down.
    pub(super) fn distance(&self, p: [f32; 3]) -> f32 {
        match self {
            Self::Diapir(diapir) => diapir.distance(p),
            Self::Pillow(pillow) => pillow.distance(p),
            Self::Tongue(tongue) => tongue.distance(p),
        }
    }

    /// A vertical cylinder that holds the body down to the depth `depth`: centre and radius.
    pub(super) fn bounds(&self, depth: f32) -> ([f32; 2], f32) {
        match self {
            Self::Diapir(d) => {
                let widest = d.radius.iter().fold(0.0_f32, |a, &b| a.max(b));
                let shift = d.lean[0].hypot(d.lean[1]) * (depth - d.crest).abs();
                (d.centre, widest * d.section.stretch + shift)
            }
            Self::Pillow(p) => (p.centre, p.radius * p.section.stretch),
            Self::Tongue(t) => {
                let foot = (t.foot[0] - t.centre[0]).hypot(t.foot[1] - t.centre[1]) + t.stem[1];
                ([t.centre[0], t.centre[1]], foot.max(t.axes[0].max(t.axes[1])))
            }
        }
    }
}

impl Diapir {
    pub(super) fn random(rng: &mut ChaCha8Rng, site: Site) -> Self {
        let Site { centre, radius, depth } = site;
        let crest = between(rng, 0.16, 0.38) * depth;
        let rootless = rng.random_range(0..4) == 0;
        let base = if rootless { between(rng, 0.75, 0.92) } else { 1.15 } * depth;
        let neck = between(rng, 0.45, 0.7);
        let bulb = between(rng, 0.2, 0.75);
        let bulb_at = between(rng, 0.12, 0.3);
        let bulb_width = between(rng, 0.14, 0.24);
        let pedestal = if rootless { 0.0 } else { between(rng, 0.2, 0.9) };
        let profile = |entry: usize| {
            let h = entry as f32 / PROFILE as f32;
            let bell = (-((h - bulb_at) / bulb_width).powi(2)).exp();
            let root = if rootless { 1.0 - smoothstep(0.45, 1.0, h) } else { 1.0 };
            radius * (neck * root + bulb * bell + pedestal * smoothstep(0.55, 1.0, h))
        };
        let (sin, cos) = between(rng, 0.0, TAU).sin_cos();
        let tilt = between(rng, 0.0, 0.22);
        Self {
            centre,
            crest,
            base,
            lean: [tilt * cos, tilt * sin],
            section: Section::random(rng, 2.2),
            head: between(rng, 0.15, 0.45),
            radius: std::array::from_fn(profile),
        }
    }

    fn distance(&self, [x, y, z]: [f32; 3]) -> f32 {
        let down = z - self.crest;
        let rho = self
            .section
            .radius(x - self.centre[0] - self.lean[0] * down, y - self.centre[1] - self.lean[1] * down);
        let height = self.base - self.crest;
        let place = (down / height).clamp(0.0, 1.0) * (PROFILE - 1) as f32;
        let (entry, share) = (place as usize, place.fract());
        let (a, b) = (self.radius[entry], self.radius[entry + 1]);
        let slope = (b - a) * PROFILE as f32 / height;
        let side = (rho - (a + (b - a) * share)) / (1.0 + slope * slope).sqrt();
        let widest = self.radius[0];
        let roof = self.head * rho * rho / widest - down;
        let body = smooth_max(side, roof / (1.0 + self.head), 0.3 * widest);
        smooth_max(body, z - self.base, 0.3 * widest)
    }
}

impl Pillow {
    pub(super) fn random(rng: &mut ChaCha8Rng, site: Site) -> Self {
        let Site { centre, radius, depth } = site;
        Self {
            centre,
            base: between(rng, 0.66, 0.9) * depth,
            section: Section::random(rng, 2.0),
            radius: radius * between(rng, 1.3, 1.8),
            height: between(rng, 0.16, 0.32) * depth,
        }
    }

    fn distance(&self, [x, y, z]: [f32; 3]) -> f32 {
        let rho = self.section.radius(x - self.centre[0], y - self.centre[1]);
        let down = z - self.base;
        let dome = ellipsoid([rho, 0.0, down], [self.radius, self.radius, self.height]);
        smooth_max(dome, down, 0.25 * self.height)
    }
}

impl Tongue {
    pub(super) fn random(rng: &mut ChaCha8Rng, site: Site) -> Self {
        let Site { centre, radius, depth } = site;
        let (sin, cos) = between(rng, 0.0, TAU).sin_cos();
        let length = radius * between(rng, 1.4, 1.9);
        let level = between(rng, 0.28, 0.5) * depth;
        let climb = between(rng, 0.02, 0.22);
        let back = between(rng, 0.55, 0.8) * length;
        let root = [centre[0] - back * cos, centre[1] - back * sin, level + back * climb];
        let lean = between(rng, 0.1, 0.6) * radius;
        Self {
            root,
            foot: [root[0] - lean * cos, root[1] - lean * sin, between(rng, 0.95, 1.3) * depth],
            stem: [radius * between(rng, 0.28, 0.4), radius * between(rng, 0.35, 0.7)],
            centre: [centre[0], centre[1], level],
            azimuth: [cos, sin],
            climb,
            axes: [length, radius * between(rng, 0.8, 1.2), depth * between(rng, 0.07, 0.12)],
        }
    }

    fn distance(&self, p: [f32; 3]) -> f32 {
        let (dx, dy) = (p[0] - self.centre[0], p[1] - self.centre[1]);
        let along = dx * self.azimuth[0] + dy * self.azimuth[1];
        let across = dy * self.azimuth[0] - dx * self.azimuth[1];
        let down = p[2] - self.centre[2] + self.climb * along;
        let sheet = ellipsoid([along, across, down], self.axes);
        smooth_min(sheet, self.stem_distance(p), 0.6 * self.axes[2])
    }

    /// A cone from the root down to the foot.
    fn stem_distance(&self, p: [f32; 3]) -> f32 {
        let axis: [f32; 3] = std::array::from_fn(|c| self.foot[c] - self.root[c]);
        let from: [f32; 3] = std::array::from_fn(|c| p[c] - self.root[c]);
        let dot = |a: &[f32; 3], b: &[f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let share = (dot(&axis, &from) / dot(&axis, &axis)).clamp(0.0, 1.0);
        let off: [f32; 3] = std::array::from_fn(|c| from[c] - share * axis[c]);
        dot(&off, &off).sqrt() - (self.stem[0] + (self.stem[1] - self.stem[0]) * share)
    }
}

fn ellipsoid(p: [f32; 3], axes: [f32; 3]) -> f32 {
    let (mut first, mut second) = (0.0_f32, 0.0_f32);
    for c in 0..3 {
        let scaled = p[c] / axes[c];
        first += scaled * scaled;
        second += (scaled / axes[c]).powi(2);
    }
    let k = first.sqrt();
    k * (k - 1.0) / second.sqrt().max(1e-9)
}

/// The smaller of two distances, rounded where they are within `width` of each other.
pub(super) fn smooth_min(a: f32, b: f32, width: f32) -> f32 {
    let h = (width - (a - b).abs()).max(0.0) / width;
    a.min(b) - 0.25 * h * h * width
}

/// The larger of two distances, rounded likewise.
pub(super) fn smooth_max(a: f32, b: f32, width: f32) -> f32 {
    -smooth_min(-a, -b, width)
}
