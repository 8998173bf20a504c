//! Learning rates as pure functions of the step and of the scores so far, so that resuming needs nothing else.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// How the learning rate moves within a stage, as a share of the stage's rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always the stage's rate.
    Constant,
    /// Half a cosine from the rate down to `last` of it over the stage (Loshchilov, Hutter, ICLR 2017, eq. 5, one cycle).
    Cosine {
        /// Share of the rate at the end, 0..=1.
        #[serde(default)]
        last: f64,
    },
    /// The cosine again and again (the same, with restarts).
    WarmRestarts {
        /// Epochs of the first cycle.
        cycle: f64,
        /// Each cycle's length as a multiple of the one before, 1 or more.
        #[serde(default = "one")]
        growth: f64,
        /// Share of the rate at each end, 0..=1.
        #[serde(default)]
        last: f64,
    },
    /// Straight up from `low` to the rate and down again (Smith, WACV 2017).
    Cyclic {
        /// Epochs of the way up, and of the way down.
        half: f64,
        /// Share of the rate at the minima, 0..=1.
        low: f64,
        /// Whether each cycle rises half as high as the one before ("triangular2").
        #[serde(default)]
        halving: bool,
    },
    /// Multiplied by `factor` whenever the validation score has not risen for more than `patience` epochs.
    Plateau {
        /// Share that is left, 0..1.
        factor: f64,
        /// Epochs that are waited.
        patience: usize,
        /// Share of the rate that it does not fall below, 0..=1.
        #[serde(default)]
        lowest: f64,
        /// What else happens at a plateau.
        #[serde(default)]
        then: AtPlateau,
    },
}

/// What else happens when the rate is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtPlateau {
    /// The weights go on.
    #[default]
    GoOn,
    /// The best weights of the training so far are taken back, and the optimizer forgets.
    Best,
    /// A reduction that would go below `lowest` ends a cycle: the weights go on at the full rate.
    Restart,
}

fn one() -> f64 {
    1.0
}

/// Where a stage stands when a step is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment<'a> {
    /// Finished steps of the stage.
    pub step: u64,
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
    /// Epochs of the stage.
    pub epochs: f64,
    /// Validation scores of the stage's finished epochs.
    pub scores: &'a [f64],
}

/// A score must exceed the best by this share of it to count as risen, as in `torch.optim.lr_scheduler.ReduceLROnPlateau`.
const RISE: f64 = 1e-4;
/// Smaller changes of a rate are not made, as there.
const SMALLEST_CHANGE: f64 = 1e-8;

