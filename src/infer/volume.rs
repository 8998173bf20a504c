//! Lines of a volume: memory does not grow with the survey.

use std::time::Instant;

use super::Ensemble;
use super::flow::{Ends, Flow};
use super::options::PredictOptions;
use super::parts::{Done, Job, Layout};
use super::report::StageSeconds;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::SeamFigure;
use crate::tiling::{AmplitudeMap, Scale, Section};
use crate::volume::{AmplitudeStats, Block, Direction, SurveyGrid, VolumeSource};

/// One inline or crossline, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which way it runs.
    pub direction: Direction,
    /// Index, not number.
    pub index: usize,
}

impl Line {
    /// All lines of a survey in one direction.
    pub fn all(grid: &SurveyGrid, direction: Direction) -> Vec<Self> {
        (0..Section::count(grid, direction)).map(|index| Self { direction, index }).collect()
    }
}

/// A predicted line.
#[derive(Debug)]
pub struct LineResult {
    /// Place of the line in the list.
    pub number: usize,
    /// All of its traces and samples.
    pub block: Block,
    /// Salt probability 0..=1, trace-major; 0 on traces that are not live.
    pub probability: Vec<f32>,
    /// Standard deviation of all predictions of a sample (0..=0.5), weighted as their mean is: by all tiles that cover it, models, mirrored
    /// images and draws of dropout. If it was asked for.
    pub deviation: Option<Vec<f32>>,
    /// Live traces.
    pub live_traces: u64,
    /// Tiles that went through the networks.
    pub tiles: u64,
    /// Tiles that were passed over.
    pub blank_tiles: u64,
    /// Jumps of probability at tile borders and elsewhere.
    pub seams: SeamFigure,
}

/// What is to be predicted.
pub struct Lines<'a> {
    /// The survey.
    pub source: &'a dyn VolumeSource,
    /// Which of its lines.
    pub lines: &'a [Line],
    /// Its amplitudes, as [`Ensemble::amplitudes`] found them.
    pub amplitudes: &'a [AmplitudeStats],
    /// How.
    pub options: PredictOptions,
    /// Whether to give the deviation of predictions too.
    pub deviation: bool,
}

impl Lines<'_> {
    /// Tiles of each line, those in which nothing is to be seen too.
    ///
    /// # Errors
    /// As [`predict_lines`].
    pub fn tile_counts(&self, ensemble: &Ensemble<'_>) -> Result<Vec<u64>> {
        Ok(self.counts(&self.layouts(&self.flow(ensemble)?)?))
    }

    /// How lines are cut, of each direction that there are lines of.
    fn layouts<'a>(&self, flow: &Flow<'a>) -> Result<Vec<(Direction, Layout<'a>)>> {
        let mut layouts = Vec::new();
        for direction in [Direction::Inline, Direction::Crossline] {
            if self.lines.iter().any(|line| line.direction == direction) {
                layouts.push((direction, layout(flow, self.source, direction)?));
            }
        }
        Ok(layouts)
    }

    fn counts(&self, layouts: &[(Direction, Layout<'_>)]) -> Vec<u64> {
        let grid = self.source.grid();
        let count = |line: &Line| {
            let live = self.source.live().of_block(&Block::section(grid, line.direction, line.index));
            let of_line = layouts.iter().filter(|(direction, _)| *direction == line.direction);
            of_line.map(|(_, layout)| layout.plan.tiles_on(&layout.scale.live(&live)).count() as u64).sum()
        };
        self.lines.iter().map(count).collect()
    }

    fn flow<'a>(&self, ensemble: &'a Ensemble<'a>) -> Result<Flow<'a>> {
        if self.amplitudes.len() != ensemble.contracts().len() {
            fail!(
                InvalidArgument,
                "amplitudes of {} input contracts, the models have {}",
                self.amplitudes.len(),
                ensemble.contracts().len()
            );
        }
        let maps = self.amplitudes.iter().map(AmplitudeMap::new).collect();
        Flow::new(ensemble, maps, self.options, self.deviation)
    }
}

/// How lines of a direction are cut.
fn layout<'a>(flow: &Flow<'a>, source: &dyn VolumeSource, direction: Direction) -> Result<Layout<'a>> {
    let grid = source.grid();
    let shape = [Section::trace_count(grid, direction), grid.samples.count];
    flow.layout(shape, scale(flow, source, direction))
}

