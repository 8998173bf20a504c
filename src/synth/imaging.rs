//! From the earth to one migrated trace: reflections, pull-up and shadow below salt, chaos inside it, noise.

use super::faults::{FaultTrace, Faults};
use super::frame::{Frame, METRES_PER_MS};
use super::layers::{LayerColumn, Layers};
use super::random::{Feature, between, direction, normal, stream};
use super::salt::{FAR, Salt};
use super::texture::{Texture, smoothstep};
use super::wavelet::{OVERSAMPLING, WaveletBank};

/// Reflection strengths in units of an ordinary layer boundary.
const SEABED: f32 = 3.5;
const TOP_SALT: f32 = 4.2;
const BASE_SALT: f32 = -2.8;

/// Geology below the survey.
#[derive(Debug)]
pub(super) struct Earth {
    pub layers: Layers,
    pub faults: Faults,
    pub salt: Salt,
}

/// How the earth is seen.
#[derive(Debug)]
pub(super) struct Imaging {
    frame: Frame,
    wavelets: WaveletBank,
    /// Amplitude of one ordinary layer boundary in the output.
    scale: f32,
    noise: f32,
    /// Time gained per time spent in salt: velocity ratio less one.
    pull_up: f32,
    chaos: [Texture; 2],
    chaos_level: f32,
    top_strength: Texture,
    jitter: Texture,
    coherent: [PlaneWave; 3],
    patches: Texture,
}

/// Linear noise that crosses the section.
#[derive(Debug)]
struct PlaneWave {
    /// Radians per metre, per metre and per millisecond.
    slowness: [f32; 3],
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Distance to salt in metres at each sample.
    distance: Vec<f32>,
    /// Pull-up in ms at each sample.
    pull: Vec<f32>,
    fine: Vec<f32>,
    near: Vec<usize>,
    faults: Vec<FaultTrace>,
}

/// One trace position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Metres across inlines, across crosslines.
    pub x: f32,
    pub y: f32,
    /// Inline index.
    pub inline: usize,
    /// Number of the trace position in the survey: selects its noise.
    pub bin: u64,
}

impl Imaging {
    pub(super) fn new(frame: &Frame, noise: f32) -> Self {
        let rng = &mut stream(frame.seed, Feature::Imaging, 0);
        let band = [between(rng, 36.0, 44.0), between(rng, 15.0, 19.0)];
        let record = frame.record_ms;
        let lateral = 3.5 * frame.spacing[0].max(frame.spacing[1]);
        let wave = |rng: &mut rand_chacha::ChaCha8Rng| {
            let [a, b] = direction(rng);
            let wavelength = between(rng, 7.0, 14.0) * frame.spacing[0].max(frame.spacing[1]);
            let hertz = between(rng, 14.0, 26.0);
            let turn = std::f32::consts::TAU;
            PlaneWave { slowness: [turn * a / wavelength, turn * b / wavelength, turn * hertz * 1e-3] }
        };
        Self {
            frame: *frame,
            wavelets: WaveletBank::new(frame, band),
            scale: 1000.0 * between(rng, 0.0, 2.0).exp(),
            noise,
            pull_up: between(rng, 0.28, 0.5),
            // Periods of 40 to 60 ms: lower and more ragged than the layers beside it.
            chaos: [
                Texture::new(rng, [lateral, lateral, 30.0]),
                Texture::new(rng, [0.45 * lateral, 0.45 * lateral, 17.0]),
            ],
            chaos_level: between(rng, 0.9, 1.4),
            top_strength: Texture::new(rng, [0.35 * frame.unit, 0.35 * frame.unit, record]),
            jitter: Texture::new(rng, [1.5 * lateral, 1.5 * lateral, 60.0]),
            coherent: [wave(rng), wave(rng), wave(rng)],
            patches: Texture::new(rng, [0.6 * frame.unit, 0.6 * frame.unit, 0.25 * record]),
        }
    }

    /// Computes a live trace: amplitudes into `seismic`, 1 for salt and 0 for the rest into `label`.
    pub(super) fn trace(
        &self,
        earth: &Earth,
        place: Place,
        scratch: &mut Scratch,
        seismic: &mut [f32],
        label: &mut [f32],
    ) {
        let column = earth.layers.column(place.x, place.y);
        self.locate_salt(earth, place, column.seabed, scratch);
        for (label, &distance) in label.iter_mut().zip(&scratch.distance) {
            *label = if distance < 0.0 { 1.0 } else { 0.0 };
        }
        self.sediments(earth, place, &column, scratch);
        self.boundaries(place, column.seabed, scratch);
        self.random_noise(place, scratch);
        seismic.fill(0.0);
        self.wavelets.convolve(&scratch.fine, seismic);
        self.finish(place, column.seabed, &scratch.distance, seismic);
    }

    /// Distance to salt and pull-up along the trace.
    fn locate_salt(&self, earth: &Earth, place: Place, seabed: f32, scratch: &mut Scratch) {
        earth.salt.column(place.x, place.y, &mut scratch.near);
        scratch.distance.clear();
        scratch.pull.clear();
        let mut pull = 0.0;
        for k in 0..self.frame.samples {
            let z = k as f32 * self.frame.step_ms * METRES_PER_MS;
            let distance = earth.salt.distance(&scratch.near, [place.x, place.y, z], seabed);
            // Rays bend around thin edges: full pull-up only well inside the body.
            pull += self.pull_up * self.frame.step_ms * smoothstep(0.0, 0.1 * self.frame.unit, -distance);
            scratch.distance.push(distance);
            scratch.pull.push(pull);
        }
    }

