//! What a caller hears of a prediction and can stop: order of results, refusals, progress, warnings, errors, other sample intervals.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};

use diapir::infer::{Ensemble, PredictOptions, Predictor, PredictorOptions, TileSize};
use diapir::model::ModelFile;
use diapir::predict::{Sinks, predict_blocks};
use diapir::tiling::Section;
use diapir::volume::{
    ArraySink, ArrayVolume, Block, Direction, GeoReference, LiveMask, SampleAxis, SampleUnit, SurveyGrid,
    VolumeSink, VolumeSource,
};
use diapir::{Control, ErrorKind, Result};
use tch::Device;

mod predict_support;
use predict_support::Fixture;
use predict_support::volumes::{
    Ear, SHAPE, UNTOUCHED, grid, largest_difference, section_of, spread, survey, untrained, volume, wavy,
};

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
    predict_blocks(
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
        predict_blocks(&ensemble, &silent, &mut Sinks::probability(&mut sink), how, &Control::silent())
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
            predict_blocks(&ensemble, &source, &mut Sinks::probability(&mut sink), how, &Control::silent());
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
        predict_blocks(
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
        predict_blocks(
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
    let error = predict_blocks(
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
    let error = predict_blocks(
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
