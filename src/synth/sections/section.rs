//! One random section, from its earth to its amplitudes.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::bodies::Salt;
use super::dice::Dice;
use super::field::{Field, Frame};
use super::gain::Gain;
use super::gaps::Gaps;
use super::kernels::{convolve_rows, smear};
use super::layers::{Layers, rms};
use super::lookalikes::{Zone, zones};
use super::noise::Noise;
use super::spec::{SaltSpec, SectionSpec};
use super::wavelet::Wavelet;

/// Amplitudes and labels of one section, row-major; rows are samples, columns traces.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledSection {
    /// -1..1.
    pub amplitude: Vec<f32>,
    /// 1 in salt, else 0. Where there are no data there is no salt.
    pub label: Vec<f32>,
}

/// Everything that was drawn for a section or a small volume; its lines follow from it.
#[derive(Debug)]
pub(super) struct Earth {
    pub frame: Frame,
    layers: Layers,
    salt: Salt,
    inside: Inside,
    zones: Vec<Zone>,
    wavelet: Wavelet,
    smear: f32,
    shadow: f32,
    pull_up: f32,
    multiple: Option<(usize, f32)>,
    noise: Noise,
    gain: Gain,
    gaps: Gaps,
}

/// What salt is made of.
#[derive(Debug)]
struct Inside {
    impedance: f32,
    /// Changes of the contrast along the boundary.
    varies: (f32, Field),
    fine: (f32, Field),
    bands: Option<(f32, Field)>,
    stringer: Option<(f32, f32, Field)>,
    cap: Option<(f32, f32)>,
    edge: f32,
}

impl Inside {
    fn draw(rng: &mut ChaCha8Rng, spec: &SaltSpec, frame: &Frame) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        let sign = if rng.chance(spec.soft) { -1.0 } else { 1.0 };
        let cell = rng.log([0.7, 6.0]);
        let long = rng.log([8.0, 60.0]);
        Self {
            impedance: sign * 2.0 * rng.log(spec.contrast),
            varies: (rng.from([0.0, 0.6]), Field::surface(rng, rng.clone().log([0.05, 0.5]) * w)),
            fine: (rng.little(spec.inside), Field::new(rng, [1.5 * cell, 1.5 * cell, cell])),
            bands: rng.chance(spec.bands).then(|| {
                let thin = rng.log([2.0, 10.0]);
                (rng.log([0.5, 4.0]), Field::new(rng, [long, long, thin]))
            }),
            stringer: rng.chance(spec.stringers).then(|| {
                let cell = rng.log([0.08, 0.4]) * w;
                (rng.random_level(h), rng.sign() * rng.log([1.0, 8.0]), Field::surface(rng, cell))
            }),
            cap: rng.chance(spec.cap).then(|| (rng.from([1.5, 8.0]), rng.sign() * rng.log([1.0, 8.0]))),
            edge: rng.log(spec.edge),
        }
    }

    /// Impedance of salt on line `y`, everywhere.
    fn impedance(&self, frame: &Frame, y: f32, distance: &[f32]) -> Vec<f32> {
        let varies = self.varies.1.line(frame, y);
        let base: Vec<f32> = varies
            .iter()
            .map(|value| self.impedance * (1.0 + self.varies.0 * value).clamp(0.1, 2.5))
            .collect();
        let mut impedance = Vec::with_capacity(frame.area());
        for _ in 0..frame.rows() {
            impedance.extend_from_slice(&base);
        }
        for (level, field) in
            std::iter::once(&self.fine).chain(&self.bands).filter(|(level, _)| *level > 0.02)
        {
            impedance.iter_mut().zip(field.plane(frame, y)).for_each(|(value, fine)| *value += level * fine);
        }
        if let Some((level, contrast, field)) = &self.stringer {
            let line = field.line(frame, y);
            for (row, values) in impedance.chunks_exact_mut(frame.traces).enumerate() {
                let t = frame.time(row);
                for (value, fold) in values.iter_mut().zip(&line) {
                    let off = (t - level - 0.12 * frame.samples as f32 * fold).abs();
                    *value += contrast * (2.5 - off).clamp(0.0, 1.0);
                }
            }
        }
        if let Some((thick, contrast)) = self.cap {
            for (value, distance) in impedance.iter_mut().zip(distance) {
                *value += contrast * (distance + thick + 0.5).clamp(0.0, 1.0);
            }
        }
        impedance
    }
}

trait Level {
    fn random_level(&mut self, h: f32) -> f32;
}