    /// Reflectivity of the layers into the fine series.
    fn sediments(&self, earth: &Earth, place: Place, column: &LayerColumn, scratch: &mut Scratch) {
        earth.faults.column(place.x, place.y, &mut scratch.faults);
        scratch.fine.clear();
        let fine_step = self.frame.step_ms / OVERSAMPLING as f32;
        let influence = earth.salt.influence;
        for m in 0..self.frame.samples * OVERSAMPLING {
            let t = m as f32 * fine_step;
            let distance = fine(&scratch.distance, m);
            let pull = fine(&scratch.pull, m);
            let outside = smoothstep(-2.0, 10.0, distance);
            if outside <= 0.0 {
                scratch.fine.push(0.0);
                continue;
            }
            // Salt that rose took the layers beside and above it along.
            let drag = 0.13 * influence / METRES_PER_MS * (1.0 - distance / influence).max(0.0).powi(3);
            // Below salt the velocity model is never quite right: the image is weak and torn.
            let shadow = 1.0 - (-pull / (0.03 * self.frame.record_ms)).exp();
            let tear = if shadow > 0.02 { 14.0 * shadow * self.jitter.at(place.x, place.y, t) } else { 0.0 };
            let restored = earth.faults.restore(&scratch.faults, t + pull + drag + tear);
            let strength = outside * (1.0 - 0.5 * shadow) * restored.clarity;
            scratch.fine.push(strength * earth.layers.reflectivity(column, restored.t));
        }
    }

    /// Adds the seabed and the salt's top and base.
    fn boundaries(&self, place: Place, seabed: f32, scratch: &mut Scratch) {
        let step = self.frame.step_ms;
        let strength = 1.0 + 0.9 * self.top_strength.at(place.x, place.y, 0.3);
        add_spike(&mut scratch.fine, seabed / step, SEABED);
        // First multiple of the seabed.
        add_spike(&mut scratch.fine, 2.0 * seabed / step, -0.25 * SEABED);
        for k in 1..self.frame.samples {
            let (above, below) = (scratch.distance[k - 1], scratch.distance[k]);
            if (above < 0.0) == (below < 0.0) || above.max(below) >= 0.5 * FAR {
                continue;
            }
            let at = (k - 1) as f32 + above / (above - below);
            // The distance changes along the trace with the cosine of the boundary's dip; steep flanks hardly reflect.
            let facing = ((above - below).abs() / (step * METRES_PER_MS)).min(1.0);
            let seen = 0.15 + 0.85 * facing * facing;
            let base = if below < 0.0 { TOP_SALT } else { BASE_SALT };
            let shadow = 1.0 - 0.4 * smoothstep(0.0, 0.08 * self.frame.record_ms, scratch.pull[k]);
            add_spike(&mut scratch.fine, at, base * seen * strength * shadow);
        }
    }

    /// Adds random noise to the reflectivity, so that it shares the data's band.
    fn random_noise(&self, place: Place, scratch: &mut Scratch) {
        let mut rng = stream(self.frame.seed, Feature::TraceNoise, place.bin);
        // A layer boundary comes every 8 fine samples; noise comes at every one.
        let level = self.noise * 0.35;
        for spike in &mut scratch.fine {
            *spike += level * normal(&mut rng);
        }
    }

    /// Adds what is not reflection, then gain and mute.
    fn finish(&self, place: Place, seabed: f32, distance: &[f32], seismic: &mut [f32]) {
        let Place { x, y, .. } = place;
        let mute = 0.6 * seabed;
        // Shallow stripes along the sail lines.
        let stripe = 0.25 * self.noise * (std::f32::consts::TAU * place.inline as f32 / 6.0).sin();
        for (k, (amplitude, &distance)) in seismic.iter_mut().zip(distance).enumerate() {
            let t = k as f32 * self.frame.step_ms;
            if t < mute {
                *amplitude = 0.0;
                continue;
            }
            let inside = smoothstep(0.0, 25.0, -distance);
            if inside > 0.0 {
                let chaos = self.chaos[0].at(x, y, t) + 0.7 * self.chaos[1].at(x, y, t);
                *amplitude += self.chaos_level * inside * chaos;
            }
            *amplitude += 0.35 * self.noise * self.linear_noise(x, y, t);
            let depth = t / self.frame.record_ms;
            let footprint = 1.0 + stripe * (1.0 - 2.0 * depth).max(0.0);
            let gain = (1.15 - 0.5 * depth) * smoothstep(mute, mute + 16.0, t);
            *amplitude *= self.scale * gain * footprint;
        }
    }

    /// Dipping noise in patches; about -1..1.
    fn linear_noise(&self, x: f32, y: f32, t: f32) -> f32 {
        let patch = self.patches.at(x, y, t);
        let wave = &self.coherent[if patch > 0.15 {
            0
        } else if patch < -0.15 {
            1
        } else {
            2
        }];
        let [a, b, c] = wave.slowness;
        (a * x + b * y + c * t).sin() * (patch.abs() - 0.05).max(0.0) * 2.5
    }
}

/// The value between samples at fine index `m`.
fn fine(samples: &[f32], m: usize) -> f32 {
    let k = m / OVERSAMPLING;
    let here = samples[k];
    let next = samples.get(k + 1).copied().unwrap_or(here);
    here + (next - here) * (m % OVERSAMPLING) as f32 / OVERSAMPLING as f32
}

/// Adds a spike at a fractional sample.
fn add_spike(fine: &mut [f32], sample: f32, strength: f32) {
    let position = (sample * OVERSAMPLING as f32).max(0.0);
    let (index, share) = (position as usize, position.fract());
    if let Some([a, b]) = fine.get_mut(index..index + 2) {
        *a += strength * (1.0 - share);
        *b += strength * share;
    }
}