impl Schedule {
    /// Refuses constants without a meaning.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        let within = |name: &str, value: f64| match (0.0..=1.0).contains(&value) {
            true => Ok(()),
            false => fail!(InvalidArgument, "schedule: {name} is {value}, expected 0..=1"),
        };
        let epochs = |name: &str, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => fail!(InvalidArgument, "schedule: {name} is {value} epochs, expected above 0"),
        };
        match *self {
            Self::Constant => Ok(()),
            Self::Cosine { last } => within("last", last),
            Self::WarmRestarts { cycle, growth, last } => {
                if !(growth.is_finite() && growth >= 1.0) {
                    fail!(InvalidArgument, "schedule: growth is {growth}, expected 1 or more");
                }
                epochs("cycle", cycle)?;
                within("last", last)
            }
            Self::Cyclic { half, low, .. } => {
                epochs("half", half)?;
                within("low", low)
            }
            Self::Plateau { factor, lowest, .. } => {
                within("factor", factor)?;
                within("lowest", lowest)
            }
        }
    }

    /// The share of the stage's rate.
    pub fn share(&self, moment: &Moment<'_>) -> f64 {
        let epoch = moment.step as f64 / moment.steps_per_epoch.max(1) as f64;
        match *self {
            Self::Constant => 1.0,
            Self::Cosine { last } => cosine(epoch / moment.epochs, last),
            Self::WarmRestarts { cycle, growth, last } => cosine(within_cycle(epoch, cycle, growth).1, last),
            Self::Cyclic { half, low, halving } => {
                let cycle = (1.0 + epoch / (2.0 * half)).floor();
                let height = (1.0 - (epoch / half - 2.0 * cycle + 1.0).abs()).max(0.0);
                let scale = if halving { 0.5f64.powf(cycle - 1.0) } else { 1.0 };
                low + (1.0 - low) * height * scale
            }
            Self::Plateau { factor, patience, lowest, then } => {
                plateau(moment.scores, factor, patience, lowest, then).share
            }
        }
    }

    /// What the end of an epoch is, for snapshots and restarts: `epoch` epochs of the schedule are finished, with these
    /// validation scores.
    pub fn turn(&self, epoch: f64, scores: &[f64]) -> Turn {
        match *self {
            Self::Constant | Self::Cosine { .. } => Turn::None,
            Self::WarmRestarts { cycle, growth, .. } => {
                cycle_end(|epoch| within_cycle(epoch, cycle, growth).0, epoch)
            }
            Self::Cyclic { half, .. } => cycle_end(|epoch| (epoch / (2.0 * half)).floor() as u64, epoch),
            Self::Plateau { factor, patience, lowest, then } => {
                let Some((_, before)) = scores.split_last() else {
                    return Turn::None;
                };
                let counts = |scores| plateau(scores, factor, patience, lowest, then);
                let (now, before) = (counts(scores), counts(before));
                match then {
                    AtPlateau::Restart if now.restarts > before.restarts => Turn::CycleEnd,
                    AtPlateau::Best if now.reductions > before.reductions => Turn::BackToBest,
                    _ => Turn::None,
                }
            }
        }
    }
}

/// What happens between two epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    None,
    /// The rate was at its minimum and rises again: a snapshot is worth keeping.
    CycleEnd,
    /// The best weights so far are taken back.
    BackToBest,
}

fn cosine(done: f64, last: f64) -> f64 {
    last + (1.0 - last) * 0.5 * (1.0 + (PI * done.min(1.0)).cos())
}

/// Number of the cycle and the share of it that is done.
fn within_cycle(epoch: f64, cycle: f64, growth: f64) -> (u64, f64) {
    let (mut number, mut start, mut length) = (0, 0.0, cycle);
    if growth == 1.0 {
        number = (epoch / cycle).floor() as u64;
        start = number as f64 * cycle;
    } else {
        while epoch >= start + length {
            start += length;
            length *= growth;
            number += 1;
        }
    }
    (number, (epoch - start) / length)
}

/// Whether a cycle ended in the epoch before `epoch`.
fn cycle_end(cycle: impl Fn(f64) -> u64, epoch: f64) -> Turn {
    if epoch >= 1.0 && cycle(epoch) > cycle(epoch - 1.0) { Turn::CycleEnd } else { Turn::None }
}

struct Plateaus {
    share: f64,
    reductions: usize,
    restarts: usize,
}

fn plateau(scores: &[f64], factor: f64, patience: usize, lowest: f64, then: AtPlateau) -> Plateaus {
    let mut found = Plateaus { share: 1.0, reductions: 0, restarts: 0 };
    let (mut best, mut waited) = (f64::NEG_INFINITY, 0);
    for &score in scores {
        // A NaN never counts as risen.
        let risen = score > best + RISE * best.abs() || (best == f64::NEG_INFINITY && !score.is_nan());
        if risen {
            (best, waited) = (score, 0);
        } else {
            waited += 1;
        }
        if waited > patience {
            waited = 0;
            let reduced = found.share * factor;
            if then == AtPlateau::Restart && reduced < lowest {
                found.share = 1.0;
                found.restarts += 1;
                best = f64::NEG_INFINITY;
            } else if found.share - reduced.max(lowest) > SMALLEST_CHANGE {
                found.share = reduced.max(lowest);
                found.reductions += 1;
            }
        }
    }
    found
}