impl Level for ChaCha8Rng {
    /// A sample of the section.
    fn random_level(&mut self, h: f32) -> f32 {
        self.from([0.1, 1.0]) * h
    }
}

impl Earth {
    /// Draws section number `index` of a seed: `traces` wide, `samples` deep, of a volume with `lines`.
    pub(super) fn draw(
        spec: &SectionSpec,
        seed: u64,
        index: u64,
        [lines, traces, samples]: [usize; 3],
    ) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(b"sections");
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(index);
        let rng = &mut rng;
        let imaging = &spec.imaging;
        let wavelet = Wavelet::draw(rng, imaging);
        let frame = Frame { lines, traces, samples, above: wavelet.half() };
        let zones = zones(rng, &spec.lookalikes, &frame);
        // Nobody could find salt in rock that shows nothing but noise.
        let hard = zones.iter().any(|zone| zone.effect.hides_salt);
        let salt = SaltSpec { none: if hard { 1.0 } else { spec.salt.none }, ..spec.salt };
        Self {
            frame,
            zones,
            salt: Salt::draw(rng, &salt, &frame),
            inside: Inside::draw(rng, &spec.salt, &frame),
            layers: Layers::draw(rng, (&spec.layers, &spec.faults, &spec.drag), &frame),
            wavelet,
            smear: rng.from(imaging.smear),
            shadow: if rng.chance(imaging.shadow) { rng.from([0.2, 1.0]) } else { 0.0 },
            pull_up: if rng.chance(imaging.pull_up) { rng.from([-0.15, 0.45]) } else { 0.0 },
            multiple: rng
                .chance(imaging.multiples)
                .then(|| (rng.log([0.05, 0.6]) * samples as f32, rng.sign() * rng.from([0.05, 0.4])))
                .map(|(delay, strength)| (delay as usize + 4, strength)),
            noise: Noise::draw(rng, &spec.noise, &frame),
            gain: Gain::draw(rng, &spec.gain, &frame),
            gaps: Gaps::draw(rng, &spec.gaps, &frame),
        }
    }

    /// Unclipped amplitudes and labels of line `y`.
    fn image(&self, y: f32) -> LabelledSection {
        let frame = &self.frame;
        let shares: Vec<Vec<f32>> = self.zones.iter().map(|zone| zone.share(frame, y)).collect();
        let distance = self.distance(y, &shares);
        let salt = match &distance {
            Some(distance) => distance.iter().map(|d| (0.5 - d / self.inside.edge).clamp(0.0, 1.0)).collect(),
            None => vec![0.0; frame.area()],
        };
        let (above, below) = self.thickness(&salt);
        let mut reflectivity = self.reflectivity(y, distance.as_deref(), &salt, [&above, &below], &shares);
        if let Some((delay, strength)) = self.multiple {
            let skip = delay * frame.traces;
            for at in (skip..reflectivity.len()).rev() {
                reflectivity[at] += strength * reflectivity[at - skip];
            }
        }
        let mut image = self.convolve(&reflectivity);
        smear(&mut image, frame.traces, self.smear);
        let deviation = rms(&image);
        self.noise.after(frame, y, deviation, &mut image);
        self.gain.apply(frame, y, &mut image);
        LabelledSection { amplitude: image, label: self.label(distance.as_deref()) }
    }

    /// Distance to salt, which is not in water.
    fn distance(&self, y: f32, shares: &[Vec<f32>]) -> Option<Vec<f32>> {
        let mut distance = self.salt.plane(&self.frame, y)?;
        for (zone, share) in self.zones.iter().zip(shares).filter(|(zone, _)| zone.effect.water) {
            let _ = zone;
            for (distance, share) in distance.iter_mut().zip(share) {
                *distance = distance.max(if *share > 0.0 { 4.0 * share } else { -1e3 });
            }
        }
        Some(distance)
    }

    /// Samples of salt above each place, smoothed along the traces, and the share (0..1) to which a place is below salt.
    fn thickness(&self, salt: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let width = self.frame.traces;
        let mut above = vec![0.0; salt.len()];
        for at in width..salt.len() {
            above[at] = above[at - width] + salt[at - width];
        }
        smear(&mut above, width, 4.0);
        let below = above.iter().map(|above| above / (above + 12.0)).collect();
        (above, below)
    }

    fn reflectivity(
        &self,
        y: f32,
        distance: Option<&[f32]>,
        salt: &[f32],
        [above, below]: [&[f32]; 2],
        shares: &[Vec<f32>],
    ) -> Vec<f32> {
        let frame = &self.frame;
        let mut coordinate = self.layers.coordinate(frame, y, distance);
        if self.pull_up != 0.0 {
            coordinate.iter_mut().zip(above).for_each(|(t, above)| *t += self.pull_up * above);
        }
        for (Zone { effect, .. }, share) in self.zones.iter().zip(shares) {
            let jumble = effect.jumble.as_ref().map(|(height, field)| (height, field.plane(frame, y)));
            if jumble.is_none() && effect.shift == 0.0 && effect.tilt == 0.0 {
                continue;
            }
            let middle = 0.5 * frame.traces as f32;
            for (at, (t, share)) in
                coordinate.iter_mut().zip(share).enumerate().filter(|(_, (_, s))| **s > 0.0)
            {
                let tilt = effect.tilt * ((at % frame.traces) as f32 - middle);
                let random = jumble.as_ref().map_or(0.0, |(height, plane)| *height * plane[at]);
                *t += share * (effect.shift + tilt + random);
            }
        }
        let mut laid = self.layers.lay(frame, y, &coordinate);
        let mut other = vec![0.0; frame.area()];
        let mut noisy = vec![1.0; frame.area()];
        for (Zone { effect, .. }, share) in self.zones.iter().zip(shares) {
            let places = laid.strength.iter_mut().zip(&mut other).zip(&mut noisy).zip(share);
            for (((strength, other), noisy), share) in places {
                *strength *= 1.0 + (effect.strength - 1.0) * share;
                *other += (effect.contrast - if effect.water { *other } else { 0.0 }) * share;
                *noisy *= 1.0 + (effect.noise - 1.0) * share;
            }
        }
        let inside = distance.map(|distance| self.inside.impedance(frame, y, distance));
        let noise = self.noise.reflectivity(frame, y, salt, below);
        let width = frame.traces;
        let mut out = vec![0.0; frame.area()];
        for at in 0..out.len() - width {
            let next = at + width;
            let share = 0.5 * (salt[at] + salt[next]);
            let dim = 1.0 - self.shadow * below[at];
            let layers = laid.strength[at] * (laid.impedance[next] - laid.impedance[at]);
            let mut sum = (1.0 - share) * (layers + other[next] - other[at]);
            if let Some(inside) = &inside {
                let around = 0.5 * (laid.impedance[at] + laid.impedance[next]) * laid.strength[at].min(1.0);
                sum += (salt[next] - salt[at]) * (0.5 * (inside[at] + inside[next]) - around);
                sum += share * (inside[next] - inside[at]);
            }
            out[at] = sum * dim + noise[at] * noisy[at];
        }
        out
    }

    /// Reflectivity with margins to an image without.
    fn convolve(&self, reflectivity: &[f32]) -> Vec<f32> {
        let Frame { traces, samples, above, .. } = self.frame;
        let mut image = vec![0.0; traces * samples];
        convolve_rows(reflectivity, traces, &self.wavelet.shallow, above, &mut image);
        if let Some(deep) = &self.wavelet.deep {
            let mut below = vec![0.0; image.len()];
            convolve_rows(reflectivity, traces, deep, above, &mut below);
            let rows = image.chunks_exact_mut(traces).zip(below.chunks_exact(traces));
            for (row, (image, below)) in rows.enumerate() {
                let share = row as f32 / samples as f32;
                image.iter_mut().zip(below).for_each(|(image, below)| *image += share * (below - *image));
            }
        }
        image
    }

    fn label(&self, distance: Option<&[f32]>) -> Vec<f32> {
        let Frame { traces, samples, above, .. } = self.frame;
        let Some(distance) = distance else { return vec![0.0; traces * samples] };
        let first = above * traces;
        let (upper, lower) = (&distance[first..first + traces * samples], &distance[first + traces..]);
        upper.iter().zip(lower).map(|(upper, lower)| f32::from(u8::from(upper + lower < 0.0))).collect()
    }

    /// The factor that brings amplitudes to -1..1, from the middle line.
    pub(super) fn scale(&self) -> f32 {
        self.gain.scale(&self.image(0.5 * (self.frame.lines - 1) as f32).amplitude)
    }

    /// Line `y` with this factor; `None`: its own.
    pub(super) fn line(&self, y: f32, scale: Option<f32>) -> LabelledSection {
        let mut section = self.image(y);
        let scale = scale.unwrap_or_else(|| self.gain.scale(&section.amplitude));
        section.amplitude.iter_mut().for_each(|value| *value = (*value * scale).clamp(-1.0, 1.0));
        self.gaps.apply(&self.frame, y, &mut section.amplitude, &mut section.label);
        section
    }
}
