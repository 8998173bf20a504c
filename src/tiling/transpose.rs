//! Between trace-major (sample fastest) and image order (rows of samples).

/// Block edge: 16 floats are one cache line of 64 bytes.
const EDGE: usize = 16;

/// Transposes a square of `n` x `n`, block by block, so that both sides move whole cache lines.
pub(super) fn transpose(from: &[f32], n: usize, to: &mut [f32]) {
    for row in (0..n).step_by(EDGE) {
        for column in (0..n).step_by(EDGE) {
            for r in row..(row + EDGE).min(n) {
                for c in column..(column + EDGE).min(n) {
                    to[c * n + r] = from[r * n + c];
                }
            }
        }
    }
}
