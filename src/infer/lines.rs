//! Lines of a volume: memory does not grow with the survey.

use std::sync::Arc;
use std::time::Instant;

use super::Ensemble;
use super::flow::{Ends, Flow};
use super::layout::Layout;
use super::options::PredictOptions;
use super::parts::{Done, Job};
use super::report::{LineFigures, StageSeconds};
use crate::control::Control;
use crate::error::{Result, fail};
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
    /// What it took.
    pub figures: LineFigures,
}

/// Lines to be predicted.
pub struct Lines<'a> {
    /// Which.
    pub lines: &'a [Line],
    /// The tiles of all of them together, as [`LinePlan::tile_counts`] gives them: what progress counts.
    pub tiles: u64,
    /// The volume's amplitudes, as [`Ensemble::amplitudes`] found them.
    pub amplitudes: &'a [AmplitudeStats],
    /// Whether to give the deviation of predictions too.
    pub deviation: bool,
}

/// What predicting lines took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinesReport {
    /// Where the time went.
    pub seconds: StageSeconds,
    /// Most resident memory that was expected, in bytes, if the system tells.
    pub memory_bound: Option<u64>,
}

/// How the lines of a volume are cut and what looks at them, settled once before any work.
pub struct LinePlan<'a> {
    ensemble: &'a Ensemble<'a>,
    source: &'a dyn VolumeSource,
    options: PredictOptions,
    layouts: Vec<(Direction, Arc<Layout<'a>>)>,
}

impl<'a> LinePlan<'a> {
    /// Of lines that run these ways.
    ///
    /// # Errors
    /// `InvalidArgument`, `ModelMismatch` for options that do not fit the models or the volume.
    pub fn new(
        ensemble: &'a Ensemble<'a>,
        source: &'a dyn VolumeSource,
        directions: &[Direction],
        options: &PredictOptions,
    ) -> Result<Self> {
        ensemble.check(options)?;
        let grid = source.grid();
        let mut layouts = Vec::new();
        for &direction in directions {
            let shape = [Section::trace_count(grid, direction), grid.samples.count];
            let scale = match options.resample {
                true => ensemble.contracts()[0].scale(&grid.samples, grid.trace_spacing(direction)),
                false => Scale::NONE,
            };
            layouts.push((direction, Arc::new(Layout::new(ensemble, options, shape, scale)?)));
        }
        Ok(Self { ensemble, source, options: *options, layouts })
    }

    /// What looks at them.
    pub fn ensemble(&self) -> &'a Ensemble<'a> {
        self.ensemble
    }

    /// Tiles of each line, those in which nothing is to be seen too.
    ///
    /// # Errors
    /// `InvalidArgument` for a direction that was not planned.
    pub fn tile_counts(&self, lines: &[Line]) -> Result<Vec<u64>> {
        let grid = self.source.grid();
        let count = |line: &Line| {
            let live = self.source.live().of_block(&Block::section(grid, line.direction, line.index));
            Ok(self.layout(line.direction)?.tile_count(&live))
        };
        lines.iter().map(count).collect()
    }

    fn layout(&self, direction: Direction) -> Result<&Arc<Layout<'a>>> {
        match self.layouts.iter().find(|(of, _)| *of == direction) {
            Some((_, layout)) => Ok(layout),
            None => fail!(InvalidArgument, "{direction:?} sections are not planned for"),
        }
    }

    /// Predicts lines; `take` gets each once, in order. Progress stage "predict", in tiles. How much memory the process will have at most is said
    /// beforehand.
    ///
    /// # Errors
    /// Those of reading and of `take`; `InvalidArgument` for a direction that was not planned or amplitudes of other models; `ModelMismatch`;
    /// `OutOfMemory`; `Cancelled`.
    pub fn predict(
        &self,
        work: &Lines<'_>,
        take: &mut dyn FnMut(LineResult) -> Result<()>,
        control: &Control<'_>,
    ) -> Result<LinesReport> {
        let started = Instant::now();
        let flow = self.flow(work)?;
        let is_used = |direction: Direction| work.lines.iter().any(|line| line.direction == direction);
        let used = self.layouts.iter().filter(|(direction, _)| is_used(*direction));
        let used: Vec<&Layout<'_>> = used.map(|(_, layout)| &**layout).collect();
        used.iter().try_for_each(|layout| flow.warm_up(layout))?;
        let memory_bound = flow.memory_bound(&used);
        if let Some(bytes) = memory_bound {
            control.info(&format!("memory: at most {} MiB", bytes >> 20));
        }
        let mut numbered = work.lines.iter().enumerate();
        let mut next = |spare: Vec<f32>| {
            let Some((tag, line)) = numbered.next() else { return Ok(None) };
            let section = Section::read(self.source, line.direction, line.index, spare)?;
            let place = (line.index as u64) << 1 | u64::from(line.direction == Direction::Crossline);
            Ok(Some(Job { tag, place, section, layout: Arc::clone(self.layout(line.direction)?) }))
        };
        let mut give = |done: Done| {
            let Line { direction, index } = work.lines[done.tag];
            take(LineResult {
                number: done.tag,
                block: Block::section(self.source.grid(), direction, index),
                probability: done.probability,
                deviation: done.deviation,
                figures: LineFigures {
                    live_traces: done.live.iter().filter(|live| **live).count() as u64,
                    tiles: done.tiles,
                    blank_tiles: done.blank,
                    seams: done.seams,
                },
            })
        };
        flow.run(&mut Ends { next: &mut next, take: &mut give, total: work.tiles }, control)?;
        let seconds = StageSeconds { total: started.elapsed().as_secs_f64(), ..flow.watches.seconds() };
        Ok(LinesReport { seconds, memory_bound })
    }

    fn flow<'s>(&'s self, work: &Lines<'_>) -> Result<Flow<'s>> {
        if work.amplitudes.len() != self.ensemble.contracts().len() {
            fail!(
                InvalidArgument,
                "amplitudes of {} input contracts, the models have {}",
                work.amplitudes.len(),
                self.ensemble.contracts().len()
            );
        }
        let maps = work.amplitudes.iter().map(AmplitudeMap::new).collect();
        Ok(Flow::new(self.ensemble, maps, self.options, work.deviation))
    }
}
