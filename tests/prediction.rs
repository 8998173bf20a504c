//! Prediction through the public API: what goes in comes out at its place, whatever the batch, the direction or the order.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};

use diapir::control::{Listener, Progress};
use diapir::infer::{
    Ensemble, Line, LineResult, Lines, PredictOptions, Predictor, PredictorOptions, SectionOutput, Sinks,
    TileSize, predict_lines, predict_section, predict_volume,
};
use diapir::model::ModelFile;
use diapir::pipeline::segment::{Fusion, Sections, segment_memory};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tiling::{Channel, Section};
use diapir::volume::{
    ArraySink, ArrayVolume, Block, Direction, GeoReference, LineAxis, LiveMask, SampleAxis, SampleUnit,
    SurveyGrid, VolumeSink, VolumeSource,
};
use diapir::{Control, ErrorKind, Result};
use tch::Device;

mod predict_support;
use predict_support::Fixture;

const SHAPE: [usize; 3] = [5, 37, 50];

fn grid(shape: [usize; 3]) -> SurveyGrid {
    let lines = |count| LineAxis { first: 100, step: 2, count };
    SurveyGrid {
        inlines: lines(shape[0]),
        crosslines: lines(shape[1]),
        samples: SampleAxis::new(0.0, 4.0, shape[2], SampleUnit::Milliseconds).unwrap(),
        georef: None,
    }
}

