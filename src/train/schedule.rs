//! Learning rates as pure functions of the step, so that resuming needs the step's number only.

use serde::{Deserialize, Serialize};

/// How the learning rate moves within a stage, as a share of the stage's rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always the stage's rate.
    Constant,
    /// Linear from 0 over `warmup` of the steps, then half a cosine down to `last` of the rate
    /// (Loshchilov, Hutter, ICLR 2017, eq. 5, one cycle).
    Cosine {
        /// Share of the steps that warm up, 0..1.
        #[serde(default)]
        warmup: f64,
        /// Share of the rate at the end, 0..=1.
        #[serde(default)]
        last: f64,
    },
}

impl Schedule {
    /// The share of the stage's rate at step `step` (from 0) of `steps`.
    pub fn share(&self, step: u64, steps: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Cosine { warmup, last } => {
                let steps = steps.max(1) as f64;
                let rise = (warmup.clamp(0.0, 1.0) * steps).floor();
                let at = step as f64;
                if at < rise {
                    return (at + 1.0) / rise;
                }
                let done = ((at - rise) / (steps - rise).max(1.0)).min(1.0);
                last + (1.0 - last) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}
