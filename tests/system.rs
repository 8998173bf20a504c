//! A system from tiles to a submission: trainings, out-of-fold predictions, ensembles, masks, figures.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

mod tile_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diapir::control::{Listener, Progress};
use diapir::ensemble::stack;
use diapir::infer::{Predictor, PredictorOptions, predict_tiles};
use diapir::pipeline::{
    FinishOptions, FitOptions, PseudoSource, TilePredictOptions, finish_tiles, predict_tileset, report_tiles,
    train_system,
};
use diapir::postprocess::TileRules;
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, PredictionFile, TileFolder, decode, read_rle};
use diapir::train::{FoldKind, Members, PseudoSpec, Recipe};
use diapir::{Control, ErrorKind};
use serde_json::Value;

const RECIPE: &str = r#"
name = "system"
seed = 3
batch = 8
threshold = 0.4
snapshots = true
[network.encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2
[network.decoder]
kind = "residual_se"
widths = [8, 4]
squeeze = "mean"
reduction = 2
[network.heads]
classifier = { hidden = [] }
[input]
tile = 24
padded = 28
padding = "resize"
channels = ["amplitude"]
scaling = { low_share = 0.01, high_share = 0.99 }
[[stages]]
epochs = 2
rate = 2e-2
schedule = { kind = "warm_restarts", cycle = 1, last = 0.1 }
loss = { bce = 1.0, empty = 0.1 }
[[stages]]
epochs = 1
rate = 1e-2
schedule = { kind = "cosine" }
loss = { lovasz = 1.0, empty = 0.1 }
[[trainings]]
name = "even"
folds = { kind = "coverage", count = 2 }
[[trainings]]
name = "deep"
folds = { kind = "depth_order", count = 3 }
stages = 1
weight = 3.0
[predict]
flip = true
[rules]
small_salt = 4
"#;

fn open(path: &Path) -> TileFolder {
    TileFolder::open(path, &FolderOptions::default(), &Control::silent()).unwrap()
}

fn fit_options(resume: bool) -> FitOptions {
    FitOptions {
        recipe: Recipe::from_toml(RECIPE).unwrap(),
        device: DeviceChoice::Cpu,
        precision: Precision::Float32,
        resume,
        initial: None,
        pseudo: None,
    }
}

/// Forty tiles, of which the first 28 have masks.
fn folders(place: &Path) -> [TileFolder; 2] {
    tile_support::write_folder(&place.join("train"), 40, 24);
    fs::create_dir_all(place.join("test/images")).unwrap();
    for number in 28..40 {
        let name = format!("{}.png", tile_support::id(number));
        fs::rename(place.join("train/images").join(&name), place.join("test/images").join(&name)).unwrap();
        fs::remove_file(place.join("train/masks").join(&name)).unwrap();
    }
    fs::copy(place.join("train/depths.csv"), place.join("test/depths.csv")).unwrap();
    [open(&place.join("train")), open(&place.join("test"))]
}

/// The folds that a training wrote down.
fn folds(path: &Path) -> BTreeMap<String, usize> {
    let folds: BTreeMap<usize, Vec<String>> =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    folds.into_iter().flat_map(|(fold, ids)| ids.into_iter().map(move |id| (id, fold))).collect()
}

#[test]
fn from_tiles_to_a_submission() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let [train, test] = folders(place);
    let run = place.join("run");
    let report = train_system(&train, &run, &fit_options(false), &Control::silent()).unwrap();
    let counts: Vec<_> =
        report.trainings.iter().map(|training| (&*training.name, training.folds.folds.len())).collect();
    assert_eq!(counts, [("even", 2), ("deep", 3)]);
    assert_eq!((report.together.tiles, report.together.threshold), (28, 0.4));
    let told: Value = serde_json::from_str(&fs::read_to_string(run.join("system.json")).unwrap()).unwrap();
    assert_eq!(told["trainings"][1]["name"], "deep");
    assert_eq!(
        Recipe::from_toml(&fs::read_to_string(run.join("recipe.toml")).unwrap()).unwrap(),
        fit_options(false).recipe
    );

    out_of_fold_predictions_are_of_the_networks_that_have_not_seen_the_tile(&run, &train);
    the_test_tiles_are_predicted_by_all(&run, &test, place);
    masks_are_written_once(place, [&train, &test]);
    confident_predictions_are_learnt_from(place, &train, &test);
    what_is_finished_is_not_done_again(&run, &train, report.together.figures.score);
}

