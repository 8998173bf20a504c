//! Least squares with weights that are a division of 1.

/// Rounds of the projected gradient at most; it stops when a round changes nothing.
const ROUNDS: usize = 100_000;

/// The w that minimises w'Gw / 2 - b'w with w >= 0 and sum 1; G (n x n, row-major) is symmetric and positive semidefinite.
///
/// Projected gradient with the step 1 / trace G, which is no larger than 1 / the largest eigenvalue.
pub(super) fn least_squares(gram: &[f64], target: &[f64]) -> Vec<f64> {
    let count = target.len();
    let trace: f64 = (0..count).map(|k| gram[k * count + k]).sum();
    let mut weights = vec![1.0 / count as f64; count];
    if trace <= 0.0 {
        return weights;
    }
    for _ in 0..ROUNDS {
        let stepped: Vec<f64> = (0..count)
            .map(|k| {
                let product: f64 =
                    gram[k * count..(k + 1) * count].iter().zip(&weights).map(|(g, w)| g * w).sum();
                weights[k] - (product - target[k]) / trace
            })
            .collect();
        let next = project(&stepped);
        let change = next.iter().zip(&weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        weights = next;
        if change < 1e-12 {
            break;
        }
    }
    weights
}

/// The nearest point with non-negative coordinates that sum to 1 (Duchi et al., ICML 2008, figure 1).
fn project(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let mut shift = 0.0;
    for (rank, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (rank as f64 + 1.0);
        if value - candidate > 0.0 {
            shift = candidate;
        }
    }
    point.iter().map(|value| (value - shift).max(0.0)).collect()
}
