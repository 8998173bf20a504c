//! What a synthetic survey shall look like.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// Most lines along one axis and most samples of a trace.
const MAX_COUNT: usize = 100_000;

/// The options of [`SynthSurvey`](super::SynthSurvey). Equal options give equal bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SynthOptions {
    /// Everything random follows from this number.
    pub seed: u64,
    /// Inlines, 1..=100,000.
    pub inlines: usize,
    /// Crosslines, 1..=100,000.
    pub crosslines: usize,
    /// Samples of a trace, 16..=100,000.
    pub samples: usize,
    /// Sample interval in milliseconds of two-way time, 0.5..=16.
    pub sample_interval_ms: f64,
    /// Distance of neighbouring inlines and of neighbouring crosslines in metres, 1..=200.
    pub bin_size_m: [f64; 2],
    /// Noise amplitude as a share of the reflections' amplitude, 0..=2: random, coherent and footprint noise.
    pub noise: f64,
    /// Whether there is salt; without it the label volume is 0 everywhere.
    pub salt: bool,
    /// Whether the outline has cut corners and a hole (a platform); otherwise every trace is live.
    pub irregular_outline: bool,
}

impl Default for SynthOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            inlines: 120,
            crosslines: 120,
            samples: 350,
            sample_interval_ms: 4.0,
            bin_size_m: [25.0, 25.0],
            noise: 0.3,
            salt: true,
            irregular_outline: true,
        }
    }
}

impl SynthOptions {
    /// Refuses options that cannot be carried out.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field, its value and its range.
    pub fn check(&self) -> Result<()> {
        let counts =
            [("inlines", self.inlines, 1), ("crosslines", self.crosslines, 1), ("samples", self.samples, 16)];
        for (name, count, least) in counts {
            if !(least..=MAX_COUNT).contains(&count) {
                fail!(InvalidArgument, "synth: {name} is {count}, expected {least}..={MAX_COUNT}");
            }
        }
        let reals = [
            ("sample_interval_ms", self.sample_interval_ms, [0.5, 16.0]),
            ("bin_size_m[0]", self.bin_size_m[0], [1.0, 200.0]),
            ("bin_size_m[1]", self.bin_size_m[1], [1.0, 200.0]),
            ("noise", self.noise, [0.0, 2.0]),
        ];
        for (name, value, [least, most]) in reals {
            if !(least..=most).contains(&value) {
                fail!(InvalidArgument, "synth: {name} is {value}, expected {least}..={most}");
            }
        }
        Ok(())
    }
}
