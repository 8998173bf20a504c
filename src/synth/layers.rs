//! Layered sediments: a seabed, a gently draped young package, an unconformity and folded older layers.
//!
//! A point's *stratigraphic time* names the layer it belongs to. It is an explicit function of position, so any
//! sample can be computed alone; reflectivity is a fixed random series of stratigraphic time.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::frame::Frame;
use super::random::{Feature, between, direction, stream};
use super::texture::{Texture, smoothstep};

/// Reflection strength of the seabed and of the unconformity, in units of an ordinary layer boundary.
const UNCONFORMITY: f32 = 2.2;

/// The sedimentary column everywhere.
#[derive(Debug)]
pub(super) struct Layers {
    record_ms: f32,
    seabed_ms: f32,
    unconformity_ms: f32,
    relief: Texture,
    folds: Texture,
    small_folds: Texture,
    amplitude: Texture,
    fold_ms: f32,
    /// Regional dip of the old package in ms per metre.
    dip: [f32; 2],
    /// Thickening of the young package per metre, a share.
    wedge: [f32; 2],
    centre: [f32; 2],
    series: ReflectivitySeries,
}

/// What the layers look like below one surface point; times in ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerColumn {
    x: f32,
    y: f32,
    /// Two-way time of the seabed.
    pub seabed: f32,
    unconformity: f32,
    thickening: f32,
    old_shift: f32,
    young_fold: f32,
    fold: f32,
}

impl Layers {
    pub(super) fn new(frame: &Frame) -> Self {
        let rng = &mut stream(frame.seed, Feature::Layers, 0);
        let record = frame.record_ms;
        let wide = between(rng, 0.9, 1.3) * frame.unit;
        let [dip_x, dip_y] = direction(rng);
        let dip = between(rng, 0.01, 0.035) * record / frame.unit;
        let [wedge_x, wedge_y] = direction(rng);
        let wedge = between(rng, 0.02, 0.07) / frame.unit;
        Self {
            record_ms: record,
            seabed_ms: between(rng, 0.05, 0.10) * record,
            unconformity_ms: between(rng, 0.30, 0.48) * record,
            relief: Texture::new(rng, [wide, wide, 1.0]),
            // Fold axes run along y more than along x: folds are longer than wide.
            folds: Texture::new(rng, [0.7 * wide, 1.3 * wide, 1.0]),
            small_folds: Texture::new(rng, [0.45 * wide, 0.45 * wide, 0.3 * record]),
            amplitude: Texture::new(rng, [0.5 * wide, 0.5 * wide, 0.09 * record]),
            fold_ms: between(rng, 0.10, 0.17) * record,
            dip: [dip * dip_x, dip * dip_y],
            wedge: [wedge * wedge_x, wedge * wedge_y],
            centre: frame.width.map(|width| 0.5 * width),
            series: ReflectivitySeries::new(frame),
        }
    }

    /// The layers below a surface point, in metres.
    pub(super) fn column(&self, x: f32, y: f32) -> LayerColumn {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        // The centre of a lattice cell in the third direction, where gradient noise varies most.
        let relief = self.relief.at(x, y, 0.5);
        let fold = self.fold_ms * self.folds.at(x, y, 0.5);
        LayerColumn {
            x,
            y,
            seabed: self.seabed_ms * (1.0 + 0.25 * relief),
            unconformity: self.unconformity_ms + 0.05 * self.record_ms * relief - 0.25 * fold,
            thickening: (1.0 + self.wedge[0] * dx + self.wedge[1] * dy).clamp(0.7, 1.4),
            old_shift: self.dip[0] * dx + self.dip[1] * dy,
            young_fold: 0.3 * fold,
            fold,
        }
    }

    /// Reflectivity of sediment at the (restored) time `t` of a column. 1 is an ordinary layer boundary.
    pub(super) fn reflectivity(&self, column: &LayerColumn, t: f32) -> f32 {
        let below = t - column.seabed;
        if below < 0.0 {
            return 0.0;
        }
        let ripple = 0.035 * self.record_ms * self.small_folds.at(column.x, column.y, t);
        let growth = smoothstep(0.0, 1.0, below / self.record_ms);
        let stratigraphic = if t < column.unconformity {
            below * column.thickening + column.young_fold * growth + 0.5 * ripple
        } else {
            // The older package starts one record length further on: it shares no layer with the younger one.
            self.record_ms * 1.5 + t + column.old_shift + column.fold * (0.45 + growth) + ripple
        };
        let strength = 1.0 + 1.1 * self.amplitude.at(column.x, column.y, stratigraphic);
        let surface = UNCONFORMITY * self.series.spike(t - column.unconformity);
        strength * (self.series.at(stratigraphic) + surface)
    }
}

/// Reflection coefficients against stratigraphic time, each spread over a small triangle so that
/// sampling it on a dipping layer gives a smooth event.
#[derive(Debug)]
struct ReflectivitySeries {
    step: f32,
    values: Vec<f32>,
}

impl ReflectivitySeries {
    fn new(frame: &Frame) -> Self {
        let rng = &mut stream(frame.seed, Feature::Reflectivity, 0);
        let step = 0.5 * frame.step_ms;
        let length = 4.5 * frame.record_ms;
        let mut values = vec![0.0; (length / step) as usize + 2];
        let facies = Texture::new(rng, [0.16 * frame.record_ms, 1.0, 1.0]);
        let mut time = 2.0 * frame.step_ms;
        let mut next_marker = between(rng, 0.05, 0.12) * frame.record_ms;
        while time < length - step {
            // Intervals of strong and of almost no reflections.
            let strength = (0.75 + 1.5 * facies.at(time, 0.5, 0.5)).clamp(0.12, 1.5);
            let mut coefficient = strength * laplace(rng);
            if time > next_marker {
                let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                coefficient = sign * between(rng, 1.8, 3.0);
                next_marker = time + between(rng, 0.08, 0.2) * frame.record_ms;
            }
            let position = time / step;
            let (index, share) = (position as usize, position.fract());
            values[index] += coefficient * (1.0 - share);
            values[index + 1] += coefficient * share;
            time += frame.step_ms * between(rng, 1.6, 6.5);
        }
        Self { step, values }
    }

    fn at(&self, time: f32) -> f32 {
        let position = (time / self.step).max(0.0);
        let (index, share) = (position as usize, position.fract());
        match self.values.get(index..index + 2) {
            Some(&[a, b]) => a + (b - a) * share,
            _ => 0.0,
        }
    }

    /// A single boundary at 0.
    fn spike(&self, time: f32) -> f32 {
        (1.0 - time.abs() / self.step).max(0.0)
    }
}

/// Heavy-tailed coefficients, as well logs show (Walden & Hosken 1986): Laplace with variance 1.
fn laplace(rng: &mut ChaCha8Rng) -> f32 {
    let uniform = between(rng, -0.999, 0.999);
    -uniform.signum() * (1.0 - uniform.abs()).ln() * 0.707
}
