//! What is made of probabilities, sample by sample.

use super::options::Fusion;

/// Probabilities along both directions, sample by sample.
pub(super) fn fuse_values(fusion: Fusion, along: &[f32], across: &[f32]) -> Vec<f32> {
    along.iter().zip(across).map(|(&a, &b)| fusion.of(a, b)).collect()
}

/// Standard deviation of the predictions of both directions together, from each direction's mean and deviation: the mean of the variances plus
/// the variance of the means.
pub(super) fn spread(means: [&[f32]; 2], deviations: [&[f32]; 2]) -> Vec<f32> {
    let means = means[0].iter().zip(means[1]);
    let deviations = deviations[0].iter().zip(deviations[1]);
    means
        .zip(deviations)
        .map(|((a, b), (s, t))| (0.5 * (s * s + t * t) + 0.25 * (a - b) * (a - b)).sqrt())
        .collect()
}

/// 1 in salt, 0 elsewhere.
pub(super) fn mask(probability: &[f32], threshold: f32) -> Vec<f32> {
    probability.iter().map(|&probability| f32::from(probability > threshold)).collect()
}
