//! The two nearest of many vectors.

use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

use crate::control::Control;
use crate::error::Result;

/// The nearest of the others, and how much nearer it is than the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    /// Its number.
    pub(super) other: usize,
    /// Euclidean distance.
    pub(super) distance: f32,
    /// 1 - distance / distance of the next: 0 when both are as near, towards 1 when there is no doubt.
    pub(super) certainty: f32,
}

/// Rows whose distances are computed at once; memory is this times the number of vectors, per thread.
const BLOCK: usize = 128;

/// For each row of `from`, the nearest row of `among` that has another number. None where there are fewer than two others.
pub(super) fn nearest(
    from: &Array2<f32>,
    among: &Array2<f32>,
    stage: &str,
    done: u64,
    control: &Control<'_>,
) -> Result<Vec<Option<Nearest>>> {
    let count = from.nrows();
    let squares = lengths(among.view());
    let mut found = Vec::with_capacity(count);
    let blocks: Vec<usize> = (0..count).step_by(BLOCK).collect();
    for part in blocks.chunks(8 * rayon::current_num_threads()) {
        control.step(stage, done + found.len() as u64, 4 * count as u64)?;
        let of_block = |&first: &usize| {
            let rows = from.slice(s![first..(first + BLOCK).min(count), ..]);
            let own = lengths(rows);
            let products = rows.dot(&among.t());
            let of_row = |row: usize| two_nearest(first + row, own[row], &squares, products.row(row));
            (0..rows.nrows()).map(of_row).collect::<Vec<_>>()
        };
        found.extend(part.par_iter().map(of_block).collect::<Vec<_>>().into_iter().flatten());
    }
    Ok(found)
}

fn lengths(rows: ArrayView2<'_, f32>) -> Vec<f32> {
    rows.axis_iter(Axis(0)).map(|row| row.dot(&row)).collect()
}

fn two_nearest(
    own: usize,
    length: f32,
    squares: &[f32],
    products: ndarray::ArrayView1<'_, f32>,
) -> Option<Nearest> {
    let mut first = (f32::INFINITY, None);
    let mut second = f32::INFINITY;
    for (other, (product, square)) in products.iter().zip(squares).enumerate() {
        let distance = length + square - 2.0 * product;
        if distance < second && other != own {
            if distance < first.0 {
                second = first.0;
                first = (distance, Some(other));
            } else {
                second = distance;
            }
        }
    }
    let [distance, next] = [first.0, second].map(|square| square.max(0.0).sqrt());
    let certainty = if next > 0.0 { 1.0 - distance / next } else { 0.0 };
    first.1.filter(|_| next.is_finite()).map(|other| Nearest { other, distance, certainty })
}
