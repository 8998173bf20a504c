//! Amplitudes as processing leaves them: gain, automatic gain control, clipping to -1..1.

use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Field, Frame};
use super::kernels::axpy;
use super::spec::GainSpec;

/// The gain of a section.
#[derive(Debug)]
pub(super) struct Gain {
    /// Logarithm of the strength at the bottom against the top.
    depth: f32,
    patches: Option<(f32, Field)>,
    /// Window in samples, and how much of it is applied.
    agc: Option<(usize, f32)>,
    clip: f32,
    level: f32,
}

impl Gain {
    pub(super) fn draw(rng: &mut ChaCha8Rng, spec: &GainSpec, frame: &Frame) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        let depth = if rng.chance(spec.depth) { rng.normal() * 0.9 } else { 0.0 };
        let patches = rng.chance(spec.patches).then(|| {
            let cell = [rng.log([0.1, 0.8]) * w, rng.log([0.1, 0.8]) * w, rng.log([0.1, 0.8]) * h];
            (rng.from([0.1, 0.6]), Field::new(rng, cell))
        });
        let agc = rng.chance(spec.agc).then(|| (rng.log(spec.agc_window) as usize, rng.from([0.4, 1.0])));
        Self { depth, patches, agc, clip: rng.from(spec.clip), level: rng.log(spec.level) }
    }

    /// Strength along the section, without clipping; the image has no margins.
    pub(super) fn apply(&self, frame: &Frame, y: f32, image: &mut [f32]) {
        let frame = &Frame { above: 0, ..*frame };
        let width = frame.traces;
        if let Some((window, share)) = self.agc {
            control(image, width, window.max(3), share);
        }
        for (row, image) in image.chunks_exact_mut(width).enumerate() {
            let factor = (self.depth * (row as f32 / frame.samples as f32 - 0.5)).exp();
            image.iter_mut().for_each(|value| *value *= factor);
        }
        if let Some((deviation, field)) = &self.patches {
            for (value, patch) in image.iter_mut().zip(field.plane(frame, y)) {
                let x = 0.25 * deviation * patch;
                *value *= (1.0 + x + 0.5 * x * x).powi(4);
            }
        }
    }

    /// The factor that brings an image to -1..1 but for what is clipped.
    pub(super) fn scale(&self, image: &[f32]) -> f32 {
        let mut sizes: Vec<f32> =
            image.iter().step_by(5).map(|value| value.abs()).filter(|size| *size > 0.0).collect();
        if sizes.is_empty() {
            return 1.0;
        }
        let at = ((sizes.len() as f32 * self.clip) as usize).min(sizes.len() - 1);
        let (_, limit, _) = sizes.select_nth_unstable_by(at, f32::total_cmp);
        self.level / limit.max(1e-12)
    }
}

/// Divides by the root mean square over a window of samples around, to the power `share`.
fn control(image: &mut [f32], width: usize, window: usize, share: f32) {
    let rows = image.len() / width;
    let half = window / 2;
    let squares: Vec<f32> = image.iter().map(|value| value * value).collect();
    let row = |index: usize| &squares[index * width..(index + 1) * width];
    let all = squares.iter().sum::<f32>() / squares.len() as f32;
    let mut sum = vec![0.0; width];
    for index in 0..half.min(rows) {
        axpy(1.0, row(index), &mut sum);
    }
    let mut count = half.min(rows);
    for (index, image) in image.chunks_exact_mut(width).enumerate() {
        if index + half < rows {
            axpy(1.0, row(index + half), &mut sum);
            count += 1;
        }
        if index > half {
            axpy(-1.0, row(index - half - 1), &mut sum);
            count -= 1;
        }
        for (value, sum) in image.iter_mut().zip(&sum) {
            let mean = (sum / count as f32).max(0.0) + 1e-4 * all + 1e-20;
            // (1 / rms)^share by two square roots' worth of shares is not worth it: one power a sample is cheap enough.
            *value *= if share > 0.95 { 1.0 / mean.sqrt() } else { mean.powf(-0.5 * share) };
        }
    }
}
