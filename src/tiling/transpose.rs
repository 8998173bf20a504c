//! Between trace-major (sample fastest) and image order (rows of samples).

/// Block edge: 16 floats are one cache line of 64 bytes.
const EDGE: usize = 16;

/// Transposes `rows` x `columns`, block by block, so that both sides move whole cache lines.
pub(super) fn transpose(from: &[f32], [rows, columns]: [usize; 2], to: &mut [f32]) {
    for row in (0..rows).step_by(EDGE) {
        for column in (0..columns).step_by(EDGE) {
            for r in row..(row + EDGE).min(rows) {
                for c in column..(column + EDGE).min(columns) {
                    to[c * rows + r] = from[r * columns + c];
                }
            }
        }
    }
}
