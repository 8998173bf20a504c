//! The loops that take the time, compiled for wider vectors where the processor has them.
//!
//! No reordering of sums: every target gives the same bits.

use multiversion::multiversion;

/// `y += a x`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Convolution along the samples of a section with `width` traces: row `r` of the result is the sum of `wavelet[k]` times row
/// `r + half - k` of `plane`, where there is one, for rows `first ..`.
pub(super) fn convolve_rows(plane: &[f32], width: usize, wavelet: &[f32], first: usize, out: &mut [f32]) {
    let (rows, half) = (plane.len() / width, wavelet.len() / 2);
    for (row, out) in out.chunks_exact_mut(width).enumerate() {
        out.fill(0.0);
        for (k, tap) in wavelet.iter().enumerate() {
            let Some(from) = (first + row + half).checked_sub(k).filter(|from| *from < rows) else {
                continue;
            };
            axpy(*tap, &plane[from * width..(from + 1) * width], out);
        }
    }
}

/// Gaussian smoothing along the traces of each row, `sigma` traces; mirrored at the sides.
pub(super) fn smear(plane: &mut [f32], width: usize, sigma: f32) {
    if sigma < 0.15 {
        return;
    }
    let reach = ((3.0 * sigma).ceil() as usize).min(width.saturating_sub(1));
    let mut weights: Vec<f32> = (0..=reach).map(|k| (-0.5 * (k as f32 / sigma).powi(2)).exp()).collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    weights.iter_mut().for_each(|weight| *weight /= total);
    let mut wide = vec![0.0; width + 2 * reach];
    for row in plane.chunks_exact_mut(width) {
        wide[reach..reach + width].copy_from_slice(row);
        for k in 1..=reach {
            wide[reach - k] = row[k.min(width - 1)];
            wide[reach + width - 1 + k] = row[(width - 1).saturating_sub(k)];
        }
        row.fill(0.0);
        axpy(weights[0], &wide[reach..reach + width], row);
        for (k, weight) in weights.iter().enumerate().skip(1) {
            axpy(*weight, &wide[reach - k..reach - k + width], row);
            axpy(*weight, &wide[reach + k..reach + k + width], row);
        }
    }
}
