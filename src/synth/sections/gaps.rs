//! Where a section has no data.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::dice::Dice;
use super::field::{Frame, white};
use super::shapes::{Relief, Style, relief};
use super::spec::GapSpec;

/// All places of a section without data.
#[derive(Debug)]
pub(super) struct Gaps {
    /// Nothing above these surfaces.
    mutes: Vec<(Relief, usize)>,
    /// Trace at the top, half width, depth in samples, lean, and whether they narrow downwards.
    wedges: Vec<(f32, f32, f32, f32, bool)>,
    dead: Vec<usize>,
    /// Samples or traces at the left, at the right, below; slopes of the sides in traces per sample.
    padding: [f32; 3],
    slopes: [f32; 2],
    /// Level of noise instead of zeros.
    faint: Option<(f32, u32)>,
}

impl Gaps {
    pub(super) fn draw(rng: &mut ChaCha8Rng, spec: &GapSpec, frame: &Frame) -> Self {
        let (w, h) = (frame.traces as f32, frame.samples as f32);
        let mut mutes = Vec::new();
        if rng.chance(spec.mute) {
            let (level, height) = (rng.little([0.01, 0.35]) * h, rng.little([0.0, 0.05]) * h);
            let cell = rng.log([0.05, 1.0]) * w;
            let mut edge = relief(rng, level, height, cell, Style::Smooth);
            edge.slope = rng.normal() * 0.05;
            // Stepped where neighbouring traces share a fold.
            let step = if rng.chance(0.4) { rng.random_range(2..40) } else { 1 };
            mutes.push((edge, step));
        }
        let mut wedges = Vec::new();
        if rng.chance(spec.gaps) {
            for _ in 0..rng.random_range(1..=6) {
                let half = rng.log([0.5, 0.12 * w]);
                let deep = if rng.chance(0.15) { 1.2 * h } else { rng.log([0.03, 0.4]) * h };
                wedges.push((rng.random::<f32>() * w, half, deep, rng.normal() * 0.1, rng.chance(0.6)));
            }
        }
        let mut dead = Vec::new();
        if rng.chance(spec.dead) {
            for _ in 0..rng.random_range(1..=5) {
                let (first, count) = (rng.random_range(0..frame.traces), rng.random_range(1..4));
                dead.extend(first..(first + count).min(frame.traces));
            }
        }
        let mut padding = [0.0; 3];
        let mut slopes = [0.0; 2];
        if rng.chance(spec.padding) {
            for (side, extent) in [w, w, h].into_iter().enumerate() {
                padding[side] = if rng.chance(0.45) { rng.log([0.01, 0.6]) * extent } else { 0.0 };
            }
            slopes = slopes.map(|_| if rng.chance(0.5) { rng.normal() * 0.3 } else { 0.0 });
        }
        let faint = rng.chance(spec.faint).then(|| (rng.log([1e-3, 0.05]), rng.random()));
        Self { mutes, wedges, dead, padding, slopes, faint }
    }

    /// Empties amplitudes and labels of line `y`.
    pub(super) fn apply(&self, frame: &Frame, y: f32, amplitude: &mut [f32], label: &mut [f32]) {
        let frame = &Frame { above: 0, ..*frame };
        let (w, h) = (frame.traces, frame.samples);
        let noise = self.faint.map(|(level, seed)| (level, white(seed, frame, y)));
        let mut empty = |row: usize, column: usize| {
            let at = row * w + column;
            amplitude[at] = noise.as_ref().map_or(0.0, |(level, noise)| level * noise[at]);
            label[at] = 0.0;
        };
        for (edge, step) in &self.mutes {
            let line = edge.line(frame, y);
            for column in 0..w {
                let end = line[column / step * step].clamp(0.0, h as f32) as usize;
                (0..end).for_each(|row| empty(row, column));
            }
        }
        for &(at, half, deep, lean, narrows) in &self.wedges {
            for row in 0..(deep.max(0.0) as usize).min(h) {
                let share = row as f32 / deep;
                let half = if narrows { half * (1.0 - share) } else { half };
                let middle = at + lean * row as f32;
                let first = (middle - half).ceil().max(0.0) as usize;
                let end = (middle + half).max(0.0) as usize;
                (first..end.min(w)).for_each(|column| empty(row, column));
            }
        }
        for &column in &self.dead {
            (0..h).for_each(|row| empty(row, column));
        }
        let [left, right, below] = self.padding;
        for row in 0..h {
            let side = |width: f32, slope: f32| {
                if width > 0.0 { (width + slope * row as f32).clamp(0.0, w as f32) as usize } else { 0 }
            };
            let (left, right) = (side(left, self.slopes[0]), side(right, self.slopes[1]));
            (0..left).chain(w - right..w).for_each(|column| empty(row, column));
            if row as f32 >= h as f32 - below {
                (0..w).for_each(|column| empty(row, column));
            }
        }
    }
}
