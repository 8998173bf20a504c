//! Changes of place, made in one interpolation however many they are: each pixel of the new tile is looked up where it comes
//! from.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::chances::Elastic;
use crate::tiling::Border;
use crate::train::LabelledTile;
use crate::train::random::stream;

/// Where the pixels of a tile come from.
#[derive(Debug, Clone)]
pub(super) struct Warp {
    flip: bool,
    /// Radians.
    angle: f64,
    scale: f64,
    elastic: Option<(Elastic, u64)>,
}

impl Warp {
    pub(super) fn new(
        flip: bool,
        angle: f64,
        scale: f64,
        elastic: Option<Elastic>,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        Self { flip, angle, scale, elastic: elastic.map(|elastic| (elastic, rng.random())) }
    }

    /// Amplitudes are interpolated linearly, labels too and then halved at 0.5, validity is that of the nearest pixel. Beyond the tile
    /// is its mirror image.
    pub(super) fn apply(&self, tile: &mut LabelledTile, size: usize) {
        if self.angle == 0.0 && self.scale == 1.0 && self.elastic.is_none() {
            if self.flip {
                for plane in [&mut tile.amplitude, &mut tile.label, &mut tile.valid] {
                    plane.chunks_exact_mut(size).for_each(<[f32]>::reverse);
                }
            }
            return;
        }
        let displacement = self.elastic.map(|(elastic, seed)| Displacement::new(&elastic, seed, size));
        let old = tile.clone();
        let middle = 0.5 * (size as f64 - 1.0);
        let (sin, cos) = (self.angle.sin() / self.scale, self.angle.cos() / self.scale);
        for row in 0..size {
            for column in 0..size {
                let [dy, dx] = displacement.as_ref().map_or([0.0; 2], |field| field.at(row, column));
                let (y, x) = (row as f64 - middle, column as f64 - middle);
                let x = if self.flip { -x } else { x };
                let from =
                    Lookup::new(middle + cos * y - sin * x + dy, middle + sin * y + cos * x + dx, size);
                let at = row * size + column;
                tile.amplitude[at] = from.linear(&old.amplitude).clamp(-1.0, 1.0);
                tile.valid[at] = from.nearest(&old.valid);
                tile.label[at] = f32::from(u8::from(from.linear(&old.label) > 0.5)) * tile.valid[at];
            }
        }
    }
}

/// Four pixels and what each counts.
struct Lookup {
    at: [usize; 4],
    share: [f32; 4],
}

impl Lookup {
    fn new(y: f64, x: f64, size: usize) -> Self {
        let (top, left) = (y.floor(), x.floor());
        let (fy, fx) = ((y - top) as f32, (x - left) as f32);
        let source = |start: f64, step: isize| Border::Reflect.source(start as isize + step, size);
        let rows = [source(top, 0), source(top, 1)];
        let columns = [source(left, 0), source(left, 1)];
        Self {
            at: [0, 1, 2, 3].map(|corner| rows[corner / 2] * size + columns[corner % 2]),
            share: [(1.0 - fy) * (1.0 - fx), (1.0 - fy) * fx, fy * (1.0 - fx), fy * fx],
        }
    }

    fn linear(&self, plane: &[f32]) -> f32 {
        self.at.iter().zip(self.share).map(|(&at, share)| plane[at] * share).sum()
    }

    fn nearest(&self, plane: &[f32]) -> f32 {
        let largest =
            (1..4).fold(0, |best, corner| if self.share[corner] > self.share[best] { corner } else { best });
        plane[self.at[largest]]
    }
}

/// A smooth field of displacements in pixels; a B-spline stays within its control points, so that none exceeds the reach.
struct Displacement {
    spacing: f64,
    columns: usize,
    /// Along rows and columns, of each control point.
    points: Vec<[f64; 2]>,
}

impl Displacement {
    fn new(elastic: &Elastic, seed: u64, size: usize) -> Self {
        let mut rng = stream([seed, 0, 0, 2]);
        // Four control points reach each pixel: one before its cell and two after.
        let columns = size / elastic.spacing + 4;
        let mut draw = || elastic.reach * rng.random_range(-1.0..=1.0);
        let points = (0..columns * columns).map(|_| [draw(), draw()]).collect();
        Self { spacing: elastic.spacing as f64, columns, points }
    }

    fn at(&self, row: usize, column: usize) -> [f64; 2] {
        let (first_row, rows) = basis(row as f64 / self.spacing);
        let (first_column, columns) = basis(column as f64 / self.spacing);
        let mut sum = [0.0; 2];
        for (r, row_share) in rows.iter().enumerate() {
            for (c, column_share) in columns.iter().enumerate() {
                let point = self.points[(first_row + r) * self.columns + first_column + c];
                let share = row_share * column_share;
                sum = [sum[0] + share * point[0], sum[1] + share * point[1]];
            }
        }
        sum
    }
}

/// The cell and the four shares of the uniform cubic B-spline.
fn basis(at: f64) -> (usize, [f64; 4]) {
    let cell = at.floor();
    let t = at - cell;
    let shares = [
        (1.0 - t).powi(3) / 6.0,
        (3.0 * t.powi(3) - 6.0 * t.powi(2) + 4.0) / 6.0,
        (-3.0 * t.powi(3) + 3.0 * t.powi(2) + 3.0 * t + 1.0) / 6.0,
        t.powi(3) / 6.0,
    ];
    (cell as usize, shares)
}