fn out_of_fold_predictions_are_of_the_networks_that_have_not_seen_the_tile(run: &Path, tiles: &TileFolder) {
    let file = PredictionFile::open(&run.join("out-of-fold/predictions.safetensors")).unwrap();
    assert_eq!(file.head().ids.len(), 28);
    // The same by hand: one network of each training, with its mirror image; two networks of the one count 2, the other was given 3.
    let mut expected = vec![(vec![0.0f32; 24 * 24], 0.0f32); 28];
    for (training, weight) in [("even", 0.4), ("deep", 0.6)] {
        let folds = folds(&run.join(training).join("fold-0/folds.json"));
        for fold in 0..=*folds.values().max().unwrap() {
            let model = run.join(training).join(format!("fold-{fold}/model.safetensors"));
            let options = PredictorOptions {
                device: DeviceChoice::Cpu,
                calibrated: false,
                ..PredictorOptions::default()
            };
            let predictor = Predictor::load(&model, &options).unwrap();
            let numbers: Vec<usize> =
                (0..28).filter(|&number| folds[&tiles.tiles()[number].id] == fold).collect();
            predict_tiles(&predictor, tiles, (&numbers, true), &Control::silent(), |tile| {
                let (mask, any) = &mut expected[tile.number];
                mask.iter_mut().zip(tile.probability).for_each(|(sum, value)| *sum += weight * value);
                *any += weight * tile.any_salt.unwrap();
                Ok(())
            })
            .unwrap();
        }
    }
    for (tile, (mask, any)) in tiles.tiles().iter().zip(&expected) {
        let number = file.number(&tile.id).unwrap();
        assert!((file.any_salt(number).unwrap() - any).abs() < 2e-2);
        for (found, expected) in file.probability(number).unwrap().iter().zip(mask) {
            assert!((found - expected).abs() < 2e-2, "{}: {found}, expected {expected}", tile.id);
        }
    }
}

fn the_test_tiles_are_predicted_by_all(run: &Path, test: &TileFolder, place: &Path) {
    let options = TilePredictOptions { pictures: true, ..TilePredictOptions::default() };
    let output = place.join("predicted");
    let report = predict_tileset(run, test, &output, &options, &Control::silent()).unwrap();
    assert_eq!((report.tiles, report.out_of_fold, report.models), (12, 0, 5));
    let whole = PredictionFile::open(&output.join("predictions.safetensors")).unwrap();
    let members: Vec<PredictionFile> =
        ["deep-fold-0", "deep-fold-1", "deep-fold-2", "even-fold-0", "even-fold-1"]
            .map(|name| PredictionFile::open(&output.join(format!("members/{name}.safetensors"))).unwrap())
            .into();
    let value = |file: &PredictionFile| f64::from(file.probability(3).unwrap()[7]);
    let deep = members[..3].iter().map(value).sum::<f64>() / 3.0;
    let even = members[3..].iter().map(value).sum::<f64>() / 2.0;
    let mean = (0.6 * deep + 0.4 * even) as f32;
    assert!((whole.probability(3).unwrap()[7] - mean).abs() < 1e-4);
    let picture = fs::read(output.join(format!("probability/{}.png", whole.head().ids[3]))).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; 2 * 24 * 24];
    reader.next_frame(&mut pixels).unwrap();
    let level = f32::from(u16::from_be_bytes([pixels[14], pixels[15]])) / 65535.0;
    assert!((level - mean).abs() < 1e-4);
    let refused = predict_tileset(run, test, &output, &options, &Control::silent()).unwrap_err();
    assert!(refused.to_string().contains("holds predictions already"), "{refused}");
    // Snapshots instead: one of each of the two cycles.
    let options = TilePredictOptions { members: Some(Members::Snapshots), flip: Some(false), ..options };
    let report = predict_tileset(run, test, &place.join("snapshots"), &options, &Control::silent()).unwrap();
    assert_eq!(report.models, 2 * 5);
}

