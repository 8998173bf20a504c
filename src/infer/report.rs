//! What a prediction did and where its time went.

use std::time::Instant;

use serde::Serialize;

/// Seconds per stage.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct StageSeconds {
    /// Streaming the survey for its amplitude quantiles.
    pub statistics: f64,
    /// Reading sections.
    pub read: f64,
    /// Making network input.
    pub tile: f64,
    /// Networks.
    pub forward: f64,
    /// Blending tiles.
    pub stitch: f64,
    /// Handing results to the sink.
    pub write: f64,
    /// From start to end.
    pub total: f64,
}

/// What a prediction did.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PredictReport {
    /// Tiles that went through the network.
    pub tiles: u64,
    /// Samples of live traces predicted.
    pub samples: u64,
    /// Live traces predicted.
    pub live_traces: u64,
    /// Jump of probability across tile borders over that elsewhere; NaN when there is no border.
    pub seam: f64,
    /// Where the time went.
    pub seconds: StageSeconds,
}

/// Runs `work` and adds its seconds to `seconds`.
pub(super) fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *seconds += start.elapsed().as_secs_f64();
    result
}
