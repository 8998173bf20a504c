//! Draws from ranges.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::spec::Range;

/// Random numbers of one section.
pub(super) trait Dice {
    /// True with probability `p`.
    fn chance(&mut self, p: f32) -> bool;
    /// Uniform in a range.
    fn from(&mut self, range: Range) -> f32;
    /// Even in the logarithm of a positive range.
    fn log(&mut self, range: Range) -> f32;
    /// In a range, with more weight on its beginning: the square of a uniform number.
    fn little(&mut self, range: Range) -> f32;
    /// 1 or -1.
    fn sign(&mut self) -> f32;
    /// About normal: mean 0, variance 1.
    fn normal(&mut self) -> f32;
}

impl Dice for ChaCha8Rng {
    fn chance(&mut self, p: f32) -> bool {
        self.random::<f32>() < p
    }

    fn from(&mut self, [low, high]: Range) -> f32 {
        low + (high - low) * self.random::<f32>()
    }

    fn log(&mut self, [low, high]: Range) -> f32 {
        low * (high / low).powf(self.random::<f32>())
    }

    fn little(&mut self, [low, high]: Range) -> f32 {
        low + (high - low) * self.random::<f32>().powi(2)
    }

    fn sign(&mut self) -> f32 {
        if self.random::<bool>() { 1.0 } else { -1.0 }
    }

    fn normal(&mut self) -> f32 {
        let sum: f32 = (0..4).map(|_| self.random::<f32>()).sum();
        (sum - 2.0) * 1.732_050_8
    }
}