/// An amplitude at each place of the survey, and a hole of dead traces.
fn survey(shape: [usize; 3], amplitude: impl Fn(usize, usize, usize) -> f32) -> ArrayVolume {
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

fn wavy(i: usize, x: usize, s: usize) -> f32 {
    (0.9 * s as f32 + 0.31 * x as f32 + i as f32).sin() + 0.3 * (0.11 * (x * s) as f32).cos()
}

fn untrained() -> Fixture {
    Fixture::new(|_, _| {})
}

/// Marks places that nobody wrote.
const UNTOUCHED: f32 = -7.0;

fn volume(predictor: &Predictor, source: &ArrayVolume, options: &PredictOptions) -> Vec<f32> {
    along(Direction::Inline, predictor, source, options)
}

fn along(
    direction: Direction,
    predictor: &Predictor,
    source: &ArrayVolume,
    options: &PredictOptions,
) -> Vec<f32> {
    let mut out = vec![UNTOUCHED; source.data().len()];
    let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let how = (direction, options);
    let report = predict_volume(
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

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Largest minus smallest value written.
fn spread(values: &[f32]) -> f32 {
    let written = || values.iter().copied().filter(|&value| value != UNTOUCHED);
    written().fold(0.0, f32::max) - written().fold(1.0, f32::min)
}

#[test]
fn a_constant_network_gives_its_constant_everywhere() {
    let bias = 1.25f32;
    let fixture = Fixture::new(|name, tensor| match name {
        "heads.mask.weight" => drop(tensor.shallow_clone().zero_()),
        "heads.mask.bias" => drop(tensor.shallow_clone().fill_(f64::from(bias))),
        _ => {}
    });
    let source = survey(SHAPE, wavy);
    let expected = 1.0 / (1.0 + (-bias).exp());
    for direction in [Direction::Inline, Direction::Crossline] {
        for flip in [false, true] {
            let options = PredictOptions { flip, ..PredictOptions::default() };
            let found = along(direction, &fixture.predictor(None), &source, &options);
            for (bin, trace) in found.chunks_exact(SHAPE[2]).enumerate() {
                let live = source.live().is_live(bin / SHAPE[1], bin % SHAPE[1]);
                let expected = if live { expected } else { UNTOUCHED };
                assert!(
                    trace.iter().all(|value| (value - expected).abs() < 1e-6),
                    "trace {bin}: {}",
                    trace[0]
                );
            }
        }
    }
}

#[test]
fn neither_batch_nor_scale_nor_offset_of_amplitudes_matters() {
    let fixture = untrained();
    let options = PredictOptions::default();
    let source = survey(SHAPE, wavy);
    let one = volume(&fixture.predictor(Some(1)), &source, &options);
    assert!(spread(&one) > 0.02, "the network sees something: {}", spread(&one));
    assert!(one.iter().all(|&value| value == UNTOUCHED || (0.0..=1.0).contains(&value)));
    for batch in [None, Some(3), Some(64)] {
        let other = volume(&fixture.predictor(batch), &source, &options);
        assert!(largest_difference(&one, &other) < 1e-5, "{batch:?}");
    }
    let louder = survey(SHAPE, |i, x, s| 4096.0 * wavy(i, x, s));
    assert!(largest_difference(&one, &volume(&fixture.predictor(None), &louder, &options)) < 1e-4);
}

/// To the bit in deterministic mode, whatever the batch and the threads; to the documented rounding otherwise.
#[test]
fn results_do_not_depend_on_the_batch() {
    let fixture = untrained();
    let source = survey(SHAPE, wavy);
    let predict = |precision, batch, deterministic| {
        let options = PredictorOptions {
            device: DeviceChoice::Cpu,
            precision,
            batch: Some(batch),
            deterministic,
            ..PredictorOptions::default()
        };
        let predictor = Predictor::load(&fixture.path, &options).unwrap();
        predictor.warm_up().unwrap();
        volume(&predictor, &source, &PredictOptions::default())
    };
    for (precision, bound) in [(Precision::Float32, 1e-4), (Precision::Bfloat16, 2e-2)] {
        let alone = predict(precision, 1, true);
        for (batch, threads) in [(1, 1), (7, 2), (32, 1)] {
            tch::set_num_threads(threads);
            assert_eq!(
                predict(precision, batch, true),
                alone,
                "{precision:?}, batch {batch}, {threads} threads"
            );
            assert!(largest_difference(&predict(precision, batch, false), &alone) < bound);
        }
        tch::set_num_threads(2);
    }
    let half =
        PredictorOptions { precision: Precision::Float16, device: DeviceChoice::Cpu, ..Default::default() };
    let error = Predictor::load(&fixture.path, &half).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[test]
fn crosslines_of_a_survey_are_inlines_of_its_transpose() {
    let fixture = untrained();
    let shape = [30, 26, 40];
    let whole = |source: &ArrayVolume| {
        let grid = source.grid().clone();
        ArrayVolume::new(grid.clone(), LiveMask::full(&grid), source.data().to_vec()).unwrap()
    };
    let along = whole(&survey(shape, wavy));
    let across = whole(&survey([shape[1], shape[0], shape[2]], |i, x, s| wavy(x, i, s)));
    let predict = |direction, source| {
        crate::along(direction, &fixture.predictor(None), source, &PredictOptions::default())
    };
    let a = predict(Direction::Crossline, &along);
    let b = predict(Direction::Inline, &across);
    for i in 0..shape[0] {
        for x in 0..shape[1] {
            let trace = |data: &[f32], bin: usize| data[bin * shape[2]..(bin + 1) * shape[2]].to_vec();
            let difference = largest_difference(&trace(&a, i * shape[1] + x), &trace(&b, x * shape[0] + i));
            assert!(difference < 1e-5, "{i}, {x}: {difference}");
        }
    }
    let inlines = predict(Direction::Inline, &along);
    assert!(largest_difference(&a, &inlines) > 1e-3, "the direction matters at all");
}

fn section_of(
    predictor: &Predictor,
    section: &Section,
    range: Option<[f32; 2]>,
    options: &PredictOptions,
) -> Result<SectionOutput> {
    predict_section(&predictor.into(), section.clone(), range, (options, false), &Control::silent())
}

#[test]
fn mirrored_sections_give_mirrored_predictions_when_flips_are_averaged() {
    let fixture = untrained();
    // Margins and tile positions that are their own mirror image: tiles of 20 in 24, at traces 0, 10 and 20.
    let [traces, samples] = [40, 30];
    let axis = SampleAxis::new(0.0, 4.0, samples, SampleUnit::Milliseconds).unwrap();
    let section = |value: &dyn Fn(usize, usize) -> f32| {
        let data =
            (0..traces).flat_map(|x| (0..samples).map(move |s| (x, s))).map(|(x, s)| value(x, s)).collect();
        Section::new(axis, vec![true; traces], data).unwrap()
    };
    // The columns of mirror images are counted from the left, as in training.
    let (mut model, network) = ModelFile::read(&fixture.path, Device::Cpu).unwrap();
    model.contract.channels = vec![Channel::Amplitude, Channel::Column];
    model.write(&fixture.path, network.weights()).unwrap();
    let predictor = fixture.predictor(None);
    let predict = |section: &Section, flip| {
        let options = PredictOptions { flip, ..PredictOptions::default() };
        section_of(&predictor, section, Some([-1.0, 1.0]), &options).unwrap().probability
    };
    let there = section(&|x, s| wavy(0, x, s));
    let back = section(&|x, s| wavy(0, traces - 1 - x, s));
    let mirrored =
        |values: &[f32]| values.chunks_exact(samples).rev().flatten().copied().collect::<Vec<f32>>();
    let difference = |flip| largest_difference(&predict(&there, flip), &mirrored(&predict(&back, flip)));
    assert!(difference(true) < 1e-5, "{}", difference(true));
    assert!(difference(false) > 1e-3, "a network alone is not symmetric");
}

#[test]
fn a_section_is_what_the_volume_has_there() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    let source = survey(SHAPE, wavy);
    let whole = volume(&predictor, &source, &PredictOptions::default());
    let stats = diapir::volume::AmplitudeStats::of(&source, [0.01, 0.99], &Control::silent()).unwrap();
    for inline in 0..SHAPE[0] {
        let section = Section::read(&source, Direction::Inline, inline, Vec::new()).unwrap();
        let range = Some([stats.low, stats.high]);
        let out = section_of(&predictor, &section, range, &PredictOptions::default()).unwrap().probability;
        let there = &whole[inline * out.len()..(inline + 1) * out.len()];
        for (trace, (found, there)) in out.chunks(SHAPE[2]).zip(there.chunks(SHAPE[2])).enumerate() {
            if source.live().is_live(inline, trace) {
                assert!(largest_difference(found, there) < 1e-6, "inline {inline}, trace {trace}");
            } else {
                assert!(
                    found.iter().all(|&value| value == 0.0) && there.iter().all(|&value| value == UNTOUCHED)
                );
            }
        }
    }
}

#[test]
fn surveys_smaller_than_a_tile_and_bad_samples_work() {
    let fixture = untrained();
    for shape in [[3, 5, 7], [3, 20, 16], [3, 5, 60]] {
        let found = volume(&fixture.predictor(None), &survey(shape, wavy), &PredictOptions::default());
        assert!(found.iter().all(|&value| value == UNTOUCHED || (0.0..=1.0).contains(&value)), "{shape:?}");
    }
    let spoiled = survey(SHAPE, |i, x, s| match (x, s) {
        (7, 3) => f32::NAN,
        (9, _) => f32::INFINITY,
        _ => wavy(i, x, s),
    });
    let found = volume(&fixture.predictor(None), &spoiled, &PredictOptions::default());
    assert!(found.iter().all(|value| value.is_finite()));
}

/// Notes the order of blocks.
struct Recorder<'a> {
    sink: ArraySink<'a>,
    blocks: Vec<Block>,
}

impl VolumeSink for Recorder<'_> {
    fn write_block(&mut self, block: &Block, data: &[f32]) -> Result<()> {
        self.blocks.push(block.clone());
        self.sink.write_block(block, data)
    }
}

#[test]
fn results_come_section_by_section_and_once() {
    let fixture = untrained();
    let source = survey(SHAPE, wavy);
    let mut out = vec![UNTOUCHED; source.data().len()];
    let sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let mut recorder = Recorder { sink, blocks: Vec::new() };
    let options = PredictOptions::default();
    let how = (Direction::Inline, &options);
    predict_volume(
        &(&fixture.predictor(None)).into(),
        &source,
        &mut Sinks::probability(&mut recorder),
        how,
        &Control::silent(),
    )
    .unwrap();
    let sections: Vec<Block> =
        (0..SHAPE[0]).map(|inline| Block::section(source.grid(), Direction::Inline, inline)).collect();
    assert_eq!(recorder.blocks, sections);
}

#[test]
fn what_cannot_be_predicted_is_said() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    let silent = survey(SHAPE, |_, _, _| 0.0);
    let mut out = vec![UNTOUCHED; silent.data().len()];
    let mut sink = ArraySink::new(silent.grid(), silent.live(), &mut out).unwrap();
    let options = PredictOptions::default();
    let ensemble = Ensemble::from(&predictor);
    let how = (Direction::Inline, &options);
    let error =
        predict_volume(&ensemble, &silent, &mut Sinks::probability(&mut sink), how, &Control::silent())
            .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Geometry, "{error}");

    let source = survey(SHAPE, wavy);
    for wrong in [
        PredictOptions { overlap: Some(20), ..options },
        PredictOptions { tile: TileSize::Square(19), ..options },
        PredictOptions { dropout_passes: 3, ..options },
    ] {
        let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
        let how = (Direction::Inline, &wrong);
        let error =
            predict_volume(&ensemble, &source, &mut Sinks::probability(&mut sink), how, &Control::silent());
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{wrong:?}: {error}");
    }
    assert!(out.iter().all(|&value| value == UNTOUCHED));

    let section = Section::read(&source, Direction::Inline, 0, Vec::new()).unwrap();
    for range in [[1.0, 1.0], [2.0, 1.0], [f32::NAN, 1.0], [0.0, f32::INFINITY]] {
        let error = section_of(&predictor, &section, Some(range), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{range:?}");
    }

    let broken = Fixture::new(|name, tensor| {
        if name == "heads.mask.bias" {
            let _ = tensor.shallow_clone().fill_(f64::NAN);
        }
    });
    let error = section_of(&broken.predictor(None), &section, None, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch, "{error}");
    let none = PredictorOptions { batch: Some(0), ..PredictorOptions::default() };
    assert_eq!(Predictor::load(&fixture.path, &none).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// Keeps what was said; asks to stop at a section.
#[derive(Default)]
struct Ear {
    stop_at: Option<u64>,
    warnings: Vec<String>,
    steps: Vec<(String, u64, u64)>,
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

#[test]
fn progress_is_told_and_a_stop_is_heeded() {
    let fixture = untrained();
    let source = survey(SHAPE, wavy);
    let run = |ear: &mut Ear| {
        let mut out = vec![UNTOUCHED; source.data().len()];
        let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
        let control = Control::new(ear);
        let options = PredictOptions::default();
        let how = (Direction::Inline, &options);
        predict_volume(
            &(&fixture.predictor(None)).into(),
            &source,
            &mut Sinks::probability(&mut sink),
            how,
            &control,
        )
        .map(|_| out)
    };
    let mut ear = Ear::default();
    run(&mut ear).unwrap();
    let told: Vec<_> =
        ear.steps.iter().filter(|step| step.0 == "predict").map(|step| (step.1, step.2)).collect();
    let total = told[0].1;
    assert!(total > 0 && told.iter().all(|step| step.1 == total && step.0 <= total), "{told:?}");
    assert!(told.is_sorted() && told[0].0 == 0 && told.last() == Some(&(total, total)), "{told:?}");
    let mut ear = Ear { stop_at: Some(0), ..Ear::default() };
    assert_eq!(run(&mut ear).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(ear.steps.last().map(|step| step.1), Some(0), "stops at once");
}

#[test]
fn data_unlike_the_training_data_are_warned_of() {
    let fixture = untrained();
    let warnings = |change: fn(&mut SurveyGrid)| {
        let source = survey(SHAPE, wavy);
        let mut grid = source.grid().clone();
        change(&mut grid);
        let source = ArrayVolume::new(grid, source.live().clone(), source.data().to_vec()).unwrap();
        let mut out = vec![0.0; source.data().len()];
        let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
        let mut ear = Ear::default();
        let control = Control::new(&mut ear);
        let options = PredictOptions::default();
        let how = (Direction::Inline, &options);
        predict_volume(
            &(&fixture.predictor(None)).into(),
            &source,
            &mut Sinks::probability(&mut sink),
            how,
            &control,
        )
        .unwrap();
        drop(control);
        ear.warnings
    };
    assert_eq!(warnings(|_| {}), [""; 0]);
    let coarse = warnings(|grid| grid.samples.step = 8.0);
    assert!(coarse.len() == 1 && coarse[0].contains("sample interval is 8 ms"), "{coarse:?}");
    let depth = warnings(|grid| grid.samples.unit = SampleUnit::Metres);
    assert!(depth.len() == 1 && depth[0].contains("ms data"), "{depth:?}");
    let wide = warnings(|grid| {
        let points = [(0, 0, [0.0, 0.0]), (1, 0, [0.0, 50.0]), (0, 1, [50.0, 0.0])];
        grid.georef = Some(GeoReference::fit(points).unwrap());
    });
    assert!(wide.len() == 1 && wide[0].contains("trace spacing is 50.0"), "{wide:?}");
    let (mut model, network) = ModelFile::read(&fixture.path, Device::Cpu).unwrap();
    model.training.epochs = 0;
    model.write(&fixture.path, network.weights()).unwrap();
    let imported = warnings(|_| {});
    assert!(imported.len() == 1 && imported[0].contains("no training on record"), "{imported:?}");
}

/// Ways to cut that cover every sample of live traces once or more; a constant network gives its constant in each of them.
#[test]
fn windows_of_any_size_cover_everything() {
    let constant = Fixture::new(|name, tensor| match name {
        "heads.mask.weight" => drop(tensor.shallow_clone().zero_()),
        "heads.mask.bias" => drop(tensor.shallow_clone().fill_(0.5)),
        _ => {}
    });
    let expected = 1.0 / (1.0 + (-0.5f32).exp());
    let source = survey(SHAPE, wavy);
    for tile in [
        TileSize::Model,
        TileSize::Square(21),
        TileSize::Square(33),
        TileSize::Square(1 << 20),
        TileSize::Section,
    ] {
        for overlap in [None, Some(0), Some(7)] {
            let options = PredictOptions { tile, overlap, ..PredictOptions::default() };
            for direction in [Direction::Inline, Direction::Crossline] {
                let found = along(direction, &constant.predictor(None), &source, &options);
                for (bin, trace) in found.chunks_exact(SHAPE[2]).enumerate() {
                    let live = source.live().is_live(bin / SHAPE[1], bin % SHAPE[1]);
                    let expected = if live { expected } else { UNTOUCHED };
                    assert!(trace.iter().all(|value| (value - expected).abs() < 1e-6), "{options:?}, {bin}");
                }
            }
        }
    }
    // A network that looks around sees more in a larger window, but not something else far from its borders.
    let network = untrained();
    let tile = |tile| PredictOptions { tile, ..PredictOptions::default() };
    let small = volume(&network.predictor(None), &source, &tile(TileSize::Model));
    let whole = volume(&network.predictor(None), &source, &tile(TileSize::Section));
    assert!(largest_difference(&small, &whole) > 1e-4 && spread(&whole) > 0.02);
}

/// What is in a section must not depend on where the survey begins: a survey moved by a whole number of tile steps and of network strides
/// gives moved probabilities, away from its borders.
#[test]
fn predictions_move_with_the_survey() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    // Depth is part of the input, so the move is along the traces. Tiles at even steps of 10.
    let [traces, samples, shift] = [80, 40, 20];
    let axis = SampleAxis::new(0.0, 4.0, samples, SampleUnit::Milliseconds).unwrap();
    let section = |first: usize| {
        let data = (first..first + traces).flat_map(|x| (0..samples).map(move |s| wavy(0, x, s))).collect();
        Section::new(axis, vec![true; traces], data).unwrap()
    };
    let options = PredictOptions { overlap: Some(10), ..PredictOptions::default() };
    let range = Some([-1.3, 1.3]);
    let here = section_of(&predictor, &section(0), range, &options).unwrap().probability;
    let there = section_of(&predictor, &section(shift), range, &options).unwrap().probability;
    let inner = 20..traces - shift - 20;
    let mut compared = 0;
    for trace in inner {
        let a = &here[(trace + shift) * samples..][..samples];
        let b = &there[trace * samples..][..samples];
        assert!(largest_difference(a, b) < 1e-5, "trace {trace}");
        compared += samples;
    }
    assert!(compared > 0 && spread(&here) > 0.02);
}

#[test]
fn blank_tiles_are_passed_over() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    // Water above sample 30 with a little noise in it, and a mute that is not a number.
    let wet = survey([2, 40, 80], |i, x, s| match s {
        0..5 => f32::NAN,
        5..30 => 1e-3 * wavy(i, x, s),
        _ => wavy(i, x, s),
    });
    let run = |skip_blank| {
        let options = PredictOptions { skip_blank, overlap: Some(0), ..PredictOptions::default() };
        let mut out = vec![UNTOUCHED; wet.data().len()];
        let mut sink = ArraySink::new(wet.grid(), wet.live(), &mut out).unwrap();
        let how = (Direction::Inline, &options);
        let report = predict_volume(
            &(&predictor).into(),
            &wet,
            &mut Sinks::probability(&mut sink),
            how,
            &Control::silent(),
        )
        .unwrap();
        (out, report)
    };
    let ((all, with), (less, without)) = (run(false), run(true));
    assert_eq!((with.blank_tiles, without.blank_tiles > 0), (0, true));
    assert_eq!(with.tiles, without.tiles + without.blank_tiles);
    let mut zero = 0;
    for (a, b) in all.iter().zip(&less) {
        assert!((a - b).abs() < 1e-5 || *b == 0.0, "{a} and {b}");
        zero += usize::from(*b == 0.0);
    }
    assert!(zero > 0 && zero < all.len());
}

/// The mean of members and its spread, against the same worked out from each member alone.
#[test]
fn ensembles_flips_and_directions_are_averaged_and_their_spread_is_told() {
    let fixtures = [
        untrained(),
        Fixture::new(|name, tensor| {
            if name == "heads.mask.bias" {
                drop(tensor.shallow_clone().fill_(1.0));
            }
        }),
    ];
    let predictors = [fixtures[0].predictor(None), fixtures[1].predictor(None)];
    let both = Ensemble::new(&[&predictors[0], &predictors[1]]).unwrap();
    let source = survey([24, 26, 40], wavy);
    // One tile of the whole section: no two tiles cover a sample.
    let options = PredictOptions { tile: TileSize::Section, ..PredictOptions::default() };
    let run = |ensemble: &Ensemble<'_>, sections, flip| {
        let options = PredictOptions { flip, ..options };
        let how = (&options, true);
        let found = segment_memory(ensemble, &source, sections, how, &Control::silent()).unwrap().0;
        (found.probability, found.deviation.unwrap())
    };
    let inline = Sections::One(Direction::Inline);
    let alone = predictors.each_ref().map(|predictor| run(&predictor.into(), inline, false));
    assert!(alone.iter().all(|(_, deviation)| deviation.iter().all(|&value| value == 0.0)));
    let (mean, deviation) = run(&both, inline, false);
    for at in 0..mean.len() {
        let [a, b] = [alone[0].0[at], alone[1].0[at]];
        assert!((mean[at] - 0.5 * (a + b)).abs() < 1e-5);
        assert!((deviation[at] - 0.5 * (a - b).abs()).abs() < 1e-3, "{} {a} {b}", deviation[at]);
    }
    let crossline = run(&both, Sections::One(Direction::Crossline), false);
    for (fusion, of) in [
        (Fusion::Mean, (|a, b| 0.5 * (a + b)) as fn(f32, f32) -> f32),
        (Fusion::Max, f32::max),
        (Fusion::Min, f32::min),
        (Fusion::Geometric, |a: f32, b: f32| (a * b).sqrt()),
    ] {
        let fused = run(&both, Sections::Both(fusion), false);
        for at in 0..mean.len() {
            let [a, b] = [mean[at], crossline.0[at]];
            assert!((fused.0[at] - of(a, b)).abs() < 1e-6, "{fusion:?}");
            // All four predictions: two models, two directions.
            let all = [deviation[at], crossline.1[at]].map(|deviation| deviation * deviation);
            let expected = (0.5 * (all[0] + all[1]) + 0.25 * (a - b) * (a - b)).sqrt();
            assert!((fused.1[at] - expected).abs() < 1e-5, "{fusion:?}");
        }
    }
    let flipped = run(&(&predictors[0]).into(), inline, true);
    assert!(spread(&flipped.1) > 1e-3, "mirror images are not predicted alike");
}

/// Several copies of the network share the work; the results come in order all the same.
#[test]
fn replicas_do_the_same() {
    let fixture = untrained();
    let source = survey([9, 37, 50], wavy);
    let predict = |replicas| {
        let options = PredictorOptions {
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            batch: Some(3),
            replicas,
            deterministic: true,
            ..PredictorOptions::default()
        };
        volume(&Predictor::load(&fixture.path, &options).unwrap(), &source, &PredictOptions::default())
    };
    assert_eq!(predict(1), predict(3));
}

/// A failing end stops every stage, and the error is the one that began it.
#[test]
fn errors_at_either_end_stop_the_work() {
    struct Full(usize);
    impl VolumeSink for Full {
        fn write_block(&mut self, _: &Block, _: &[f32]) -> Result<()> {
            self.0 += 1;
            if self.0 == 2 {
                return Err(diapir::Error::new(ErrorKind::Io, "no space left".to_owned()));
            }
            Ok(())
        }
    }
    struct Torn(ArrayVolume, AtomicUsize);
    impl VolumeSource for Torn {
        fn grid(&self) -> &SurveyGrid {
            self.0.grid()
        }
        fn live(&self) -> &LiveMask {
            self.0.live()
        }
        fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()> {
            // The first time is for the statistics.
            if block.inlines.start == 3 && self.1.fetch_add(1, Ordering::Relaxed) == 1 {
                return Err(diapir::Error::new(ErrorKind::Truncated, "the file ends".to_owned()));
            }
            self.0.read_block(block, out)
        }
    }
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    let options = PredictOptions::default();
    let how = (Direction::Inline, &options);
    let source = survey([9, 37, 50], wavy);
    let error = predict_volume(
        &(&predictor).into(),
        &source,
        &mut Sinks::probability(&mut Full(0)),
        how,
        &Control::silent(),
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Io);
    let torn = Torn(survey([9, 37, 50], wavy), AtomicUsize::new(0));
    let mut out = vec![0.0; source.data().len()];
    let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let error = predict_volume(
        &(&predictor).into(),
        &torn,
        &mut Sinks::probability(&mut sink),
        how,
        &Control::silent(),
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Truncated);
}

/// A survey at half the sample interval, resampled, gives what the same wave field sampled as in training gives, linearly interpolated.
#[test]
fn surveys_are_resampled_to_the_interval_of_the_training_and_back() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    let wave = |trace: usize, ms: f64| (0.1 * ms + 0.31 * trace as f64).sin() as f32;
    let section = |first: f64, step: f64, count: usize| {
        let at = |trace: usize, s: usize| wave(trace, first + step * s as f64);
        let data = (0..40).flat_map(|trace| (0..count).map(move |s| (trace, s)));
        let data = data.map(|(trace, s)| at(trace, s)).collect();
        let axis = SampleAxis::new(first, step, count, SampleUnit::Milliseconds).unwrap();
        Section::new(axis, vec![true; 40], data).unwrap()
    };
    let options = PredictOptions { resample: true, ..PredictOptions::default() };
    let predict =
        |section: &Section| section_of(&predictor, section, Some([-1.0, 1.0]), &options).unwrap().probability;
    // Pairs of samples at 0 and 2 ms become one at 1 ms.
    let (fine, coarse) = (predict(&section(0.0, 2.0, 100)), predict(&section(1.0, 4.0, 50)));
    assert!(spread(&coarse) > 0.02);
    for trace in 0..40 {
        let (fine, coarse) = (&fine[trace * 100..][..100], &coarse[trace * 50..][..50]);
        for k in 4..46 {
            let expected = [0.25 * coarse[k - 1] + 0.75 * coarse[k], 0.75 * coarse[k] + 0.25 * coarse[k + 1]];
            let found = [fine[2 * k], fine[2 * k + 1]];
            assert!(largest_difference(&found, &expected) < 0.02, "{trace}, {k}: {found:?} {expected:?}");
        }
    }
    let plain = PredictOptions::default();
    let as_it_is = section_of(&predictor, &section(0.0, 2.0, 100), Some([-1.0, 1.0]), &plain).unwrap();
    assert!(largest_difference(&as_it_is.probability, &fine) > 0.05, "resampling matters");
    // A lone live trace at the border of a line that gets half as many, and one beside dead ones.
    let mut grid = grid([3, 40, 60]);
    grid.georef = Some(GeoReference {
        origin: [0.0; 2],
        inline_step: [50.0, 0.0],
        crossline_step: [0.0, 12.5],
        crs: None,
        residual: 0.0,
    });
    let mut live = LiveMask::empty(&grid);
    live.set(0, 0, true);
    (10..40).for_each(|x| live.set(1, x, true));
    let data = (0..3 * 40).flat_map(|x| (0..60).map(move |s| wave(x % 40, 4.0 * s as f64))).collect();
    let ragged = ArrayVolume::new(grid, live, data).unwrap();
    let found = volume(&predictor, &ragged, &options);
    let lowest = |line: usize, trace: usize| {
        found[(line * 40 + trace) * 60..][..60].iter().copied().fold(f32::INFINITY, f32::min)
    };
    assert!(lowest(0, 0) > 0.1, "predicted, and not drawn to the dead ones: {}", lowest(0, 0));
    assert!(lowest(1, 10) > 0.5 * lowest(1, 20), "{} {}", lowest(1, 10), lowest(1, 20));
    let odd = section(0.0, 0.125, 100);
    let error = section_of(&predictor, &odd, Some([-1.0, 1.0]), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

const WITH_DROPOUT: &str = r#"
[encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2

[decoder]
kind = "unet"
widths = [8, 4]
dropout = 0.4
"#;

#[test]
fn dropout_is_drawn_alike_in_every_run_and_shows_what_the_network_is_unsure_of() {
    let fixture = Fixture::of(WITH_DROPOUT, |_, _| {});
    let predictor = fixture.predictor(None);
    let source = survey([1, 40, 50], wavy);
    let run = |dropout_passes| {
        // One tile covers the section, so that nothing else makes predictions differ.
        let options = PredictOptions { dropout_passes, tile: TileSize::Section, ..PredictOptions::default() };
        let how = (&options, true);
        let sections = Sections::One(Direction::Inline);
        let ensemble = Ensemble::from(&predictor);
        let found = segment_memory(&ensemble, &source, sections, how, &Control::silent()).unwrap().0;
        (found.probability, found.deviation.unwrap())
    };
    let (plain, none) = run(0);
    let (mean, deviation) = run(8);
    assert!(none.iter().all(|&value| value == 0.0));
    assert!(spread(&deviation) > 0.005, "{}", spread(&deviation));
    assert!(largest_difference(&plain, &mean) > 1e-3);
    assert_eq!(run(8), (mean, deviation), "drawn alike");
    // Neither the batch nor the lines that a run begins with matter.
    let lines = survey([3, 60, 50], wavy);
    let options = PredictOptions { dropout_passes: 2, ..PredictOptions::default() };
    let predict = |batch, first: usize| {
        let options = PredictorOptions {
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            batch: Some(batch),
            deterministic: true,
            ..PredictorOptions::default()
        };
        let predictor = Predictor::load(&fixture.path, &options).unwrap();
        let ensemble = Ensemble::from(&predictor);
        let amplitudes = ensemble.amplitudes(&lines, &Control::silent()).unwrap();
        let all = Line::all(lines.grid(), Direction::Inline);
        let options = PredictOptions { dropout_passes: 2, ..PredictOptions::default() };
        let work = Lines {
            source: &lines,
            lines: &all[first..],
            amplitudes: &amplitudes,
            options,
            deviation: false,
        };
        let mut found = Vec::new();
        let mut take = |line: LineResult| {
            found.push(line.probability);
            Ok(())
        };
        predict_lines(&ensemble, &work, &mut take, &Control::silent()).unwrap();
        found
    };
    let whole = predict(1, 0);
    assert!(whole == predict(7, 0), "the batch does not matter");
    assert!(whole[2..] == predict(3, 2), "nor does where a run begins");
    let quickly = volume(&fixture.predictor(Some(5)), &lines, &options);
    let differ = |(a, b): (&f32, &f32)| *b != UNTOUCHED && (a - b).abs() > 1e-4;
    assert!(!whole.concat().iter().zip(&quickly).any(differ), "nor whether tiles go one by one");
}

/// Dividing logits by a temperature moves probabilities, not masks.
#[test]
fn a_temperature_moves_probabilities_and_keeps_the_mask() {
    let fixture = untrained();
    let source = survey(SHAPE, wavy);
    let raw = volume(&fixture.predictor(None), &source, &PredictOptions::default());
    let (mut model, network) = ModelFile::read(&fixture.path, Device::Cpu).unwrap();
    let middle = 0.5 * (raw.iter().copied().fold(0.0, f32::max) + 0.5);
    model.threshold = diapir::metrics::scaled_threshold(middle, 3.0);
    model.temperature = 3.0;
    model.write(&fixture.path, network.weights()).unwrap();
    let options = PredictOptions { tile: TileSize::Section, ..PredictOptions::default() };
    let warm = volume(&fixture.predictor(None), &source, &options);
    let uncalibrated = PredictorOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::Float32,
        calibrated: false,
        ..PredictorOptions::default()
    };
    let cold = volume(&Predictor::load(&fixture.path, &uncalibrated).unwrap(), &source, &options);
    let logit = |p: f32| (p / (1.0 - p)).ln();
    let mut salt = 0;
    for (&cold, &warm) in cold.iter().zip(&warm).filter(|(cold, _)| (0.001..0.999).contains(*cold)) {
        assert!((logit(cold) / 3.0 - logit(warm)).abs() < 1e-3, "{cold} {warm}");
        assert!((cold > middle) == (warm > model.threshold) || (cold - middle).abs() < 1e-5);
        salt += usize::from(cold > middle);
    }
    assert!(salt > 0);
}
