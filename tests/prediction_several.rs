//! Several predictions of one volume: ensembles, flips, directions, devices, dropout; and temperatures.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::Control;
use diapir::infer::{
    Ensemble, Line, LinePlan, LineResult, Lines, PredictOptions, Predictor, PredictorOptions, TileSize,
    predict_tiles,
};
use diapir::model::ModelFile;
use diapir::predict::{Fusion, Sections, predict_volume};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, TileFolder};
use diapir::volume::{Direction, VolumeSource};
use tch::Device;

mod predict_support;
mod tile_support;
use predict_support::Fixture;
use predict_support::volumes::{
    SHAPE, UNTOUCHED, largest_difference, spread, survey, untrained, volume, wavy,
};

/// With `flip` a loose tile's prediction is the mean of its own and of the mirrored one of its mirror image, so that the two tiles' are mirror images.
#[test]
fn a_loose_tile_is_averaged_with_its_mirror_image() {
    const SIZE: usize = 20;
    let place = tempfile::tempdir().unwrap();
    let images = place.path().join("images");
    std::fs::create_dir_all(&images).unwrap();
    let (image, _) = tile_support::tile(3, SIZE);
    let mirror: Vec<u8> = image.chunks(SIZE).flat_map(|row| row.iter().rev().copied()).collect();
    assert_ne!(image, mirror);
    for (id, image) in [("a", &image), ("b", &mirror)] {
        tile_support::write_grey(&images.join(format!("{id}.png")), SIZE, image);
    }
    std::fs::write(place.path().join("depths.csv"), "id,z\na,120\nb,120\n").unwrap();
    let folder = TileFolder::open(place.path(), &FolderOptions::default(), &Control::silent()).unwrap();
    let predictor = untrained().predictor(None);
    let predict = |flip: bool| {
        let mut found = Vec::new();
        predict_tiles(&predictor, &folder, &[0, 1], flip, &Control::silent(), |tile| {
            found.push(tile.probability.to_vec());
            Ok(())
        })
        .unwrap();
        found
    };
    let mirrored = |plane: &[f32]| -> Vec<f32> {
        plane.chunks(SIZE).flat_map(|row| row.iter().rev().copied()).collect()
    };
    let (plain, flipped) = (predict(false), predict(true));
    let other = mirrored(&plain[1]);
    let mean: Vec<f32> = plain[0].iter().zip(&other).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(largest_difference(&plain[0], &other) > 1e-3, "the network knows left from right");
    assert!(largest_difference(&flipped[0], &mean) < 1e-5);
    assert!(largest_difference(&flipped[0], &mirrored(&flipped[1])) < 1e-5);
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
        let found = predict_volume(ensemble, &source, sections, how, &Control::silent()).unwrap().0;
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
        let found = predict_volume(&ensemble, &source, sections, how, &Control::silent()).unwrap().0;
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
        let plan = LinePlan::new(&ensemble, &lines, &[Direction::Inline], &options).unwrap();
        let tiles = plan.tile_counts(&all[first..]).unwrap().iter().sum();
        let work = Lines { lines: &all[first..], tiles, amplitudes: &amplitudes, deviation: false };
        let mut found = Vec::new();
        let mut take = |line: LineResult| {
            found.push(line.probability);
            Ok(())
        };
        plan.predict(&work, &mut take, &Control::silent()).unwrap();
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