fn masks_are_written_once(place: &Path, both: [&TileFolder; 2]) {
    let folders = &both[..];
    let file = PredictionFile::open(&place.join("predicted/predictions.safetensors")).unwrap();
    let options = FinishOptions {
        rules: TileRules { small_salt: 4, ..TileRules::default() },
        threshold: 0.4,
        mosaics: None,
        submission: Some(place.join("submission.csv")),
        masks: Some(place.join("masks")),
    };
    let report = finish_tiles(&file, folders, &options, &Control::silent()).unwrap();
    assert_eq!((report.tiles, report.by_mosaics), (12, 0));
    let codes = read_rle(&place.join("submission.csv")).unwrap();
    let ids: Vec<&String> = codes.keys().collect();
    assert_eq!(ids, file.head().ids.iter().collect::<Vec<_>>());
    for (number, id) in file.head().ids.iter().enumerate() {
        let expected = options.rules.mask(&file.probability(number).unwrap(), None, false, 0.4);
        assert_eq!(decode(&codes[id], 24, 24).unwrap(), expected);
        assert!(place.join(format!("masks/{id}.png")).exists());
    }
    let error = finish_tiles(&file, folders, &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("holds pictures already"), "{error}");
    let options = FinishOptions { masks: None, ..options };
    let mut rules = options.rules;
    rules.mosaics.verticals = true;
    let refused =
        |options: FinishOptions| finish_tiles(&file, folders, &options, &Control::silent()).unwrap_err();
    assert!(refused(FinishOptions { rules, ..options.clone() }).to_string().contains("diapir mosaic"));
    for twice in [&[folders[1], folders[1]][..], &[folders[0], folders[0]]] {
        let error = finish_tiles(&file, twice, &options, &Control::silent()).unwrap_err();
        assert!(error.to_string().contains("more than one of the folders"), "{error}");
    }
    let (small, mut heard) = (place.join("small"), Heard::default());
    tile_support::write_folder(&small, 12, 16);
    let small = open(&small);
    let error = finish_tiles(&file, &[&small], &options, &Control::silent()).unwrap_err();
    assert!(error.kind() == ErrorKind::Dataset && error.to_string().contains("16 pixels"), "{error}");
    let error = stack(&[file_of(place)], &small, 0.5, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("16 pixels"), "{error}");
    // Rules without anything to go by, and tiles without a prediction, are told of.
    let rules = TileRules { plain_is_empty: true, any_salt_below: Some(0.5), ..TileRules::default() };
    let choice = FinishOptions { rules, ..options.clone() };
    finish_tiles(&only_two(place), &[], &choice, &Control::new(&mut heard)).unwrap();
    let masks_only =
        FinishOptions { submission: None, masks: Some(place.join("two-masks")), ..options.clone() };
    finish_tiles(&only_two(place), folders, &masks_only, &Control::new(&mut heard)).unwrap();
    let error = finish_tiles(&only_two(place), folders, &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("a submission needs every tile"), "{error}");
    let told = heard.0.join("\n");
    for part in
        ["any_salt_below has no effect", "plain_is_empty has no effect on 2", "10 tiles without a mask"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    rules_of_mosaics_without_anything_to_lean_on_are_told_of(place, both, &options);
    let nowhere = FinishOptions { submission: None, masks: None, ..options };
    assert_eq!(refused(nowhere).kind(), ErrorKind::InvalidArgument);
}

fn rules_of_mosaics_without_anything_to_lean_on_are_told_of(
    place: &Path,
    [train, test]: [&TileFolder; 2],
    options: &FinishOptions,
) {
    let file = file_of(place);
    let table = place.join("told.csv");
    let mut options = FinishOptions { mosaics: Some(table.clone()), ..options.clone() };
    options.rules.mosaics.verticals = true;
    let told = |table_rows: String, folders: &[&TileFolder]| {
        fs::write(&table, format!("id,group,row,column\n{table_rows}")).unwrap();
        let mut heard = Heard::default();
        finish_tiles(&file, folders, &options, &Control::new(&mut heard)).unwrap();
        heard.0.join("\n")
    };
    let both = format!("{},1,0,0\n{},1,1,0\n", train.tiles()[0].id, test.tiles()[0].id);
    assert!(told("nobody,1,0,0\n".to_owned(), &[train, test]).contains("names none of the predicted tiles"));
    assert!(told(both.clone(), &[test]).contains("no tile of a mosaic has a mask"));
    assert_eq!(told(both, &[train, test]), "");
}

/// What is said.
#[derive(Default)]
struct Heard(Vec<String>);

impl Listener for Heard {
    fn progress(&mut self, _: &Progress<'_>) -> bool {
        true
    }

    fn message(&mut self, _: log::Level, text: &str) {
        self.0.push(text.to_owned());
    }
}

fn file_of(place: &Path) -> PredictionFile {
    PredictionFile::open(&place.join("predicted/predictions.safetensors")).unwrap()
}

/// The first two of the predictions, without what they say of any salt.
fn only_two(place: &Path) -> PredictionFile {
    let all = file_of(place);
    let path = place.join("two.safetensors");
    let head = diapir::tileset::PredictionHead {
        ids: all.head().ids[..2].to_vec(),
        any_salt: false,
        ..all.head().clone()
    };
    let mut writer = diapir::tileset::PredictionWriter::create(&path, head).unwrap();
    (0..2).for_each(|number| writer.add(&all.probability(number).unwrap(), None).unwrap());
    writer.finish().unwrap();
    PredictionFile::open(&path).unwrap()
}

/// Each fold learns from tiles that its own network of the first round is sure of, and from no neighbour of its validation tiles.
fn confident_predictions_are_learnt_from(place: &Path, train: &TileFolder, test: &TileFolder) {
    // The first test tile is a neighbour of the first labelled one.
    let [first, neighbour] = [&train.tiles()[0].id, &test.tiles()[0].id];
    let groups = place.join("groups.csv");
    fs::write(&groups, format!("id,group\n{first},a\n{neighbour},a\n")).unwrap();
    let open = |folder: &TileFolder| {
        let options = FolderOptions { groups: Some(groups.clone()), ..FolderOptions::default() };
        TileFolder::open(folder.path(), &options, &Control::silent()).unwrap()
    };
    let (labelled, tiles) = (open(train), open(test));
    let source = |predictions: &str| PseudoSource {
        predictions: place.join(predictions),
        tiles: std::sync::Arc::new(tiles.clone()),
    };
    let training = |sure: f64, predictions: &str| {
        let mut options = fit_options(false);
        options.recipe.trainings.truncate(1);
        options.recipe.pseudo = PseudoSpec { low: 0.49, high: 0.51, sure, ..PseudoSpec::default() };
        options.pseudo = Some(source(predictions));
        options
    };
    let run = place.join("second");
    let report = train_system(&labelled, &run, &training(0.0, "predicted"), &Control::silent()).unwrap();
    let fold_of_first = folds(&run.join("even/fold-0/folds.json"))[first];
    for (fold, training) in report.trainings[0].folds.folds.iter().enumerate() {
        // Fourteen labelled tiles of the other fold and all twelve others, one of which may be a neighbour.
        let expected = 14 + 12 - usize::from(fold == fold_of_first);
        assert_eq!((training.tiles, training.validation_tiles), (expected, 14), "fold {fold}");
    }
    let refused = |options: FitOptions, name: &str| {
        train_system(&labelled, &place.join(name), &options, &Control::silent()).unwrap_err()
    };
    let error = refused(training(1.0, "snapshots"), "third");
    assert!(error.kind() == ErrorKind::Dataset && error.to_string().contains("pseudo.sure"), "{error}");
    // Another seed divides otherwise, so that each network has seen some of the validation tiles.
    let mut other = training(0.0, "predicted");
    other.recipe.seed = 4;
    let error = refused(other, "fourth");
    assert!(error.to_string().contains("same folds and seed"), "{error}");
    // Without groups nobody knows the neighbours, unless there are none.
    let mut blind = training(0.0, "predicted");
    blind.pseudo = Some(PseudoSource { tiles: std::sync::Arc::new(test.clone()), ..source("predicted") });
    let error = refused(blind.clone(), "fifth");
    assert!(error.to_string().contains("pseudo.without_groups"), "{error}");
    blind.recipe.pseudo.without_groups = true;
    let report = train_system(&labelled, &place.join("sixth"), &blind, &Control::silent()).unwrap();
    assert!(report.trainings[0].folds.folds.iter().all(|fold| fold.tiles == 14 + 12));
    // What a blend left says nothing about single networks.
    let error = refused(training(0.0, "run"), "seventh");
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().contains("tgs predict"), "{error}");
}