/// What lines of a direction are scaled by.
fn scale(flow: &Flow<'_>, source: &dyn VolumeSource, direction: Direction) -> Scale {
    let grid = source.grid();
    match flow.options.resample {
        true => flow.ensemble.contracts()[0].scale(&grid.samples, grid.trace_spacing(direction)),
        false => Scale::NONE,
    }
}

/// Refuses, before any work, options that do not fit the models or the survey.
///
/// # Errors
/// `InvalidArgument`, `ModelMismatch`.
pub fn check_lines(
    ensemble: &Ensemble<'_>,
    source: &dyn VolumeSource,
    directions: &[Direction],
    options: &PredictOptions,
) -> Result<()> {
    // No amplitudes are looked at here.
    let flow = Flow::new(ensemble, Vec::new(), *options, false)?;
    directions.iter().try_for_each(|&direction| layout(&flow, source, direction).map(drop))
}

/// What predicting lines took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinesReport {
    /// Where the time went.
    pub seconds: StageSeconds,
    /// Most resident memory that was expected, in bytes, if the system tells.
    pub memory_bound: Option<u64>,
}

/// Predicts lines; `take` gets each once, in order. Progress stage "predict", in tiles. How much
/// memory the process will have at most is said beforehand.
///
/// # Errors
/// Those of reading and of `take`; `InvalidArgument` for options that do not fit; `Geometry` when there is nothing to scale by;
/// `ModelMismatch`; `OutOfMemory`; `Cancelled`.
pub fn predict_lines(
    ensemble: &Ensemble<'_>,
    lines: &Lines<'_>,
    take: &mut dyn FnMut(LineResult) -> Result<()>,
    control: &Control<'_>,
) -> Result<LinesReport> {
    let started = Instant::now();
    let flow = lines.flow(ensemble)?;
    let layouts = lines.layouts(&flow)?;
    let total = lines.counts(&layouts).iter().sum();
    let used: Vec<&Layout<'_>> = layouts.iter().map(|(_, layout)| layout).collect();
    used.iter().try_for_each(|layout| flow.warm_up(layout))?;
    let memory_bound = flow.memory_bound(&used);
    if let Some(bytes) = memory_bound {
        control.info(&format!("memory: at most {} MiB", bytes >> 20));
    }
    let grid = lines.source.grid();
    let mut numbered = lines.lines.iter().enumerate();
    let mut next = |spare: Vec<f32>| {
        let Some((tag, line)) = numbered.next() else { return Ok(None) };
        let section = Section::read(lines.source, line.direction, line.index, spare)?;
        let place = (line.index as u64) << 1 | u64::from(line.direction == Direction::Crossline);
        Ok(Some(Job { tag, place, section, scale: scale(&flow, lines.source, line.direction) }))
    };
    let mut give = |done: Done| {
        let Line { direction, index } = lines.lines[done.tag];
        take(LineResult {
            number: done.tag,
            block: Block::section(grid, direction, index),
            live_traces: done.live.iter().filter(|live| **live).count() as u64,
            probability: done.probability,
            deviation: done.deviation,
            tiles: done.tiles,
            blank_tiles: done.blank,
            seams: done.seams,
        })
    };
    flow.run(&mut Ends { next: &mut next, take: &mut give, total }, control)?;
    let seconds = StageSeconds { total: started.elapsed().as_secs_f64(), ..flow.watches.seconds() };
    Ok(LinesReport { seconds, memory_bound })
}
