//! The outline of the survey: cut corners, ragged sides, a hole where a platform stood.

use rand::Rng;

use super::random::{Feature, between, stream};
use super::texture::Texture;
use crate::volume::{LiveMask, SurveyGrid};

/// A corner cut off by the line `a u + b v > c` of the unit square.
struct Cut {
    a: f32,
    b: f32,
    c: f32,
}

/// Live positions of a survey whose crew met obstacles: about nine in ten.
pub(super) fn irregular_outline(grid: &SurveyGrid, seed: u64) -> LiveMask {
    let mut rng = stream(seed, Feature::Outline, 0);
    let ragged = Texture::new(&mut rng, [0.12, 0.12, 1.0]);
    let cuts = cuts(&mut rng);
    let hole = [between(&mut rng, 0.25, 0.75), between(&mut rng, 0.25, 0.75)];
    let hole_radius = between(&mut rng, 0.03, 0.05);
    let mut live = LiveMask::full(grid);
    let [inlines, crosslines, _] = grid.shape();
    for i in 0..inlines {
        for x in 0..crosslines {
            let u = (i as f32 + 0.5) / inlines as f32;
            let v = (x as f32 + 0.5) / crosslines as f32;
            let rough = 0.03 * ragged.at(u, v, 0.5);
            let outside = cuts.iter().any(|cut| cut.a * u + cut.b * v + rough > cut.c);
            let in_hole = (u - hole[0]).hypot(v - hole[1]) + 0.5 * rough < hole_radius;
            live.set(i, x, !(outside || in_hole));
        }
    }
    live
}

/// Two or three corners, and slightly slanted sides.
fn cuts(rng: &mut rand_chacha::ChaCha8Rng) -> Vec<Cut> {
    let spared = rng.random_range(0..4_usize);
    let mut cuts = Vec::new();
    for (corner, [su, sv]) in [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0_f32]].into_iter().enumerate()
    {
        if corner == spared {
            continue;
        }
        // Distance along the two sides at which the line cuts; from the corner of the square.
        let (along_u, along_v) = (between(rng, 0.12, 0.38), between(rng, 0.12, 0.38));
        let (a, b) = (su / along_u, sv / along_v);
        let (corner_u, corner_v) = (su.max(0.0), sv.max(0.0));
        // Normalised so that `rough` is in units of the square.
        let norm = a.hypot(b);
        cuts.push(Cut { a: a / norm, b: b / norm, c: (a * corner_u + b * corner_v - 1.0) / norm });
    }
    cuts
}