#[test]
fn confidence_is_a_share_of_pixels() {
    let spec = PseudoSpec { low: 0.2, high: 0.8, sure: 0.5, ..PseudoSpec::default() };
    assert_eq!(spec.mask(&[0.1, 0.9, 0.5, 0.2]), Some(vec![0, 1, 2, 2]));
    assert_eq!(spec.mask(&[0.1, 0.8, 0.5, 0.2]), None);
    assert_eq!(spec.mask(&[f32::NAN, 0.9]), Some(vec![2, 1]));
    // More likely salt than not, and none of it sure: neither a tile with salt nor one without.
    assert_eq!(spec.mask(&[0.1, 0.1, 0.6]), None);
    assert_eq!(spec.mask(&[0.1, 0.1, 0.4]), Some(vec![0, 0, 2]));
    assert_eq!(spec.mask(&[]), None);
    for wrong in [
        PseudoSpec { low: 0.9, ..spec },
        PseudoSpec { sure: 1.1, ..spec },
        PseudoSpec { share: 0.0, ..spec },
        PseudoSpec { high: f32::NAN, ..spec },
    ] {
        assert!(wrong.check().unwrap_err().to_string().contains("pseudo"));
    }
}

/// Stops at the first step of a training, and at that of a prediction unless it may be made.
#[derive(Default)]
struct NoTraining {
    predicts: bool,
}

