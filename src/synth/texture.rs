//! Gradient noise: smooth random fields that can be evaluated at any point alone.
//!
//! Perlin, K. (2002), Improving noise, SIGGRAPH: gradients on a lattice, quintic fade. The lattice is hashed
//! instead of looked up in a table, so that the field has no period and any number of independent ones exist.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// One random field over space; values in about -1..1, mean 0, root mean square about 0.28.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texture {
    seed: u32,
    /// Cells per unit along each axis.
    scale: [f32; 3],
}

impl Texture {
    /// A field whose cells have these sizes.
    pub(super) fn new(rng: &mut ChaCha8Rng, cell: [f32; 3]) -> Self {
        Self { seed: rng.random(), scale: cell.map(|size| 1.0 / size) }
    }

    /// The field's value at a point.
    pub(super) fn at(&self, x: f32, y: f32, z: f32) -> f32 {
        let (ix, fx) = split(x * self.scale[0]);
        let (iy, fy) = split(y * self.scale[1]);
        let (iz, fz) = split(z * self.scale[2]);
        let corner = |dx: i32, dy: i32, dz: i32| {
            let hash = hash(self.seed, ix.wrapping_add(dx), iy.wrapping_add(dy), iz.wrapping_add(dz));
            gradient(hash, fx - dx as f32, fy - dy as f32, fz - dz as f32)
        };
        let (u, v, w) = (fade(fx), fade(fy), fade(fz));
        let edge = |dy, dz| mix(corner(0, dy, dz), corner(1, dy, dz), u);
        mix(mix(edge(0, 0), edge(1, 0), v), mix(edge(0, 1), edge(1, 1), v), w)
    }
}

/// Integer and fractional part. `f32::floor` is a library call on the base x86-64 instruction set.
fn split(x: f32) -> (i32, f32) {
    let truncated = x as i32;
    let floor = if x < truncated as f32 { truncated.wrapping_sub(1) } else { truncated };
    (floor, x - floor as f32)
}

fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// An integer hash of the lattice point; the finaliser is "lowbias32" of C. Wellons' hash prospector.
fn hash(seed: u32, x: i32, y: i32, z: i32) -> u32 {
    let mut h = seed
        ^ (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ (z as u32).wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 16)).wrapping_mul(0x7feb_352d);
    h = (h ^ (h >> 15)).wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

/// Dot product with one of the twelve edge directions of a cube (four of them twice).
fn gradient(hash: u32, x: f32, y: f32, z: f32) -> f32 {
    let h = hash & 15;
    let u = if h < 8 { x } else { y };
    let v = match h {
        0..=3 => y,
        12 | 14 => x,
        _ => z,
    };
    (if h & 1 == 0 { u } else { -u }) + (if h & 2 == 0 { v } else { -v })
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
