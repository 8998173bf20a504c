//! The wavelet: a Ricker pulse that loses frequency with depth.
//!
//! Ricker, N. (1953), The form and laws of propagation of seismic wavelets, Geophysics 18:
//! `w(t) = (1 - 2 a) exp(-a)`, `a = (pi f t)^2`, peak frequency `f`.

use super::frame::Frame;

/// Reflectivity is sampled this much finer than the trace, so that smooth dips stay smooth.
pub(super) const OVERSAMPLING: usize = 2;

/// Frequencies in the table; neighbours differ by less than 1 Hz.
const FREQUENCIES: usize = 32;

/// Ricker pulses of falling frequency, tabulated.
#[derive(Debug)]
pub(super) struct WaveletBank {
    /// For each frequency and each position between samples: the pulse at whole samples from `-half`.
    pulses: Vec<[Vec<f32>; OVERSAMPLING]>,
    half: usize,
    /// For each fine time index the row of `pulses`.
    rows: Vec<u8>,
}

/// Peak frequency in Hz at the time `t_ms` of a record: `shallow` at the top, falling to `deep`.
fn frequency(band: [f32; 2], t_ms: f32, record_ms: f32) -> f32 {
    // Exponential loss, as absorption with a constant quality factor gives; scaled to end at `deep`.
    const LOSS: f32 = 1.6;
    let end = (-LOSS).exp();
    let left = ((-LOSS * t_ms / record_ms).exp() - end) / (1.0 - end);
    band[1] + (band[0] - band[1]) * left
}

fn ricker(t_ms: f32, hertz: f32) -> f32 {
    let a = (std::f32::consts::PI * hertz * t_ms * 1e-3).powi(2);
    (1.0 - 2.0 * a) * (-a).exp()
}

impl WaveletBank {
    /// Pulses for a band of peak frequencies in Hz, shallow and deep.
    pub(super) fn new(frame: &Frame, band: [f32; 2]) -> Self {
        // A coarse sample interval cannot carry the shallow frequencies: stay below 0.4 Nyquist.
        let limit = 0.4 * 500.0 / frame.step_ms;
        let band = band.map(|hertz| hertz.min(limit));
        // Beyond 1.2 periods a Ricker pulse is below 1e-5.
        let half = (1200.0 / band[1] / frame.step_ms).ceil() as usize;
        let row_hertz = |row: usize| band[0] + (band[1] - band[0]) * row as f32 / (FREQUENCIES - 1) as f32;
        let pulse = |hertz: f32, phase: usize| {
            let shift = phase as f32 / OVERSAMPLING as f32;
            let time = |tap: usize| (tap as f32 - half as f32 - shift) * frame.step_ms;
            (0..=2 * half + 1).map(|tap| ricker(time(tap), hertz)).collect::<Vec<_>>()
        };
        let pulses =
            (0..FREQUENCIES).map(|row| std::array::from_fn(|phase| pulse(row_hertz(row), phase))).collect();
        let fine_step = frame.step_ms / OVERSAMPLING as f32;
        let row = |m: usize| {
            let hertz = frequency(band, m as f32 * fine_step, frame.record_ms);
            ((hertz - band[0]) / (band[1] - band[0]).min(-1e-3) * (FREQUENCIES - 1) as f32).round() as u8
        };
        let rows = (0..frame.samples * OVERSAMPLING).map(row).collect();
        Self { pulses, half, rows }
    }

    /// Adds the seismic response of `fine` (reflectivity at [`OVERSAMPLING`] per sample) to `trace`.
    pub(super) fn convolve(&self, fine: &[f32], trace: &mut [f32]) {
        for (m, (&spike, &row)) in fine.iter().zip(&self.rows).enumerate() {
            if spike == 0.0 {
                continue;
            }
            let pulse = &self.pulses[usize::from(row).min(FREQUENCIES - 1)][m % OVERSAMPLING];
            let centre = m / OVERSAMPLING;
            let first = centre.saturating_sub(self.half);
            let end = (centre + self.half + 2).min(trace.len());
            let skipped = first + self.half - centre;
            for (out, tap) in trace[first..end].iter_mut().zip(&pulse[skipped..]) {
                *out += spike * tap;
            }
        }
    }
}