impl Listener for NoTraining {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        assert!(progress.stage != "train" && (self.predicts || progress.stage != "predict"), "{progress:?}");
        true
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

fn what_is_finished_is_not_done_again(run: &Path, tiles: &TileFolder, score: f64) {
    let refused = train_system(tiles, run, &fit_options(false), &Control::silent()).unwrap_err();
    assert!(refused.to_string().contains("holds a training already"), "{refused}");
    let mut listener = NoTraining::default();
    let again = train_system(tiles, run, &fit_options(true), &Control::new(&mut listener)).unwrap();
    assert_eq!((again.together.figures.score, again.stacked), (score, None));
    // Weights are fitted to what is there.
    let mut options = fit_options(true);
    options.recipe.predict.stack = true;
    let mut listener = NoTraining::default();
    let stacked = train_system(tiles, run, &options, &Control::new(&mut listener)).unwrap();
    let stacked = stacked.stacked.unwrap();
    assert_eq!(stacked.folds, []);
    let found = stacked.trainings.unwrap();
    assert_eq!((found.weights.len(), found.tiles, found.alone.len()), (2, 28, 2));
    let weights: BTreeMap<String, f64> =
        serde_json::from_str(&fs::read_to_string(run.join("weights.json")).unwrap()).unwrap();
    assert_eq!([weights["deep"], weights["even"]], found.weights[..]);
    assert!(weights.len() == 2 + 5 && weights["deep-fold-2"] == 1.0, "{weights:?}");
    let file = |name: &str| PredictionFile::open(&run.join("out-of-fold").join(name)).unwrap();
    let value = |name: &str| f64::from(file(name).probability(5).unwrap()[9]);
    let expected = found.weights[0] * value("trainings/deep.safetensors")
        + found.weights[1] * value("trainings/even.safetensors");
    assert!((value("predictions.safetensors") - expected).abs() < 1e-4);
    the_snapshots_of_a_fold_are_weighed(run, tiles);
    another_system_is_not_mixed_in(run, tiles);
    // A training that is not finished must not predict.
    let record = run.join("even/fold-1/run.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("finished", "stopped")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let options = TilePredictOptions::default();
    let error = predict_tileset(run, tiles, place.path(), &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("fold-1 holds no finished training"), "{error}");
    let error = predict_tileset(place.path(), tiles, place.path(), &options, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// With snapshots for members each fold has two: their weights have the sum 1, and the fold's tiles are predicted with them.
fn the_snapshots_of_a_fold_are_weighed(run: &Path, tiles: &TileFolder) {
    let mut options = fit_options(true);
    options.recipe.predict.stack = true;
    options.recipe.predict.members = Members::Snapshots;
    // The networks have changed, so that predictions are made anew; what is not asked for any more is not left lying.
    let mut listener = NoTraining { predicts: true };
    let report = train_system(tiles, run, &options, &Control::new(&mut listener)).unwrap();
    let stacked = report.stacked.unwrap();
    // The three folds of nine or ten tiles are too small for it, but for one.
    let named: Vec<_> = stacked.folds.iter().map(|fold| &*fold.members[0]).collect();
    assert_eq!(named, ["deep-fold-0-epoch-0001", "even-fold-0-epoch-0001", "even-fold-1-epoch-0001"]);
    let weights: BTreeMap<String, f64> =
        serde_json::from_str(&fs::read_to_string(run.join("weights.json")).unwrap()).unwrap();
    assert_eq!(weights["deep-fold-1-epoch-0001"], 0.5);
    let members = run.join("out-of-fold/members");
    assert_eq!(fs::read_dir(&members).unwrap().count(), 10);
    let fold = &stacked.folds[1];
    assert!((fold.stacking.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let file = |path: &Path| PredictionFile::open(path).unwrap();
    let parts: Vec<PredictionFile> =
        fold.members.iter().map(|name| file(&members.join(format!("{name}.safetensors")))).collect();
    let id = &parts[0].head().ids[2];
    let value = |file: &PredictionFile| f64::from(file.probability(file.number(id).unwrap()).unwrap()[50]);
    let expected: f64 = parts.iter().zip(&fold.members).map(|(part, name)| weights[name] * value(part)).sum();
    assert!((value(&file(&run.join("out-of-fold/trainings/even.safetensors"))) - expected).abs() < 1e-4);
}

/// A refused resume leaves what was known of the folds as it was, and a folder is one system's.
fn another_system_is_not_mixed_in(run: &Path, tiles: &TileFolder) {
    let folds = run.join("even/fold-0/folds.json");
    let before = fs::read(&folds).unwrap();
    let refused =
        |options: FitOptions| train_system(tiles, run, &options, &Control::silent()).unwrap_err().to_string();
    let mut options = fit_options(true);
    options.recipe.seed = 4;
    assert!(refused(options.clone()).contains("trainings of another recipe"));
    // Whoever removes the system's recipe meets the trainings' own check.
    let recipe = fs::read(run.join("recipe.toml")).unwrap();
    fs::remove_file(run.join("recipe.toml")).unwrap();
    assert!(refused(options).contains("the recipe has changed"));
    assert_eq!(fs::read(&folds).unwrap(), before);
    fs::write(run.join("recipe.toml"), recipe).unwrap();
    let options =
        FitOptions { initial: Some(run.join("even/fold-0/model.safetensors")), ..fit_options(true) };
    assert!(refused(options).contains("began from random weights, not from a model"));
    let mut options = fit_options(true);
    options.recipe.trainings[1].name = "else".to_owned();
    assert!(refused(options).contains("another recipe"));
    // A system whose second training has not begun does not predict with the first alone.
    let (half, place) = (run.join("half"), tempfile::tempdir().unwrap());
    fs::rename(run.join("deep"), &half).unwrap();
    let options = TilePredictOptions::default();
    let error = predict_tileset(run, tiles, place.path(), &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("its system is not finished"), "{error}");
    fs::rename(&half, run.join("deep")).unwrap();
    // What the last training of many would stumble over is said before the first.
    let mut options = fit_options(false);
    options.recipe.trainings[1].folds.kind = FoldKind::Group;
    let fresh = place.path().join("fresh");
    let error = train_system(tiles, &fresh, &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("group") && !fresh.exists(), "{error}");
}

/// Predictions that are the masks but for specks and a hole: each rule's part in the score is known.
#[test]
fn a_report_says_what_each_rule_adds() {
    let place = tempfile::tempdir().unwrap();
    tile_support::write_folder(&place.path().join("tiles"), 40, 24);
    let tiles = open(&place.path().join("tiles"));
    let path = place.path().join("p.safetensors");
    let head = diapir::tileset::PredictionHead {
        ids: tiles.tiles().iter().map(|tile| tile.id.clone()).collect(),
        size: 24,
        any_salt: true,
        made_of: Vec::new(),
        unseen: Vec::new(),
    };
    let mut writer = diapir::tileset::PredictionWriter::create(&path, head).unwrap();
    for tile in tiles.tiles() {
        let mut plane: Vec<f32> = tile.salt().unwrap().iter().map(|salt| 0.1 + 0.8 * salt).collect();
        // A speck of two pixels in tiles without salt.
        if tile.coverage() == 0.0 {
            plane[100..102].fill(0.9);
        }
        writer.add(&plane, Some(if tile.coverage() > 0.0 { 0.9 } else { 0.2 })).unwrap();
    }
    writer.finish().unwrap();
    let file = PredictionFile::open(&path).unwrap();
    let rules = TileRules { small_salt: 3, ..TileRules::default() };
    let report = report_tiles(&file, &[&tiles], (&rules, 0.5), None, &Control::silent()).unwrap();
    let with = tiles.tiles().iter().filter(|tile| tile.coverage() > 0.0).count() as f64 / 40.0;
    assert!(with < 1.0 && (report.figures.score - with).abs() < 1e-9);
    let change = |name: &str| {
        let found = report.rules.iter().find(|rule| rule.rule == name).unwrap();
        assert!((found.score - report.figures.score - found.change).abs() < 1e-12);
        found.change
    };
    assert!((change("small_salt = 10") - (1.0 - with)).abs() < 1e-9);
    assert!((change("any_salt_below = 0.5") - (1.0 - with)).abs() < 1e-9);
    assert_eq!((change("any_salt_below = 0.1"), change("holes"), change("full_is_empty")), (0.0, 0.0, 0.0));
    assert!((report.together - 1.0).abs() < 1e-9);
    assert_eq!(report.by_coverage[0].score, 0.0);
    assert_eq!(report.by_coverage.iter().map(|class| class.tiles).sum::<u64>(), 40);
    // Any threshold from 0.1 to 0.9 is as good.
    assert!((report.score_at_chosen_threshold - with).abs() < 1e-9);
    fs::remove_dir_all(place.path().join("tiles/masks")).unwrap();
    fs::remove_file(place.path().join("tiles/train.csv")).unwrap();
    let bare = open(&place.path().join("tiles"));
    let error = report_tiles(&file, &[&bare], (&rules, 0.5), None, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dataset);
}

/// Tiles of 24 x 24 with these ids, all with this mask or with none.
fn tiles_alike(folder: &Path, ids: &[String], mask: Option<&[bool]>) -> TileFolder {
    for (turn, id) in ids.iter().enumerate() {
        fs::create_dir_all(folder.join("images")).unwrap();
        let image = tile_support::tile(turn, 24).0;
        tile_support::write_grey(&folder.join(format!("images/{id}.png")), 24, &image);
        if let Some(mask) = mask {
            fs::create_dir_all(folder.join("masks")).unwrap();
            let grey: Vec<u8> = mask.iter().map(|&salt| if salt { 255 } else { 0 }).collect();
            tile_support::write_grey(&folder.join(format!("masks/{id}.png")), 24, &grey);
        }
    }
    open(folder)
}

/// Predictions of these tiles that see salt nowhere.
fn write_nothing(path: &Path, ids: Vec<String>) {
    let (made_of, unseen) = (Vec::new(), Vec::new());
    let head = diapir::tileset::PredictionHead { ids, size: 24, any_salt: false, made_of, unseen };
    let count = head.ids.len();
    let mut writer = diapir::tileset::PredictionWriter::create(path, head).unwrap();
    (0..count).for_each(|_| writer.add(&[0.0; 24 * 24], None).unwrap());
    writer.finish().unwrap();
}

/// Predictions that say nothing, labels that say all: a mask with vertical sides goes down its column of tiles, and up to where salt begins.
#[test]
fn masks_of_mosaics_lean_on_labels() {
    const SIZE: usize = 24;
    let place = tempfile::tempdir().unwrap();
    let folder =
        |name: &str, ids: &[String], mask: Option<&[bool]>| tiles_alike(&place.path().join(name), ids, mask);
    let stripe: Vec<bool> = (0..SIZE * SIZE).map(|k| (6..15).contains(&(k % SIZE))).collect();
    let ids = |letter: &str| (0..5).map(|number| format!("{letter}{number}")).collect::<Vec<String>>();
    let (known, unknown) = (ids("k"), ids("u"));
    // Five columns, each of a labelled tile above two that are not labelled.
    let below = ids("v");
    let table = place.path().join("mosaics.csv");
    let rows: String = [&known, &unknown, &below]
        .iter()
        .enumerate()
        .flat_map(|(row, ids)| {
            // No two tiles of a column are of one fifth.
            ids.iter().enumerate().map(move |(number, id)| format!("{id},{},{row},0\n", (number + row) % 5))
        })
        .collect();
    fs::write(&table, format!("id,group,row,column\n{rows}")).unwrap();
    let labelled = folder("known", &known, Some(&stripe));
    let others: Vec<String> = unknown.iter().chain(&below).cloned().collect();
    let unlabelled = folder("unknown", &others, None);
    let path = place.path().join("predictions.safetensors");
    let all: Vec<String> = known.iter().chain(&others).cloned().collect();
    write_nothing(&path, all);
    let file = PredictionFile::open(&path).unwrap();
    let mut rules = TileRules::default();
    let options = |rules| FinishOptions {
        rules,
        threshold: 0.5,
        mosaics: Some(table.clone()),
        submission: Some(place.path().join("submission.csv")),
        masks: None,
    };
    let folders = [&labelled, &unlabelled];
    let finish = |rules| finish_tiles(&file, &folders, &options(rules), &Control::silent()).unwrap();
    assert_eq!((finish(rules).tiles, finish(rules).empty, finish(rules).by_mosaics), (10, 10, 0));
    rules.mosaics.verticals = true;
    let report = finish(rules);
    assert_eq!((report.tiles, report.empty, report.by_mosaics), (10, 0, 10));
    let codes = read_rle(&place.path().join("submission.csv")).unwrap();
    for id in &others {
        assert_eq!(decode(&codes[id], SIZE, SIZE).unwrap(), stripe, "{id}");
    }
    // Hidden from the rules in turn, labels cannot be copied onto themselves: each column has but one.
    let measured = |rules: &TileRules| {
        report_tiles(&file, &folders, (rules, 0.5), Some(&table), &Control::silent()).unwrap()
    };
    assert_eq!((measured(&rules).figures.score, measured(&rules).together), (0.0, 0.0));
    // Two labels in a column: one stands for the other.
    let two = folder("two", &[known.clone(), unknown.clone()].concat(), Some(&stripe));
    let lower = folder("lower", &below, None);
    let found =
        report_tiles(&file, &[&two, &lower], (&rules, 0.5), Some(&table), &Control::silent()).unwrap();
    let rule = found.rules.iter().find(|rule| rule.rule == "mosaics.verticals").unwrap();
    assert!(found.figures.score == 0.0 && rule.score >= 0.5, "{rule:?}");
    assert_eq!(found.together, rule.score);
}
