//! Prediction through the public API: what goes in comes out at its place, whatever the batch, the direction or the order.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::infer::{PredictOptions, Predictor, PredictorOptions, TileSize};
use diapir::model::ModelFile;
use diapir::predict::{Sinks, predict_blocks};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tiling::{Channel, Section};
use diapir::volume::{ArraySink, ArrayVolume, Direction, LiveMask, SampleAxis, SampleUnit, VolumeSource};
use diapir::{Control, ErrorKind};
use tch::Device;

mod predict_support;
use predict_support::Fixture;
use predict_support::volumes::{
    SHAPE, UNTOUCHED, along, largest_difference, section_of, spread, survey, untrained, volume, wavy,
};

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

/// Sections up to the window are seen as a whole; longer, narrow and tiny ones, with any overlap, come back too.
#[test]
fn windows_see_sections_as_a_whole() {
    let fixture = Fixture::with_window(80);
    let predictor = fixture.predictor(None);
    let axis = |samples| SampleAxis::new(0.0, 4.0, samples, SampleUnit::Milliseconds).unwrap();
    let sizes = [(1, 30), (3, 100), (4, 7), (19, 60), (37, 50), (80, 80), (81, 20), (30, 400), (200, 90)];
    for (traces, samples) in sizes {
        let data = (0..traces * samples).map(|at| wavy(0, at / samples, at % samples)).collect();
        let section = Section::new(axis(samples), vec![true; traces], data).unwrap();
        let predict = |tile, overlap| {
            let options = PredictOptions { tile, overlap, ..PredictOptions::default() };
            section_of(&predictor, &section, Some([-1.0, 1.0]), &options).unwrap().probability
        };
        let found = predict(TileSize::Model, None);
        assert_eq!(found.len(), traces * samples);
        assert!(found.iter().all(|value| (0.0..=1.0).contains(value)), "{traces} x {samples}");
        if traces.max(samples) <= 80 {
            assert_eq!(found, predict(TileSize::Section, None), "{traces} x {samples}");
        }
        assert_eq!(predict(TileSize::Model, Some(12)).len(), found.len());
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
        let report = predict_blocks(
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
