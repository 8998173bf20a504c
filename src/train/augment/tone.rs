//! Changes of amplitude.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// `amplitude * contrast + brightness + noise`, clipped to -1..1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tone {
    pub(super) contrast: f32,
    pub(super) brightness: f32,
    /// Standard deviation of the noise.
    pub(super) deviation: f32,
}

impl Tone {
    pub(super) fn apply(&self, amplitude: &mut [f32], rng: &mut ChaCha8Rng) {
        if self.contrast != 1.0 || self.brightness != 0.0 {
            for value in amplitude.iter_mut() {
                *value = (*value * self.contrast + self.brightness).clamp(-1.0, 1.0);
            }
        }
        if self.deviation > 0.0 {
            for value in amplitude.iter_mut() {
                let noise: f32 = StandardNormal.sample(rng);
                *value = (*value + self.deviation * noise).clamp(-1.0, 1.0);
            }
        }
    }
}
