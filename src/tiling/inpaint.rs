//! Biharmonic inpainting: a tile goes on smoothly beyond its edges.
//!
//! The values beyond are those for which the Laplacian of the Laplacian vanishes, as scikit-image's `inpaint_biharmonic` writes it
//! (after Damelin, Hoang, "On surface completion and image inpainting by biharmonic functions", 2018); the 14th system of the TGS challenge enlarged its
//! tiles so. Which pixels are known is the same for all tiles, so the equations are factorised once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use faer::Mat;
use faer::linalg::solvers::Solve;
use faer::sparse::linalg::solvers::Lu;
use faer::sparse::{SparseColMat, Triplet};
use rayon::prelude::*;

use super::place::{margins, window};
use crate::error::{Error, ErrorKind, Result, fail};

/// How far the equation of a pixel reaches.
const REACH: usize = 2;
/// Tiles solved for together: as many right-hand sides as the solver's blocks hold.
const TOGETHER: usize = 16;

/// The equations for tiles of one size on a canvas of another.
#[derive(Debug)]
pub struct Inpainting {
    tile: usize,
    canvas: usize,
    /// Places on the canvas, row-major, of what is solved for.
    unknown: Vec<usize>,
    /// Equation, place in the tile, and coefficient, of what is known.
    known: Vec<(usize, usize, f64)>,
    factors: Lu<usize, f64>,
}

impl Inpainting {
    /// Those of tiles of `tile` x `tile` in the middle of `canvas` x `canvas` (the odd row goes after), factorised the first time that they are asked
    /// for in this process.
    ///
    /// # Errors
    /// `InvalidArgument` for a canvas smaller than the tile.
    pub fn shared(tile: usize, canvas: usize) -> Result<Arc<Self>> {
        static MADE: Mutex<BTreeMap<[usize; 2], Arc<Inpainting>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = made.get(&[tile, canvas]) {
            return Ok(Arc::clone(there));
        }
        let new = Arc::new(Self::new(tile, canvas)?);
        made.insert([tile, canvas], Arc::clone(&new));
        Ok(new)
    }

    fn new(tile: usize, canvas: usize) -> Result<Self> {
        if tile == 0 || canvas < tile {
            fail!(InvalidArgument, "tiles of {tile} cannot be inpainted to {canvas}");
        }
        let before = margins(tile, canvas)[0] as usize;
        let inside = |place: usize| {
            let [row, column] = [place / canvas, place % canvas].map(|at| at.wrapping_sub(before));
            (row < tile && column < tile).then(|| row * tile + column)
        };
        let unknown: Vec<usize> = (0..canvas * canvas).filter(|&place| inside(place).is_none()).collect();
        let mut number = vec![0; canvas * canvas];
        unknown.iter().enumerate().for_each(|(equation, &place)| number[place] = equation);
        let (mut entries, mut known) = (Vec::new(), Vec::new());
        for (equation, &place) in unknown.iter().enumerate() {
            for (other, coefficient) in equation_of([place / canvas, place % canvas], canvas) {
                match inside(other) {
                    Some(pixel) => known.push((equation, pixel, coefficient)),
                    None => entries.push(Triplet::new(equation, number[other], coefficient)),
                }
            }
        }
        let broken = |what: String| Error::new(ErrorKind::Internal, format!("biharmonic equations: {what}"));
        let count = unknown.len();
        let matrix = SparseColMat::<usize, f64>::try_new_from_triplets(count, count, &entries)
            .map_err(|error| broken(format!("{error:?}")))?;
        let factors = matrix.sp_lu().map_err(|error| broken(format!("{error:?}")))?;
        Ok(Self { tile, canvas, unknown, known, factors })
    }

    /// Enlarges tiles, each `tile` x `tile`, to `canvas` x `canvas`, row-major, one after another. What is filled in stays within the least and the greatest
    /// value of its tile.
    ///
    /// # Errors
    /// `InvalidArgument` when a buffer has another size.
    pub fn fill(&self, tiles: &[f32], out: &mut [f32]) -> Result<()> {
        let [small, large] = [self.tile, self.canvas].map(|side| side * side);
        if !tiles.len().is_multiple_of(small) || tiles.len() / small * large != out.len() {
            fail!(
                InvalidArgument,
                "{} and {} pixels, expected tiles of {small} and as many of {large}",
                tiles.len(),
                out.len()
            );
        }
        let parts = tiles.par_chunks(TOGETHER * small).zip(out.par_chunks_mut(TOGETHER * large));
        parts.for_each(|(tiles, out)| self.fill_some(tiles, out));
        Ok(())
    }

    fn fill_some(&self, tiles: &[f32], out: &mut [f32]) {
        let [small, large] = [self.tile, self.canvas].map(|side| side * side);
        let mut values = Mat::<f64>::zeros(self.unknown.len(), tiles.len() / small);
        for (column, tile) in tiles.chunks_exact(small).enumerate() {
            for &(equation, pixel, coefficient) in &self.known {
                values[(equation, column)] -= coefficient * f64::from(tile[pixel]);
            }
        }
        self.factors.solve_in_place(values.as_mut());
        let before = margins(self.tile, self.canvas)[0];
        for (column, (tile, out)) in tiles.chunks_exact(small).zip(out.chunks_exact_mut(large)).enumerate() {
            let least = tile.iter().copied().fold(f32::INFINITY, f32::min);
            let greatest = tile.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (equation, &place) in self.unknown.iter().enumerate() {
                out[place] = (values[(equation, column)] as f32).max(least).min(greatest);
            }
            window(tile, [self.tile.into(), self.canvas.into()], [before; 2], out);
        }
    }
}

/// Places and coefficients of the equation of a pixel: the Laplacian of the Laplacian of a single 1 there, in the pixels within reach, the image mirrored at its
/// border (the border pixel repeated).
fn equation_of([row, column]: [usize; 2], canvas: usize) -> Vec<(usize, f64)> {
    let first = [row, column].map(|at| at.saturating_sub(REACH));
    let size = [row, column].map(|at| (at + REACH).min(canvas - 1) + 1 - at.saturating_sub(REACH));
    let mut values = vec![0.0; size[0] * size[1]];
    values[(row - first[0]) * size[1] + column - first[1]] = 1.0;
    let values = laplacian(&laplacian(&values, size), size);
    let place =
        |(k, value): (usize, f64)| ((first[0] + k / size[1]) * canvas + first[1] + k % size[1], value);
    values.into_iter().enumerate().filter(|(_, value)| *value != 0.0).map(place).collect()
}

/// The sum of second differences along both axes, the border pixel repeated.
fn laplacian(values: &[f64], [rows, columns]: [usize; 2]) -> Vec<f64> {
    let at = |row: usize, column: usize| values[row * columns + column];
    let of = |k: usize| {
        let (row, column) = (k / columns, k % columns);
        let [above, below] = [row.saturating_sub(1), (row + 1).min(rows - 1)];
        let [left, right] = [column.saturating_sub(1), (column + 1).min(columns - 1)];
        at(above, column) + at(below, column) + at(row, left) + at(row, right) - 4.0 * at(row, column)
    };
    (0..values.len()).map(of).collect()
}
