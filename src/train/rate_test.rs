//! A range test of the learning rate (Smith, WACV 2017, section 3.3): some steps at a rate that rises from next to nothing to far too much. Where the loss falls
//! fastest a training can begin; where it is lowest lies the upper end of what a cycle can take.

use std::path::Path;

use rand::seq::SliceRandom;
use serde::Serialize;
use tch::{Device, Kind};

use super::batch::Changes;
use super::loader::{Reading, each_batch};
use super::random::{key, stream};
use super::step::{self, StepOptions};
use super::trainer::start;
use super::{TileSource, TrainingSpec};
use crate::control::Control;
use crate::error::{ErrorKind, Result, fail};
use crate::model::Pass;

/// Share of the smoothed loss that a step keeps.
const SMOOTHING: f64 = 0.9;
/// The test ends when the smoothed loss is so many times its least.
const TOO_MUCH: f64 = 4.0;
/// Steps in which the smoothed loss says nothing yet.
const FIRST: usize = 5;

/// Which rates, and in how many steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRange {
    /// The first, above 0.
    pub from: f64,
    /// The last, above the first.
    pub to: f64,
    /// Steps, 10..=100000; the rate grows by the same factor at each.
    pub steps: usize,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RatePoint {
    /// From 1.
    pub step: usize,
    /// Its learning rate.
    pub rate: f64,
    /// The loss of its batch.
    pub loss: f64,
    /// The mean of the losses up to here, each step before weighing 0.9 of the next.
    pub smoothed: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RateTest {
    /// The steps, up to where the loss exploded.
    pub points: Vec<RatePoint>,
    /// The rate at which the smoothed loss falls fastest; `None` where it never falls.
    pub steepest: Option<f64>,
    /// The rate at which it is lowest.
    pub lowest: Option<f64>,
}

impl RateRange {
    fn check(&self) -> Result<()> {
        let Self { from, to, steps } = *self;
        if !(from.is_finite() && to.is_finite() && 0.0 < from && from < to) {
            fail!(
                InvalidArgument,
                "rates from {from} to {to}: expected two numbers above 0, the second larger"
            );
        }
        if !(10..=100_000).contains(&steps) {
            fail!(InvalidArgument, "{steps} steps, expected 10..=100000");
        }
        Ok(())
    }

    fn rate(&self, step: usize) -> f64 {
        self.from * (self.to / self.from).powf(step as f64 / (self.steps - 1) as f64)
    }
}

/// A training whose rates are tested.
#[derive(Debug, Clone, Copy)]
pub struct RateTestSetup<'a> {
    /// The training; of its stages the first.
    pub training: &'a TrainingSpec,
    /// A model file whose weights it starts from.
    pub initial: Option<&'a Path>,
    /// Where the network runs.
    pub device: Device,
    /// The kind that the network computes in.
    pub kind: Kind,
}

/// Trains a network for the steps of the range. Nothing is kept of it.
///
/// # Errors
/// `InvalidArgument` for a range without a meaning; `Dataset` without tiles; `Cancelled`, `OutOfMemory`, `Backend`.
pub fn rate_test(
    setup: &RateTestSetup<'_>,
    tiles: &dyn TileSource,
    range: &RateRange,
    control: &Control<'_>,
) -> Result<RateTest> {
    let RateTestSetup { training, initial, device, kind } = *setup;
    range.check()?;
    let Some(stage) = training.stages.first().filter(|_| !tiles.is_empty()) else {
        fail!(Dataset, "there is no tile to learn from");
    };
    let mut state = start(training, device, initial)?;
    let batch = stage.batch.unwrap_or(training.batch);
    let mut points: Vec<RatePoint> = Vec::new();
    let (mut mean, mut least, mut exploded) = (0.0, f64::INFINITY, false);
    let mut epoch = 0;
    while points.len() < range.steps && !exploded {
        let mut order: Vec<usize> = (0..tiles.len()).collect();
        order.shuffle(&mut stream([training.seed, epoch as u64, u64::MAX, 0]));
        let changes = Changes::Drawn { spec: &training.augment, seed: training.seed, epoch };
        let batches: Vec<&[usize]> = order.chunks(batch).take(range.steps - points.len()).collect();
        each_batch(&Reading { source: tiles, batches, changes }, |_, batch, _| {
            if exploded {
                return Ok(());
            }
            let done = points.len();
            control.step("test rates", done as u64, range.steps as u64)?;
            let rate = range.rate(done);
            let pass_tiles = training.pass_tiles.unwrap_or(usize::MAX);
            let how =
                StepOptions { loss: stage.loss, rate, kind, padding: training.input.padding, pass_tiles };
            let pass = |part: usize| {
                Pass::train(key([training.seed, epoch as u64, done as u64 | (part as u64) << 32, 1]))
            };
            let loss = match step::step(&state.network, &mut state.optimizer, &batch.to(device)?, &how, pass)
            {
                Err(error) if error.kind() == ErrorKind::Diverged => {
                    exploded = true;
                    return Ok(());
                }
                other => other?,
            };
            mean = SMOOTHING * mean + (1.0 - SMOOTHING) * loss;
            let smoothed = mean / (1.0 - SMOOTHING.powi(done as i32 + 1));
            points.push(RatePoint { step: done + 1, rate, loss, smoothed });
            if done >= FIRST {
                least = smoothed.min(least);
                exploded = smoothed > TOO_MUCH * least;
            }
            Ok(())
        })?;
        epoch += 1;
    }
    control.step("test rates", range.steps as u64, range.steps as u64)?;
    Ok(judged(points))
}

/// Finds the lowest smoothed loss, and the steepest fall before it: both over a tenth of the steps, so that no single batch decides.
fn judged(points: Vec<RatePoint>) -> RateTest {
    let settled = points.get(FIRST..).unwrap_or_default();
    let lowest = settled.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed)).copied();
    let falling: Vec<&RatePoint> =
        settled.iter().take_while(|point| lowest.is_some_and(|lowest| point.step <= lowest.step)).collect();
    let width = (points.len() / 10).max(2);
    let falls = falling.windows(width).map(|part| {
        let (first, last) = (part[0], part[width - 1]);
        (part[width / 2].rate, (first.smoothed - last.smoothed) / (last.rate / first.rate).ln())
    });
    let steepest = falls.filter(|(_, fall)| *fall > 0.0).max_by(|a, b| a.1.total_cmp(&b.1));
    RateTest {
        steepest: steepest.map(|(rate, _)| rate),
        lowest: steepest.and(lowest).map(|lowest| lowest.rate),
        points,
    }
}
