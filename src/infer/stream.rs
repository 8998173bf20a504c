//! A whole volume, section by section: memory does not grow with the survey.

use std::time::Instant;

use super::Predictor;
use super::report::{PredictReport, timed};
use super::section::{PredictOptions, SectionWork};
use crate::control::Control;
use crate::error::Result;
use crate::metrics::{SeamFigure, SectionView};
use crate::tiling::{AmplitudeMap, Section, TilePlan};
use crate::volume::{AmplitudeStats, Block, Direction, VolumeSink, VolumeSource};

/// Predicts every live trace of `source` into `sink`: probabilities 0..1. Progress stages "statistics" and "predict",
/// in sections. Sections that the sink already has are passed over and not in the report. What differs between the survey and the model's contract is reported as warnings.
///
/// # Errors
/// Those of reading and writing; `Geometry` when there is nothing to scale by; `ModelMismatch`; `OutOfMemory`; `Cancelled`.
pub fn predict_volume(
    predictor: &Predictor,
    source: &dyn VolumeSource,
    sink: &mut dyn VolumeSink,
    options: &PredictOptions,
    control: &Control<'_>,
) -> Result<PredictReport> {
    let started = Instant::now();
    let mut report = PredictReport::default();
    let contract = &predictor.model().contract;
    let grid = source.grid();
    if predictor.model().training.epochs == 0 {
        control.warn(
            "this model has no training on record: its weights are imported, its input contract is a guess",
        );
    }
    warn_about_differences(predictor, source, options.direction, control);
    let shares = [contract.scaling.low_share, contract.scaling.high_share];
    let stats = timed(&mut report.seconds.statistics, || AmplitudeStats::of(source, shares, control))?;
    let traces = Section::trace_count(grid, options.direction);
    let plan = TilePlan::new(traces, grid.samples.count, contract.tile, &options.tiling(contract.tile))?;
    let work = SectionWork { predictor, plan: &plan, map: AmplitudeMap::new(&stats), options: *options };
    let (trace_borders, sample_borders) = (plan.trace_borders(), plan.sample_borders());
    let samples = grid.samples.count;
    let mut seams = SeamFigure::default();
    let mut reuse = Vec::new();
    let mut whole = vec![0.0; traces * samples];
    let count = Section::count(grid, options.direction);
    for index in 0..count {
        control.step("predict", index as u64, count as u64)?;
        if sink.has(&Block::section(grid, options.direction, index)) {
            continue;
        }
        let section = timed(&mut report.seconds.read, || {
            Section::read(source, options.direction, index, std::mem::take(&mut reuse))
        })?;
        let live = section.live().iter().filter(|live| **live).count() as u64;
        let mut writing = 0.0;
        let mut seconds = report.seconds;
        report.tiles += work.run(&section, &mut seconds, control, |traces, slab| {
            whole[traces.start * samples..traces.end * samples].copy_from_slice(slab);
            let block = Section::block(grid, options.direction, index, traces)?;
            timed(&mut writing, || sink.write_block(&block, slab))
        })?;
        report.seconds = seconds;
        report.seconds.write += writing;
        seams.add(
            &SectionView { samples, live: section.live(), data: &whole },
            &trace_borders,
            &sample_borders,
        )?;
        report.live_traces += live;
        report.samples += live * samples as u64;
        reuse = section.into_data();
    }
    control.step("predict", count as u64, count as u64)?;
    report.seam = seams.ratio().unwrap_or(f64::NAN);
    report.seconds.total = started.elapsed().as_secs_f64();
    Ok(report)
}

fn warn_about_differences(
    predictor: &Predictor,
    source: &dyn VolumeSource,
    direction: Direction,
    control: &Control<'_>,
) {
    let grid = source.grid();
    let spacing = grid.georef.as_ref().map(|georef| {
        let [inline, crossline] = georef.bin_size();
        match direction {
            Direction::Inline => crossline,
            Direction::Crossline => inline,
        }
    });
    for difference in predictor.model().contract.differences(&grid.samples, spacing) {
        control.warn(&format!("{difference}: the prediction may be poor"));
    }
}
