//! Wavelets of many bands and phases, built from their spectra.

use rand_chacha::ChaCha8Rng;
use std::f32::consts::{PI, TAU};

use super::dice::Dice;
use super::spec::ImagingSpec;

/// Frequencies that a wavelet is summed from.
const LINES: usize = 64;

/// The wavelet of a section: one above, one below, in between a mixture.
#[derive(Debug)]
pub(super) struct Wavelet {
    pub shallow: Vec<f32>,
    /// Where frequencies fall with depth.
    pub deep: Option<Vec<f32>>,
}

/// The shape of an amplitude spectrum.
#[derive(Debug, Clone, Copy)]
enum Spectrum {
    /// `f^2 exp(-f^2 / p^2)` (Ricker, N., Geophysics 18, 1953), with another power than 2 for other widths.
    Ricker { peak: f32, power: f32 },
    /// Flat between two corners, falling to zero on both sides (Ormsby).
    Flat { corners: [f32; 4] },
}

impl Wavelet {
    pub(super) fn draw(rng: &mut ChaCha8Rng, spec: &ImagingSpec) -> Self {
        let peak = rng.log(spec.frequency);
        let spectrum = Spectrum::draw(rng, peak);
        let polarity = if rng.chance(0.5) { 0.0 } else { PI };
        let phase = polarity + if rng.chance(spec.phase) { rng.from([-PI, PI]) } else { 0.0 };
        // Ghosts and reverberations.
        let echo =
            if rng.chance(0.25) { (rng.from([-0.6, 0.6]), rng.from([0.4, 2.0]) / peak) } else { (0.0, 0.0) };
        let deep = rng.chance(spec.absorption).then(|| spectrum.lowered(rng.from([0.5, 0.95])));
        let make = |spectrum: Spectrum| spectrum.wavelet(phase, echo);
        Self { shallow: make(spectrum), deep: deep.map(make) }
    }

    /// Samples to each side of the middle.
    pub(super) fn half(&self) -> usize {
        self.deep.as_ref().unwrap_or(&self.shallow).len() / 2
    }
}

impl Spectrum {
    fn draw(rng: &mut ChaCha8Rng, peak: f32) -> Self {
        if rng.chance(0.6) {
            Self::Ricker { peak, power: rng.log([0.7, 5.0]) }
        } else {
            let (low, high) = (peak * rng.from([0.25, 0.8]), (peak * rng.from([1.2, 2.4])).min(0.42));
            let corners = [low * rng.from([0.2, 0.97]), low, high, (high * rng.from([1.1, 1.8])).min(0.49)];
            Self::Flat { corners }
        }
    }

    fn lowered(self, factor: f32) -> Self {
        match self {
            Self::Ricker { peak, power } => Self::Ricker { peak: factor * peak, power },
            Self::Flat { corners: [a, b, c, d] } => {
                let (c, d) = ((c * factor).max(1.2 * b), (d * factor).max(1.3 * b));
                Self::Flat { corners: [a, b, c, d] }
            }
        }
    }

    /// Frequency that decides how long the wavelet is.
    fn lowest(self) -> f32 {
        match self {
            Self::Ricker { peak, .. } => peak,
            Self::Flat { corners } => 0.8 * (corners[1] + 0.5 * corners[0]),
        }
    }

    fn at(self, f: f32) -> f32 {
        match self {
            Self::Ricker { peak, power } => {
                let x = (f / peak).powi(2);
                (x * (1.0 - x).exp()).powf(power)
            }
            Self::Flat { corners: [a, b, c, d] } => {
                ((f - a) / (b - a)).min((d - f) / (d - c)).clamp(0.0, 1.0)
            }
        }
    }

    /// Of unit energy, tapered at its ends.
    fn wavelet(self, phase: f32, echo: (f32, f32)) -> Vec<f32> {
        let half = (1.3 / self.lowest()).clamp(6.0, 48.0) as usize;
        let mut wavelet = vec![0.0; 2 * half + 1];
        for line in 0..LINES {
            let f = 0.5 * (line as f32 + 0.5) / LINES as f32;
            let amplitude = self.at(f);
            if amplitude < 1e-3 {
                continue;
            }
            // With an echo the sum of two spectra: 1 + r exp(-i w tau).
            let (sin, cos) = (TAU * f * echo.1).sin_cos();
            let (re, im) = (1.0 + echo.0 * cos, echo.0 * sin);
            let (amplitude, phase) = (amplitude * re.hypot(im), phase - im.atan2(re));
            for (k, value) in wavelet.iter_mut().enumerate() {
                *value += amplitude * (TAU * f * (k as f32 - half as f32) + phase).cos();
            }
        }
        let taper = |k: usize| {
            let x = (k as f32 - half as f32) / (half as f32 + 1.0);
            (1.0 - x * x).powi(2)
        };
        wavelet.iter_mut().enumerate().for_each(|(k, value)| *value *= taper(k));
        let energy = wavelet.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        wavelet.iter_mut().for_each(|value| *value /= energy);
        wavelet
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A zero-phase Ricker spectrum of power 1 gives the closed form `(1 - 2a) exp(-a)`, `a = (pi f t)^2`.
    #[test]
    fn a_ricker_spectrum_gives_rickers_wavelet() {
        let peak = 0.08;
        let wavelet = Spectrum::Ricker { peak, power: 1.0 }.wavelet(0.0, (0.0, 0.0));
        let half = wavelet.len() as i32 / 2;
        let middle = wavelet[half as usize];
        for t in -6..=6 {
            let a = (PI * peak * t as f32).powi(2);
            let taper = (1.0 - (t as f32 / (half as f32 + 1.0)).powi(2)).powi(2);
            let expected = (1.0 - 2.0 * a) * (-a).exp() * taper;
            let found = wavelet[(half + t) as usize] / middle;
            assert!((found - expected).abs() < 0.01, "at {t}: {found}, expected {expected}");
        }
    }
}
