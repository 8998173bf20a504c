//! What a prediction did and where its time went.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::metrics::SeamFigure;

/// Seconds per stage. Stages run at the same time: their sum may exceed the total.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StageSeconds {
    /// Streaming the survey for its amplitude quantiles.
    pub statistics: f64,
    /// Reading sections.
    pub read: f64,
    /// Making network input.
    pub tile: f64,
    /// Bringing input to the network's device, and probabilities back.
    pub copy: f64,
    /// Networks.
    pub forward: f64,
    /// Blending tiles.
    pub stitch: f64,
    /// Handing results to the sink.
    pub write: f64,
    /// From start to end.
    pub total: f64,
}

impl StageSeconds {
    /// The sums of two runs.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            statistics: self.statistics + other.statistics,
            read: self.read + other.read,
            tile: self.tile + other.tile,
            copy: self.copy + other.copy,
            forward: self.forward + other.forward,
            stitch: self.stitch + other.stitch,
            write: self.write + other.write,
            total: self.total + other.total,
        }
    }
}

/// What a prediction did.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PredictReport {
    /// Tiles that went through the network.
    pub tiles: u64,
    /// Tiles that were passed over because there is nothing to see in them.
    pub blank_tiles: u64,
    /// Samples of live traces predicted.
    pub samples: u64,
    /// Live traces predicted.
    pub live_traces: u64,
    /// Jump of probability across tile borders over that elsewhere; NaN when there is no border.
    pub seam: f64,
    /// Most resident memory that was expected, in bytes; 0 where the system does not tell.
    pub memory_bound: u64,
    /// Most resident memory of the process so far, in bytes; 0 where the system does not tell.
    pub memory_peak: u64,
    /// Where the time went.
    pub seconds: StageSeconds,
}

/// What predicting one line, or several, did.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LineFigures {
    /// Live traces.
    pub live_traces: u64,
    /// Tiles that went through the networks.
    pub tiles: u64,
    /// Tiles that were passed over.
    pub blank_tiles: u64,
    /// Jumps of probability at tile borders and elsewhere.
    pub seams: SeamFigure,
}

impl LineFigures {
    /// Adds those of another line.
    pub fn add(&mut self, other: &Self) {
        self.live_traces += other.live_traces;
        self.tiles += other.tiles;
        self.blank_tiles += other.blank_tiles;
        self.seams.merge(&other.seams);
    }

    /// The report of all lines, whose traces have this many samples; nothing is said of memory and time.
    pub fn report(&self, samples: usize) -> PredictReport {
        PredictReport {
            tiles: self.tiles,
            blank_tiles: self.blank_tiles,
            samples: self.live_traces * samples as u64,
            live_traces: self.live_traces,
            seam: self.seams.ratio().unwrap_or(f64::NAN),
            ..PredictReport::default()
        }
    }
}

/// A stage that several threads spend time on.
#[derive(Debug, Default)]
pub(super) struct Stopwatch(AtomicU64);

impl Stopwatch {
    /// Runs `work` and adds its time.
    pub(super) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(start.elapsed());
        result
    }

    pub(super) fn add(&self, time: Duration) {
        self.0.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    pub(super) fn seconds(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64 * 1e-9
    }
}

/// The stages' times so far.
#[derive(Debug, Default)]
pub(super) struct Stopwatches {
    pub(super) read: Stopwatch,
    pub(super) tile: Stopwatch,
    pub(super) copy: Stopwatch,
    pub(super) forward: Stopwatch,
    pub(super) stitch: Stopwatch,
    pub(super) write: Stopwatch,
}

impl Stopwatches {
    pub(super) fn seconds(&self) -> StageSeconds {
        StageSeconds {
            read: self.read.seconds(),
            tile: self.tile.seconds(),
            copy: self.copy.seconds(),
            forward: self.forward.seconds(),
            stitch: self.stitch.seconds(),
            write: self.write.seconds(),
            ..StageSeconds::default()
        }
    }
}
