//! Random numbers by what they are for, so that no part of the survey depends on the order of work.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers decides.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(super) enum Feature {
    Grid = 1,
    Outline,
    Layers,
    Reflectivity,
    Faults,
    Salt,
    Imaging,
    TraceNoise,
}

/// The stream of one feature; `index` tells equal features (traces) apart.
pub(super) fn stream(seed: u64, feature: Feature, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(feature as u64).to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// Uniform in `low..high`.
pub(super) fn between(rng: &mut ChaCha8Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// A unit vector of the plane.
pub(super) fn direction(rng: &mut ChaCha8Rng) -> [f32; 2] {
    let (sin, cos) = between(rng, 0.0, std::f32::consts::TAU).sin_cos();
    [cos, sin]
}

/// Mean 0, variance 1: the sum of four uniform numbers, near enough to normal for noise and cheap.
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let bits = rng.random::<u64>();
    let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
    // Four uniform numbers have the variance 4/12 of their width squared.
    (sum as f32 / 65536.0 - 2.0) * 1.732_050_8
}
