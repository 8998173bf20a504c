//! How a tile goes on beyond its edges.

use ndarray::{Array2, Axis};

/// One side of all tiles: a row per tile, `size` values along the edge.
pub(super) struct Sides {
    pub(super) up: Array2<f32>,
    pub(super) down: Array2<f32>,
    pub(super) left: Array2<f32>,
    pub(super) right: Array2<f32>,
}

impl Sides {
    /// Of images of `size` x `size`, row-major, `size` at least 2.
    pub(super) fn of(images: &[Vec<f32>], size: usize) -> Self {
        let last = size - 1;
        let row = |at: usize| move |along: usize| at * size + along;
        let column = |at: usize| move |along: usize| along * size + at;
        Self {
            up: beyond(images, size, row(0), row(1)),
            down: beyond(images, size, row(last), row(last - 1)),
            left: beyond(images, size, column(0), column(1)),
            right: beyond(images, size, column(last), column(last - 1)),
        }
    }
}

/// The line one pixel outside an edge, by continuing the two outermost ones straight: 2 edge - inner. Standardised: first each
/// place of the edge over all tiles, then each tile over its edge (standard deviation with n - 1); without variation: 0.
fn beyond(
    images: &[Vec<f32>],
    size: usize,
    edge: impl Fn(usize) -> usize,
    inner: impl Fn(usize) -> usize,
) -> Array2<f32> {
    let mut lines = Array2::from_shape_fn((images.len(), size), |(tile, along)| {
        2.0 * images[tile][edge(along)] - images[tile][inner(along)]
    });
    for axis in [Axis(0), Axis(1)] {
        for mut line in lines.lanes_mut(axis) {
            let count = line.len() as f64;
            let mean = line.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
            let squares: f64 = line.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
            let deviation = (squares / (count - 1.0)).sqrt();
            let scale = if deviation > 0.0 { deviation.recip() } else { 0.0 };
            line.mapv_inplace(|value| ((f64::from(value) - mean) * scale) as f32);
        }
    }
    lines
}
