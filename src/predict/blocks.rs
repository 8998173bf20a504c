//! A volume behind a caller's functions to probabilities behind others.

use std::time::Instant;

use crate::control::Control;
use crate::error::Result;
use crate::infer::{
    Ensemble, Line, LineFigures, LinePlan, LineResult, Lines, LinesReport, PredictOptions, PredictReport,
    StageSeconds, peak_memory,
};
use crate::volume::{Direction, VolumeSink, VolumeSource};

/// Where results go.
pub struct Sinks<'a> {
    /// Takes probabilities.
    pub probability: &'a mut dyn VolumeSink,
    /// Takes standard deviations of all predictions of each sample.
    pub deviation: Option<&'a mut dyn VolumeSink>,
}

impl<'a> Sinks<'a> {
    /// Only probabilities are wanted.
    pub fn probability(sink: &'a mut dyn VolumeSink) -> Self {
        Self { probability: sink, deviation: None }
    }

    fn take(&mut self, line: &LineResult) -> Result<()> {
        self.probability.write_block(&line.block, &line.probability)?;
        match (&mut self.deviation, &line.deviation) {
            (Some(sink), Some(values)) => sink.write_block(&line.block, values),
            _ => Ok(()),
        }
    }
}

/// Predicts every live trace of `source` into `sinks`: probabilities 0..1. Progress stages "statistics", in inlines, and "predict", in tiles.
/// What differs between the survey and the models' contracts is reported as warnings.
///
/// # Errors
/// As [`LinePlan::new`] and [`LinePlan::predict`]; `Geometry` when there is nothing to scale by; those of writing.
pub fn predict_blocks(
    ensemble: &Ensemble<'_>,
    source: &dyn VolumeSource,
    sinks: &mut Sinks<'_>,
    (direction, options): (Direction, &PredictOptions),
    control: &Control<'_>,
) -> Result<PredictReport> {
    let started = Instant::now();
    let plan = LinePlan::new(ensemble, source, &[direction], options)?;
    ensemble.warn_about(source, &[direction], options.resample, control);
    let amplitudes = ensemble.amplitudes(source, control)?;
    let statistics = started.elapsed().as_secs_f64();
    let mut figures = LineFigures::default();
    let all = Line::all(source.grid(), direction);
    let tiles = plan.tile_counts(&all)?.iter().sum();
    let work = Lines { lines: &all, tiles, amplitudes: &amplitudes, deviation: sinks.deviation.is_some() };
    let mut take = |line: LineResult| {
        figures.add(&line.figures);
        sinks.take(&line)
    };
    let LinesReport { seconds, memory_bound } = plan.predict(&work, &mut take, control)?;
    Ok(PredictReport {
        memory_bound: memory_bound.unwrap_or(0),
        memory_peak: peak_memory().unwrap_or(0),
        seconds: StageSeconds { statistics, total: started.elapsed().as_secs_f64(), ..seconds },
        ..figures.report(source.grid().samples.count)
    })
}
