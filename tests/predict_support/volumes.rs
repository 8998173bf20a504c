//! Small volumes, and what is predicted of them.
#![allow(dead_code, reason = "each test takes what it needs")]

use diapir::control::{Listener, Progress};
use diapir::infer::{PredictOptions, Predictor, SectionOutput, predict_section};
use diapir::predict::{Sinks, predict_blocks};
use diapir::tiling::Section;
use diapir::volume::{
    ArraySink, ArrayVolume, Direction, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSource,
};
use diapir::{Control, Result};

use super::Fixture;

pub(crate) const SHAPE: [usize; 3] = [5, 37, 50];

pub(crate) fn grid(shape: [usize; 3]) -> SurveyGrid {
    let lines = |count| LineAxis { first: 100, step: 2, count };
    SurveyGrid {
        inlines: lines(shape[0]),
        crosslines: lines(shape[1]),
        samples: SampleAxis::new(0.0, 4.0, shape[2], SampleUnit::Milliseconds).unwrap(),
        georef: None,
    }
}

/// An amplitude at each place of the survey, and a hole of dead traces.
pub(crate) fn survey(shape: [usize; 3], amplitude: impl Fn(usize, usize, usize) -> f32) -> ArrayVolume {
    let grid = grid(shape);
    let mut live = LiveMask::full(&grid);
    for (inline, crossline) in [(1, 3), (1, 4), (2, 4), (0, 0)] {
        live.set(inline, crossline, false);
    }
    let mut data = Vec::new();
    for i in 0..shape[0] {
        for x in 0..shape[1] {
            data.extend((0..shape[2]).map(|s| amplitude(i, x, s)));
        }
    }
    ArrayVolume::new(grid, live, data).unwrap()
}

pub(crate) fn wavy(i: usize, x: usize, s: usize) -> f32 {
    (0.9 * s as f32 + 0.31 * x as f32 + i as f32).sin() + 0.3 * (0.11 * (x * s) as f32).cos()
}

pub(crate) fn untrained() -> Fixture {
    Fixture::new(|_, _| {})
}

/// Marks places that nobody wrote.
pub(crate) const UNTOUCHED: f32 = -7.0;

pub(crate) fn volume(predictor: &Predictor, source: &ArrayVolume, options: &PredictOptions) -> Vec<f32> {
    along(Direction::Inline, predictor, source, options)
}

pub(crate) fn along(
    direction: Direction,
    predictor: &Predictor,
    source: &ArrayVolume,
    options: &PredictOptions,
) -> Vec<f32> {
    let mut out = vec![UNTOUCHED; source.data().len()];
    let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let how = (direction, options);
    let report = predict_blocks(
        &predictor.into(),
        source,
        &mut Sinks::probability(&mut sink),
        how,
        &Control::silent(),
    )
    .unwrap();
    assert_eq!(report.live_traces, source.live().live_count() as u64);
    assert_eq!(report.samples, report.live_traces * source.grid().samples.count as u64);
    assert!(report.tiles > 0 && report.seconds.total > 0.0);
    out
}

pub(crate) fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Largest minus smallest value written.
pub(crate) fn spread(values: &[f32]) -> f32 {
    let written = || values.iter().copied().filter(|&value| value != UNTOUCHED);
    written().fold(0.0, f32::max) - written().fold(1.0, f32::min)
}

pub(crate) fn section_of(
    predictor: &Predictor,
    section: &Section,
    range: Option<[f32; 2]>,
    options: &PredictOptions,
) -> Result<SectionOutput> {
    predict_section(&predictor.into(), section.clone(), range, (options, false), &Control::silent())
}

/// Keeps what was said; asks to stop at a section.
#[derive(Default)]
pub(crate) struct Ear {
    pub(crate) stop_at: Option<u64>,
    pub(crate) warnings: Vec<String>,
    pub(crate) steps: Vec<(String, u64, u64)>,
}

impl Listener for Ear {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        self.steps.push((progress.stage.to_owned(), progress.done, progress.total));
        progress.stage != "predict" || self.stop_at != Some(progress.done)
    }

    fn message(&mut self, level: log::Level, text: &str) {
        if level == log::Level::Warn {
            self.warnings.push(text.to_owned());
        }
    }
}
