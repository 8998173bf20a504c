//! A volume in memory to probabilities in memory.

use super::combine::{fuse_values, spread};
use super::options::Sections;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::infer::{
    Ensemble, Line, LineFigures, LinePlan, LineResult, Lines, LinesReport, PredictOptions, PredictReport,
    SectionOutput, StageSeconds, peak_memory,
};
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
    let asked = sections;
    let sections = asked.of_survey(source.grid());
    asked.tell_left_out(sections, control);
    let directions = sections.directions();
    let plan = LinePlan::new(ensemble, source, &directions, options)?;
    ensemble.warn_about(source, &directions, options.resample, control);
    let started = std::time::Instant::now();
    let amplitudes = ensemble.amplitudes(source, control)?;
    let statistics = started.elapsed().as_secs_f64();
    let mut work = Work {
        plan,
        source,
        amplitudes: &amplitudes,
        uncertainty,
        figures: LineFigures::default(),
        seconds: StageSeconds::default(),
        memory_bound: 0,
    };
    let outputs = directions.into_iter().map(|direction| work.along(direction, control));
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
    let report = PredictReport {
        memory_bound: work.memory_bound,
        memory_peak: peak_memory().unwrap_or(0),
        seconds: StageSeconds { statistics, total: started.elapsed().as_secs_f64(), ..work.seconds },
        ..work.figures.report(source.grid().samples.count)
    };
    Ok((output, report))
}

struct Work<'a> {
    plan: LinePlan<'a>,
    source: &'a ArrayVolume,
    amplitudes: &'a [AmplitudeStats],
    uncertainty: bool,
    figures: LineFigures,
    seconds: StageSeconds,
    memory_bound: u64,
}

impl Work<'_> {
    fn along(&mut self, direction: Direction, control: &Control<'_>) -> Result<SectionOutput> {
        let (grid, live) = (self.source.grid(), self.source.live());
        let all = Line::all(grid, direction);
        let tiles = self.plan.tile_counts(&all)?.iter().sum();
        let lines = Lines { lines: &all, tiles, amplitudes: self.amplitudes, deviation: self.uncertainty };
        // Written once, so that what is resident before the work begins counts it.
        let mut probability = Vec::with_capacity(self.source.data().len());
        probability.resize(self.source.data().len(), 0.0f32);
        let mut deviation = self.uncertainty.then(|| probability.clone());
        let figures = &mut self.figures;
        let mut take = |line: LineResult| {
            figures.add(&line.figures);
            ArraySink::new(grid, live, &mut probability)?.write_block(&line.block, &line.probability)?;
            match (&mut deviation, &line.deviation) {
                (Some(all), Some(values)) => {
                    ArraySink::new(grid, live, all)?.write_block(&line.block, values)
                }
                _ => Ok(()),
            }
        };
        let LinesReport { seconds, memory_bound } = self.plan.predict(&lines, &mut take, control)?;
        self.memory_bound = self.memory_bound.max(memory_bound.unwrap_or(0));
        self.seconds = self.seconds.plus(&seconds);
        Ok(SectionOutput { probability, deviation })
    }
}
