//! Prediction through the public API: what goes in comes out at its place, whatever the batch, the direction or the order.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use diapir::control::{Listener, Progress};
use diapir::infer::{PredictOptions, Predictor, PredictorOptions, predict_section, predict_volume};
use diapir::model::{ModelFile, Network, TrainingRecord, Weights};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tiling::{AmplitudeScaling, Channel, InputContract, Padding, Section};
use diapir::volume::{
    ArraySink, ArrayVolume, Block, Direction, GeoReference, LineAxis, LiveMask, SampleAxis, SampleUnit,
    SurveyGrid, VolumeSink, VolumeSource,
};
use diapir::{Control, ErrorKind, Result};
use tch::{Device, Tensor};

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

const NETWORK: &str = r#"
[encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2

[decoder]
kind = "residual_se"
widths = [8, 4]
squeeze = "mean"
reduction = 2
"#;

struct Fixture {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Fixture {
    /// A network with fixed weights that nobody trained; `change` may set some.
    fn new(change: impl Fn(&str, &Tensor)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        let model = ModelFile {
            network: toml::from_str(NETWORK).unwrap(),
            contract: InputContract {
                tile: 20,
                padded: 24,
                padding: Padding::Reflect,
                channels: vec![Channel::Amplitude, Channel::RelativeDepth],
                scaling: AmplitudeScaling { low_share: 0.01, high_share: 0.99 },
                depth_range: [0.0, 200.0],
                depth_unit: SampleUnit::Milliseconds,
                sample_interval: Some(4.0),
                trace_spacing: Some(25.0),
            },
            threshold: 0.5,
            training: TrainingRecord {
                recipe: "none".to_owned(),
                seed: 0,
                library: "0.1.0".to_owned(),
                data_hash: String::new(),
                initial: None,
                tiles: 0,
                epochs: 1,
                metrics: BTreeMap::new(),
            },
        };
        let network = Network::new(&model.network, 2, Weights::new(Device::Cpu, 4)).unwrap();
        for (name, tensor) in network.weights().all() {
            tch::no_grad(|| change(&name, &tensor));
        }
        model.write(&path, network.weights()).unwrap();
        Self { _folder: folder, path }
    }

    fn predictor(&self, batch: Option<usize>) -> Predictor {
        let options = PredictorOptions {
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            batch,
            deterministic: false,
        };
        Predictor::load(&self.path, &options).unwrap()
    }
}

fn untrained() -> Fixture {
    Fixture::new(|_, _| {})
}

/// Marks places that nobody wrote.
const UNTOUCHED: f32 = -7.0;

fn volume(predictor: &Predictor, source: &ArrayVolume, options: &PredictOptions) -> Vec<f32> {
    let mut out = vec![UNTOUCHED; source.data().len()];
    let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let report = predict_volume(predictor, source, &mut sink, options, &Control::silent()).unwrap();
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
            let options = PredictOptions { direction, flip, ..PredictOptions::default() };
            let found = volume(&fixture.predictor(None), &source, &options);
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
        let options =
            PredictorOptions { device: DeviceChoice::Cpu, precision, batch: Some(batch), deterministic };
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
    let options = |direction| PredictOptions { direction, ..PredictOptions::default() };
    let a = volume(&fixture.predictor(None), &along, &options(Direction::Crossline));
    let b = volume(&fixture.predictor(None), &across, &options(Direction::Inline));
    for i in 0..shape[0] {
        for x in 0..shape[1] {
            let trace = |data: &[f32], bin: usize| data[bin * shape[2]..(bin + 1) * shape[2]].to_vec();
            let difference = largest_difference(&trace(&a, i * shape[1] + x), &trace(&b, x * shape[0] + i));
            assert!(difference < 1e-5, "{i}, {x}: {difference}");
        }
    }
    let inlines = volume(&fixture.predictor(None), &along, &options(Direction::Inline));
    assert!(largest_difference(&a, &inlines) > 1e-3, "the direction matters at all");
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
    let predictor = fixture.predictor(None);
    let predict = |section: &Section, flip| {
        let mut out = vec![UNTOUCHED; traces * samples];
        let options = PredictOptions { flip, ..PredictOptions::default() };
        predict_section(&predictor, section, Some([-1.0, 1.0]), &options, &Control::silent(), &mut out)
            .unwrap();
        out
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
        let mut out = vec![UNTOUCHED; SHAPE[1] * SHAPE[2]];
        let range = Some([stats.low, stats.high]);
        predict_section(
            &predictor,
            &section,
            range,
            &PredictOptions::default(),
            &Control::silent(),
            &mut out,
        )
        .unwrap();
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
    predict_volume(
        &fixture.predictor(None),
        &source,
        &mut recorder,
        &PredictOptions::default(),
        &Control::silent(),
    )
    .unwrap();
    let mut at = [0, 0];
    for block in &recorder.blocks {
        assert_eq!([block.inlines.start, block.crosslines.start], at, "{block:?}");
        assert_eq!((block.inlines.len(), block.samples.clone()), (1, 0..SHAPE[2]));
        at[1] = block.crosslines.end;
        if at[1] == SHAPE[1] {
            at = [at[0] + 1, 0];
        }
    }
    assert_eq!(at, [SHAPE[0], 0], "all of it");
    assert!(recorder.blocks.len() > SHAPE[0], "slabs, not whole sections: {}", recorder.blocks.len());
}

#[test]
fn what_cannot_be_predicted_is_said() {
    let fixture = untrained();
    let predictor = fixture.predictor(None);
    let silent = survey(SHAPE, |_, _, _| 0.0);
    let mut out = vec![UNTOUCHED; silent.data().len()];
    let mut sink = ArraySink::new(silent.grid(), silent.live(), &mut out).unwrap();
    let options = PredictOptions::default();
    let error = predict_volume(&predictor, &silent, &mut sink, &options, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Geometry, "{error}");

    let source = survey(SHAPE, wavy);
    let mut sink = ArraySink::new(source.grid(), source.live(), &mut out).unwrap();
    let wide = PredictOptions { overlap: Some(20), ..options };
    let error = predict_volume(&predictor, &source, &mut sink, &wide, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(out.iter().all(|&value| value == UNTOUCHED));

    let section = Section::read(&source, Direction::Inline, 0, Vec::new()).unwrap();
    let mut short = vec![UNTOUCHED; 10];
    let refuse = |range, out: &mut [f32]| {
        predict_section(&predictor, &section, range, &options, &Control::silent(), out).unwrap_err()
    };
    assert_eq!(refuse(None, &mut short).kind(), ErrorKind::InvalidArgument);
    let mut right = vec![UNTOUCHED; section.data().len()];
    for range in [[1.0, 1.0], [2.0, 1.0], [f32::NAN, 1.0], [0.0, f32::INFINITY]] {
        assert_eq!(refuse(Some(range), &mut right).kind(), ErrorKind::InvalidArgument, "{range:?}");
    }
    assert!(right.iter().all(|&value| value == UNTOUCHED));

    let broken = Fixture::new(|name, tensor| {
        if name == "heads.mask.bias" {
            let _ = tensor.shallow_clone().fill_(f64::NAN);
        }
    });
    let error =
        predict_section(&broken.predictor(None), &section, None, &options, &Control::silent(), &mut right)
            .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch, "{error}");
    assert!(right.iter().all(|&value| value == UNTOUCHED));
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
        predict_volume(&fixture.predictor(None), &source, &mut sink, &options, &control).map(|_| out)
    };
    let mut ear = Ear::default();
    run(&mut ear).unwrap();
    let told: Vec<_> =
        ear.steps.iter().filter(|step| step.0 == "predict").map(|step| (step.1, step.2)).collect();
    assert_eq!(told, (0..=5).map(|done| (done, 5)).collect::<Vec<_>>());
    let mut ear = Ear { stop_at: Some(3), ..Ear::default() };
    assert_eq!(run(&mut ear).unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(ear.steps.last().map(|step| step.1), Some(3), "stops at once");
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
        predict_volume(&fixture.predictor(None), &source, &mut sink, &PredictOptions::default(), &control)
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
