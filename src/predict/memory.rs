//! A volume in memory to probabilities in memory.

use super::combine::{fuse_values, spread};
use super::options::Sections;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::infer::{
    Ensemble, Line, LineResult, Lines, LinesReport, PredictOptions, PredictReport, SectionOutput,
    StageSeconds, peak_memory, predict_lines,
};
use crate::metrics::SeamFigure;
use crate::volume::{AmplitudeStats, ArraySink, ArrayVolume, Direction, VolumeSink, VolumeSource};

/// Predicts a volume that the caller holds; `uncertainty` asks for the standard deviation of all predictions of each sample too. Progress stages
/// "statistics" and "predict".
///
/// # Errors
/// `InvalidArgument` for options that do not fit; `Geometry` when there is nothing to scale by; `ModelMismatch`; `OutOfMemory`; `Cancelled`.
pub fn predict_volume(
    ensemble: &Ensemble<'_>,
    source: &ArrayVolume,
    sections: Sections,
    (options, uncertainty): (&PredictOptions, bool),
    control: &Control<'_>,
) -> Result<(SectionOutput, PredictReport)> {
    let directions = sections.directions();
    ensemble.warn_about(source, (&directions, options.resample), control);
    let started = std::time::Instant::now();
    let amplitudes = ensemble.amplitudes(source, control)?;
    let mut work = Work {
        ensemble,
        source,
        amplitudes: &amplitudes,
        options: *options,
        uncertainty,
        report: PredictReport::default(),
    };
    work.report.seconds.statistics = started.elapsed().as_secs_f64();
    let mut seams = SeamFigure::default();
    let outputs = directions.into_iter().map(|direction| work.along(direction, &mut seams, control));
    let outputs: Vec<SectionOutput> = outputs.collect::<Result<_>>()?;
    let output = match (sections, <[SectionOutput; 2]>::try_from(outputs)) {
        (Sections::Both(fusion), Ok([along, across])) => {
            let deviation = along
                .deviation
                .as_ref()
                .zip(across.deviation.as_ref())
                .map(|(a, b)| spread([&along.probability, &across.probability], [a, b]));
            let probability = fuse_values(fusion, &along.probability, &across.probability);
            SectionOutput { probability, deviation }
        }
        (_, Err(mut outputs)) if outputs.len() == 1 => outputs.remove(0),
        _ => return Err(Error::new(ErrorKind::Internal, "a direction is missing".to_owned())),
    };
    let mut report = work.report;
    report.samples = report.live_traces * source.grid().samples.count as u64;
    report.seam = seams.ratio().unwrap_or(f64::NAN);
    report.memory_peak = peak_memory().unwrap_or(0);
    report.seconds.total = started.elapsed().as_secs_f64();
    Ok((output, report))
}

struct Work<'a> {
    ensemble: &'a Ensemble<'a>,
    source: &'a ArrayVolume,
    amplitudes: &'a [AmplitudeStats],
    options: PredictOptions,
    uncertainty: bool,
    report: PredictReport,
}

impl Work<'_> {
    fn along(
        &mut self,
        direction: Direction,
        seams: &mut SeamFigure,
        control: &Control<'_>,
    ) -> Result<SectionOutput> {
        let (grid, live) = (self.source.grid(), self.source.live());
        let all = Line::all(grid, direction);
        let lines = Lines {
            source: self.source,
            lines: &all,
            amplitudes: self.amplitudes,
            options: self.options,
            deviation: self.uncertainty,
        };
        // Written once, so that what is resident before the work begins counts it.
        let mut probability = Vec::with_capacity(self.source.data().len());
        probability.resize(self.source.data().len(), 0.0f32);
        let mut deviation = self.uncertainty.then(|| probability.clone());
        let report = &mut self.report;
        let mut take = |line: LineResult| {
            report.tiles += line.tiles;
            report.blank_tiles += line.blank_tiles;
            report.live_traces += line.live_traces;
            seams.merge(&line.seams);
            ArraySink::new(grid, live, &mut probability)?.write_block(&line.block, &line.probability)?;
            match (&mut deviation, &line.deviation) {
                (Some(all), Some(values)) => {
                    ArraySink::new(grid, live, all)?.write_block(&line.block, values)
                }
                _ => Ok(()),
            }
        };
        let LinesReport { seconds, memory_bound } = predict_lines(self.ensemble, &lines, &mut take, control)?;
        report.memory_bound = report.memory_bound.max(memory_bound.unwrap_or(0));
        let StageSeconds { statistics, .. } = report.seconds;
        report.seconds = StageSeconds { statistics, ..report.seconds.plus(&seconds) };
        Ok(SectionOutput { probability, deviation })
    }
}
