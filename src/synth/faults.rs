//! Normal faults: dipping, slightly listric surfaces whose throw dies out towards their tips.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::frame::{Frame, METRES_PER_MS};
use super::random::{Feature, between, stream};

#[derive(Debug)]
struct Fault {
    /// Centre of the surface in metres: across inlines, across crosslines, down.
    centre: [f32; 3],
    /// Unit vector along strike; dip direction is this turned by 90 degrees.
    strike: [f32; 2],
    /// Horizontal run per metre of depth.
    run: f32,
    /// Half lengths along strike and down, in metres.
    half: [f32; 2],
    throw_ms: f32,
    /// Distance from the surface in which the hanging wall bends back, in metres.
    rollover: f32,
}

/// All faults of a survey.
#[derive(Debug)]
pub(super) struct Faults {
    faults: Vec<Fault>,
}

/// A fault seen from one surface point: distances to it are linear in depth.
#[derive(Debug, Clone, Copy)]
pub(super) struct FaultTrace {
    index: usize,
    /// Distance in dip direction from the fault's centre line, in metres.
    across: f32,
    throw_ms: f32,
}

/// What faulting did to a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restored {
    /// Where the point's layer was before faulting, in ms.
    pub t: f32,
    /// Share of the reflection that the image keeps: faults blur it.
    pub clarity: f32,
}

impl Faults {
    /// A main direction with its conjugate, and some outliers; about five faults per four salt bodies.
    pub(super) fn new(frame: &Frame) -> Self {
        let rng = &mut stream(frame.seed, Feature::Faults, 0);
        let main = between(rng, 0.0, std::f32::consts::PI);
        let [nx, ny] = frame.cells(frame.unit);
        let count = (nx * ny * 5).div_ceil(4);
        Self { faults: (0..count).map(|_| Fault::random(rng, frame, main)).collect() }
    }

    /// The faults that touch the vertical line at `x, y` (metres), into `out`.
    pub(super) fn column(&self, x: f32, y: f32, out: &mut Vec<FaultTrace>) {
        out.clear();
        for (index, fault) in self.faults.iter().enumerate() {
            let (dx, dy) = (x - fault.centre[0], y - fault.centre[1]);
            let along = dx * fault.strike[0] + dy * fault.strike[1];
            let across = dy * fault.strike[0] - dx * fault.strike[1];
            let taper = 1.0 - (along / fault.half[0]).powi(2);
            let reach = fault.rollover + 2.0 * fault.run * fault.half[1];
            if taper > 0.0 && across.abs() < reach {
                out.push(FaultTrace { index, across, throw_ms: fault.throw_ms * taper });
            }
        }
    }

    /// Undoes the faulting at time `t` (ms) of a column.
    pub(super) fn restore(&self, column: &[FaultTrace], t: f32) -> Restored {
        let mut restored = Restored { t, clarity: 1.0 };
        for trace in column {
            self.faults[trace.index].undo(trace, &mut restored);
        }
        restored
    }
}

impl Fault {
    fn random(rng: &mut ChaCha8Rng, frame: &Frame, main: f32) -> Self {
        let flip = if rng.random::<bool>() { 0.0 } else { std::f32::consts::PI };
        let (sin, cos) = (main + flip + between(rng, -0.35, 0.35)).sin_cos();
        let depth = frame.depth();
        let dip = between(rng, 42.0, 62.0_f32).to_radians();
        Self {
            centre: [
                between(rng, 0.0, frame.width[0]),
                between(rng, 0.0, frame.width[1]),
                between(rng, 0.3, 0.7) * depth,
            ],
            strike: [cos, sin],
            run: 1.0 / dip.tan(),
            half: [between(rng, 0.6, 1.4) * frame.unit, between(rng, 0.25, 0.5) * depth],
            throw_ms: between(rng, 0.025, 0.055) * frame.record_ms,
            rollover: between(rng, 0.6, 1.1) * frame.unit,
        }
    }

    fn undo(&self, trace: &FaultTrace, restored: &mut Restored) {
        let down = restored.t * METRES_PER_MS - self.centre[2];
        let taper = 1.0 - (down / self.half[1]).powi(2);
        if taper <= 0.0 {
            return;
        }
        // Listric: the surface flattens downwards.
        let surface = self.run * down * (1.0 + 0.35 * down / self.half[1]);
        let hanging = trace.across - surface;
        let throw = trace.throw_ms * taper;
        let blur = (1.0 - (hanging / 40.0).powi(2)).max(0.0) * (throw / 15.0).min(1.0);
        restored.clarity *= 1.0 - 0.5 * blur;
        if hanging > 0.0 {
            restored.t -= throw * (1.0 - hanging / self.rollover).max(0.0).powi(2);
        }
    }
}
