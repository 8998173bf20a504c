//! All salt of a survey: placement, rough boundaries, and as much of it as the target share asks for.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::frame::{Frame, METRES_PER_MS};
use super::layers::Layers;
use super::random::{Feature, between, stream};
use super::shapes::{Diapir, Pillow, Shape, Site, Tongue, smooth_max, smooth_min};
use super::texture::Texture;

/// Distance reported where no salt is near, in metres.
pub(super) const FAR: f32 = 1e6;

/// Shares of salt among all samples that a survey is made to have.
const SHARE: [f32; 2] = [0.13, 0.21];

#[derive(Debug)]
struct Body {
    shape: Shape,
    centre: [f32; 2],
    reach: f32,
}

/// The salt bodies of a survey.
#[derive(Debug)]
pub(super) struct Salt {
    bodies: Vec<Body>,
    warp: [Texture; 3],
    rough: Texture,
    /// How far the boundary is bent, in metres: widely, finely.
    bend: [f32; 2],
    /// How far salt drags the layers along, in metres.
    pub influence: f32,
    /// Least sediment between seabed and salt, in metres.
    roof: f32,
}

impl Salt {
    /// No salt at all.
    pub(super) fn none(frame: &Frame) -> Self {
        Self { bodies: Vec::new(), ..Self::sized(frame, 1.0) }
    }

    /// Bodies of all shapes, as large as the survey's target share of salt needs.
    pub(super) fn new(frame: &Frame, layers: &Layers) -> Self {
        let target = between(&mut stream(frame.seed, Feature::Salt, 1), SHARE[0], SHARE[1]);
        let (mut small, mut large) = (0.3_f32, 2.5_f32);
        for _ in 0..8 {
            let middle = (small * large).sqrt();
            if Self::sized(frame, middle).share(frame, layers) < target {
                small = middle;
            } else {
                large = middle;
            }
        }
        Self::sized(frame, (small * large).sqrt())
    }

    /// The survey's bodies, their horizontal size multiplied by `size`. The same random numbers for each size.
    fn sized(frame: &Frame, size: f32) -> Self {
        let rng = &mut stream(frame.seed, Feature::Salt, 0);
        let unit = frame.unit;
        let wide = 0.38 * unit;
        let warp = std::array::from_fn(|_| Texture::new(rng, [wide, wide, 0.22 * frame.depth()]));
        let rough = Texture::new(rng, [0.1 * unit, 0.1 * unit, 0.045 * frame.depth()]);
        let influence = 0.45 * unit;
        let bend = [0.14 * unit, 0.014 * unit];
        let margin = influence + bend[0];
        let bodies = shapes(rng, frame, size)
            .into_iter()
            .map(|shape| {
                let (centre, radius) = shape.bounds(frame.depth());
                Body { shape, centre, reach: radius + margin }
            })
            .collect();
        Self { bodies, warp, rough, bend, influence, roof: 0.03 * frame.depth() }
    }

    /// The bodies that the vertical line at `x, y` (metres) comes near, into `out`.
    pub(super) fn column(&self, x: f32, y: f32, out: &mut Vec<usize>) {
        out.clear();
        let near = |body: &Body| (x - body.centre[0]).hypot(y - body.centre[1]) < body.reach;
        out.extend(self.bodies.iter().enumerate().filter(|(_, body)| near(body)).map(|(index, _)| index));
    }

    /// Distance to the nearest boundary in metres, negative inside; `near` from [`Salt::column`].
    pub(super) fn distance(&self, near: &[usize], [x, y, z]: [f32; 3], seabed_ms: f32) -> f32 {
        if near.is_empty() {
            return FAR;
        }
        let [wide, fine] = self.bend;
        let [dx, dy, dz] = [0, 1, 2].map(|c| self.warp[c].at(x, y, z));
        let bent = [x + wide * dx, y + wide * dy, z + 0.5 * wide * dz];
        let mut distance = FAR;
        for &index in near {
            distance = smooth_min(distance, self.bodies[index].shape.distance(bent), 0.2 * self.influence);
        }
        let roof = seabed_ms * METRES_PER_MS + self.roof - z;
        distance = smooth_max(distance, roof, self.roof);
        if distance.abs() < 4.0 * fine { distance + fine * self.rough.at(x, y, z) } else { distance }
    }

    /// The share of salt among the samples, from a lattice of points.
    fn share(&self, frame: &Frame, layers: &Layers) -> f32 {
        const POINTS: [usize; 3] = [40, 40, 36];
        let mut near = Vec::new();
        let mut inside = 0_usize;
        let at = |index: usize, count: usize, extent: f32| (index as f32 + 0.5) / count as f32 * extent;
        for i in 0..POINTS[0] {
            for j in 0..POINTS[1] {
                let (x, y) = (at(i, POINTS[0], frame.width[0]), at(j, POINTS[1], frame.width[1]));
                self.column(x, y, &mut near);
                let seabed = layers.column(x, y).seabed;
                let depth = |k| at(k, POINTS[2], frame.depth());
                inside +=
                    (0..POINTS[2]).filter(|&k| self.distance(&near, [x, y, depth(k)], seabed) < 0.0).count();
            }
        }
        inside as f32 / POINTS.iter().product::<usize>() as f32
    }
}

/// One body in each cell of a jittered lattice; any three neighbours in the list have different shapes.
fn shapes(rng: &mut ChaCha8Rng, frame: &Frame, size: f32) -> Vec<Shape> {
    let cells = frame.cells(frame.unit);
    let mut sites: Vec<[usize; 2]> = (0..cells[0]).flat_map(|i| (0..cells[1]).map(move |j| [i, j])).collect();
    sites.shuffle(rng);
    let mut shapes = Vec::with_capacity(sites.len());
    for (index, cell) in sites.into_iter().enumerate() {
        let centre = std::array::from_fn(|c| {
            let jitter = between(rng, 0.2, 0.8);
            (cell[c] as f32 + jitter) / cells[c] as f32 * frame.width[c]
        });
        let radius = size * between(rng, 0.26, 0.42) * frame.unit;
        let site = Site { centre, radius, depth: frame.depth() };
        shapes.push(match index % 3 {
            0 => Shape::Diapir(Box::new(Diapir::random(rng, site))),
            1 => Shape::Tongue(Tongue::random(rng, site)),
            _ => Shape::Pillow(Pillow::random(rng, site)),
        });
    }
    shapes
}
