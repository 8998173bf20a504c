//! Training on loose tiles: every option of a recipe, to the bit when resumed; averages, snapshots, folds, reports; bad data.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod listeners;
mod tile_support;

use std::fs;
use std::path::{Path, PathBuf};

use diapir::control::{Listener, Progress};
use diapir::fit::{FitOptions, LabelledData, cross_validate, fit_tiles, test_rates};
use diapir::model::{ModelFile, NamedTensors};
use diapir::recipe::SystemRecipe;
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, TileFolder};
use diapir::train::{AverageStatistics, RateRange};
use diapir::{Control, ErrorKind};
use listeners::{Ear, StopAt};
use serde_json::Value;
use tch::Device;
use tile_support::{id, write_folder, write_grey};

/// Everything that a recipe can ask for.
const RECIPE: &str = r#"
name = "all"
seed = 5
batch = 6
pass_tiles = 4
threshold = 0.5
drop_plain = true
mean_weights = { decay = 0.9 }
average = { count = 3, newest = 0.5 }
snapshots = true

[network.encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2

[network.decoder]
kind = "unet"
widths = [8, 4]
dropout = 0.1

[input]
tile = 24
padded = 28
padding = { biharmonic = { canvas = 32 } }
channels = ["amplitude", "relative_depth"]
scaling = { low_share = 0.01, high_share = 0.99 }

[folds]
kind = "coverage_depth"
count = 4
fold = 1

[augment]
flip = 0.5
shift = { p = 0.5, reach = 4 }
rotate = { p = 0.3, reach = 10 }
scale = { p = 0.3, reach = 0.1 }
elastic = { p = 0.2, reach = 2, spacing = 8 }
brightness = { p = 0.3, reach = 0.1 }
contrast = { p = 0.3, reach = 0.1 }
noise = { p = 0.3, reach = 0.02 }
crop = 32

[optimizer]
rule = { kind = "sgd", momentum = 0.9, nesterov = true, weight_decay = 1e-4 }
clip = 1.0
groups = [{ prefix = "encoder.", rate = 0.5 }, { vectors = true, weight_decay = 0.0 }]

[[stages]]
epochs = 4
rate = 5e-2
warmup = 0.5
schedule = { kind = "cyclic", half = 1, low = 0.1 }
loss = { bce = 1.0, smoothing = 0.05 }

[[stages]]
epochs = 3
rate = 1e-3
batch = 5
from_best = true
optimizer = { rule = { kind = "adamw" } }
schedule = { kind = "plateau", factor = 0.5, patience = 0, then = "best" }
loss = { bce = 0.3, lovasz = 0.7 }
"#;

fn recipe() -> SystemRecipe {
    SystemRecipe::from_toml(RECIPE).unwrap()
}

fn options(recipe: SystemRecipe, resume: bool) -> FitOptions {
    FitOptions {
        recipe,
        device: DeviceChoice::Cpu,
        precision: Precision::Float32,
        resume,
        initial: None,
        pseudo: None,
    }
}

fn tiles(count: usize) -> (tempfile::TempDir, TileFolder) {
    let place = tempfile::tempdir().unwrap();
    write_folder(place.path(), count, 24);
    let folder = open(place.path());
    (place, folder)
}

fn open(path: &Path) -> TileFolder {
    TileFolder::open(path, &FolderOptions::default(), &Control::silent()).unwrap()
}

/// Metadata and tensors; the order of the header's keys means nothing.
fn content(path: &Path) -> (Value, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + size]).unwrap();
    // A checkpoint says how long the epoch under way has taken.
    if let Some(text) = header["__metadata__"]["diapir"].as_str() {
        let mut inner: Value = serde_json::from_str(text).unwrap();
        inner.as_object_mut().unwrap().remove("seconds");
        header["__metadata__"]["diapir"] = inner;
    }
    (header, bytes[8 + size..].to_vec())
}

/// All safetensors files of a run, by their names within it.
fn weights_of(run: &Path) -> Vec<(PathBuf, (Value, Vec<u8>))> {
    let mut found = Vec::new();
    for folder in [run.to_owned(), run.join("kept"), run.join("snapshots")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "safetensors") {
                found.push((path.strip_prefix(run).unwrap().to_owned(), content(&path)));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn history(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("history.jsonl")).unwrap();
    let epoch = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    text.lines().map(epoch).collect()
}

#[test]
fn a_training_with_every_option_goes_on_to_the_same_bits() {
    let (_place, folder) = tiles(40);
    let runs = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| runs.path().join(name));
    let report = fit_tiles(&folder, &whole, &options(recipe(), false), &Control::silent()).unwrap();
    assert_eq!((report.tiles, report.validation_tiles, report.epochs), (30, 10, 7));
    // 5 steps of 6 in each of 4 epochs, then 6 steps of 5.
    assert_eq!(report.steps, 4 * 5 + 3 * 6);
    for (turn, stop) in [3, 10, 12, 23, 37].into_iter().enumerate() {
        let mut listener = StopAt(stop);
        let stopped = fit_tiles(&folder, &parts, &options(recipe(), turn > 0), &Control::new(&mut listener))
            .unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::Cancelled, "{stopped}");
    }
    fit_tiles(&folder, &parts, &options(recipe(), true), &Control::silent()).unwrap();
    let (a, b) = (weights_of(&whole), weights_of(&parts));
    let names = |files: &[(PathBuf, (Value, Vec<u8>))]| -> Vec<PathBuf> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&a), names(&b));
    assert!(names(&a).contains(&PathBuf::from("average.safetensors")), "{:?}", names(&a));
    for ((name, a), (_, b)) in a.iter().zip(&b) {
        assert_eq!(a.0, b.0, "{}: metadata", name.display());
        assert!(a.1 == b.1, "{}: the tensors differ", name.display());
    }
    assert_eq!(history(&whole), history(&parts));
    // Minima of the cycles of two epochs after half an epoch of warming up: ends of epochs 3 (2.5) and, in the first stage, no more.
    let snapshots: Vec<bool> = history(&whole).iter().map(|epoch| epoch["snapshot"] == true).collect();
    assert_eq!(snapshots, [false, false, true, false, false, false, false]);
}

/// The mean of the best epochs is the weighted mean of their files, statistics included.
#[test]
fn averages_are_those_of_the_files() {
    let (_place, folder) = tiles(40);
    let runs = tempfile::tempdir().unwrap();
    let mut recipe = recipe();
    recipe.training.mean_weights = None;
    // So small a rate that the loss falls and the score, by IoU where equal, rises each epoch.
    recipe.training.average.as_mut().unwrap().count = 4;
    let run = |name: &str, recipe: &SystemRecipe| {
        let path = runs.path().join(name);
        fit_tiles(&folder, &path, &options(recipe.clone(), false), &Control::silent()).unwrap();
        path
    };
    let tensors = |path: &Path| -> NamedTensors {
        ModelFile::read(path, Device::Cpu).unwrap().1.weights().all().into_iter().collect()
    };
    let averaged = run("averaged", &recipe);
    let mut kept: Vec<PathBuf> =
        fs::read_dir(averaged.join("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    kept.reverse();
    assert!((2..=4).contains(&kept.len()), "{kept:?}");
    let mut shares: Vec<f64> = (0..kept.len()).map(|k| 0.5 * 0.5f64.powi(k as i32)).collect();
    *shares.last_mut().unwrap() *= 2.0;
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let files: Vec<NamedTensors> = kept.iter().map(|path| tensors(path)).collect();
    for (name, found) in tensors(&averaged.join("average.safetensors")) {
        let parts = files.iter().zip(&shares).map(|(file, share)| &file[&name] * *share);
        let expected = parts.reduce(|a, b| a + b).unwrap();
        let difference = (&found - expected).abs().max().double_value(&[]);
        assert!(difference < 1e-6, "{name} differs by {difference}");
    }
    recipe.training.average.as_mut().unwrap().statistics = AverageStatistics::Recomputed;
    let recomputed = run("recomputed", &recipe);
    let (a, b) =
        (tensors(&averaged.join("average.safetensors")), tensors(&recomputed.join("average.safetensors")));
    for (name, tensor) in &a {
        assert_eq!(tensor != &b[name], name.contains("running_"), "{name}");
    }
}

/// Sixteen tiles are learnt by heart: real ones where they are at hand.
#[test]
fn sixteen_tiles_are_learnt_by_heart() {
    let place = tempfile::tempdir().unwrap();
    let size = match tile_support::challenge() {
        Some(challenge) => {
            sixteen(&challenge, place.path());
            101
        }
        None => {
            write_folder(place.path(), 16, 24);
            24
        }
    };
    // The same tiles twice under other names: learnt by those of fold 0, scored on those of fold 1.
    let (mut groups, mut depths) = ("id,group\n".to_owned(), "id,z\n".to_owned());
    let ids: Vec<String> = fs::read_dir(place.path().join("images"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    for id in &ids {
        for part in ["images", "masks"] {
            let file = |id: &str| place.path().join(part).join(format!("{id}.png"));
            fs::copy(file(id), file(&format!("{id}-again"))).unwrap();
        }
        groups += &format!("{id},first\n{id}-again,second\n");
        depths += &format!("{id},100\n{id}-again,200\n");
    }
    fs::write(place.path().join("depths.csv"), depths).unwrap();
    let _ = fs::remove_file(place.path().join("train.csv"));
    let table = place.path().join("groups.csv");
    fs::write(&table, groups).unwrap();
    let folder = TileFolder::open(
        place.path(),
        &FolderOptions { groups: Some(table), ..FolderOptions::default() },
        &Control::silent(),
    )
    .unwrap();
    let recipe = SystemRecipe::from_toml(&format!(
        "name = 'overfit'\nseed = 1\nbatch = 4\nthreshold = 0.5\n\
         [network.encoder]\nkind = 'residual_se'\nwidth = 12\nlevels = 4\nsqueeze = 'mean'\nreduction = 4\n\
         [network.decoder]\nkind = 'residual_se'\nwidths = [48, 24, 12]\nsqueeze = 'mean'\nreduction = 4\n\
         [input]\ntile = {size}\npadded = {size}\npadding = 'reflect'\nchannels = ['amplitude', 'row', 'column']\n\
         scaling = {{ low_share = 0.01, high_share = 0.99 }}\n\
         [folds]\nkind = 'group'\ncount = 2\nfold = 1\n\
         [[stages]]\nepochs = 60\nrate = 3e-3\nwarmup = 2\nschedule = {{ kind = 'cosine', last = 0.1 }}\nloss = {{ bce = 1.0 }}\n\
         [[stages]]\nepochs = 30\nrate = 1e-3\nfrom_best = true\nschedule = {{ kind = 'cosine', last = 0.01 }}\n\
         loss = {{ bce = 0.1, lovasz = 0.9 }}\n"
    ))
    .unwrap();
    let run = place.path().join("run");
    let mut ear = Ear::default();
    let report = fit_tiles(&folder, &run, &options(recipe, false), &Control::new(&mut ear)).unwrap();
    assert!(report.validation_score > 0.95, "{report:?}");
    assert!(ear.0.iter().any(|text| text.contains("16 pairs of tiles look the same")), "{:?}", ear.0);
}

/// Copies sixteen of the challenge's tiles, with much salt and with little.
fn sixteen(challenge: &Path, place: &Path) {
    let found = open(challenge);
    let mut order: Vec<_> =
        found.tiles().iter().filter(|tile| (0.05..0.95).contains(&tile.coverage())).collect();
    order.sort_by(|a, b| a.coverage().total_cmp(&b.coverage()));
    for part in ["images", "masks"] {
        fs::create_dir_all(place.join(part)).unwrap();
        for tile in order.iter().step_by(order.len() / 16).take(16) {
            let name = format!("{}.png", tile.id);
            fs::copy(challenge.join("train").join(part).join(&name), place.join(part).join(&name)).unwrap();
        }
    }
}

/// A stage whose score no longer rises ends early, and the next begins.
#[test]
fn patience_ends_a_stage() {
    let (_place, folder) = tiles(24);
    let runs = tempfile::tempdir().unwrap();
    let mut recipe = recipe();
    recipe.training.average = None;
    recipe.training.stages[0].epochs = 50;
    recipe.training.stages[0].rate = 1e-9;
    recipe.training.stages[0].patience = Some(2);
    recipe.training.stages[1].epochs = 1;
    let report =
        fit_tiles(&folder, &runs.path().join("run"), &options(recipe, false), &Control::silent()).unwrap();
    let stages: Vec<i64> =
        history(&runs.path().join("run")).iter().map(|epoch| epoch["stage"].as_i64().unwrap()).collect();
    assert!(report.epochs < 20, "{report:?}");
    assert_eq!(stages.last(), Some(&2));
    assert_eq!(stages.iter().filter(|stage| **stage == 2).count(), 1);
}

#[test]
fn the_run_folder_tells_everything() {
    let (_place, folder) = tiles(40);
    let runs = tempfile::tempdir().unwrap();
    let run = runs.path().join("run");
    let mut recipe = recipe();
    recipe.training.stages.truncate(1);
    let report = fit_tiles(&folder, &run, &options(recipe.clone(), false), &Control::silent()).unwrap();

    let record: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(record["state"], "finished");
    assert_eq!(record["result"]["validation_score"].as_f64(), Some(report.validation_score));
    assert_eq!(record["data"]["validation_tiles"], 10);
    assert_eq!(record["environment"]["libtorch"], diapir::tensor::libtorch_version());
    let resolved = SystemRecipe::from_toml(&fs::read_to_string(run.join("recipe.toml")).unwrap()).unwrap();
    assert_eq!(resolved, recipe);
    let folds: Value = serde_json::from_slice(&fs::read(run.join("folds.json")).unwrap()).unwrap();
    let ids: Vec<&str> = folds
        .as_object()
        .unwrap()
        .values()
        .flat_map(|ids| ids.as_array().unwrap())
        .map(|id| id.as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 40);
    assert!((0..40).all(|number| ids.contains(&id(number).as_str())));

    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert_eq!(page.matches("<svg").count(), 5, "five charts");
    let validated = folds["1"].as_array().unwrap();
    let with_salt = folder.tiles().iter().filter(|tile| tile.coverage() > 0.0);
    let best = with_salt.filter(|tile| validated.contains(&Value::from(tile.id.as_str()))).count();
    let pictures = |part: &str| part.matches("data:image/png;base64,").count();
    let galleries: Vec<usize> = page.split("<h2>").map(pictures).filter(|count| *count > 0).collect();
    assert_eq!(galleries, [10, best], "the worst tiles, and the best of those with salt");
    assert!(!page.contains("src=\"http") && !page.contains("href="), "nothing is fetched");
    for words in ["Score by threshold", "Reliability", "Waiting for tiles", "nesterov = true"] {
        assert!(page.contains(words), "{words}");
    }

    let events: Vec<PathBuf> =
        fs::read_dir(run.join("tensorboard")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(events.len(), 1);
    let records = tf_records(&fs::read(&events[0]).unwrap());
    assert_eq!(records.len(), 1 + 4, "the version, then each epoch");
    assert!(text_of(&records[0]).contains("brain.Event:2"));
    for word in ["training/loss", "training/rate", "validation/score", "validation/calibration_error"] {
        assert!(records[1..].iter().all(|record| text_of(record).contains(word)), "{word}");
    }
    let (model, _) = ModelFile::read(&run.join("model.safetensors"), Device::Cpu).unwrap();
    assert_eq!(model.contract.depth_range, [50.0, 938.0]);
    assert_eq!(model.training.metrics["validation_score"], report.validation_score);
}

fn text_of(record: &[u8]) -> String {
    String::from_utf8_lossy(record).into_owned()
}

/// The records of a TFRecord file, whose checksums must be right (CRC-32C bit by bit, masked).
fn tf_records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let masked = |bytes: &[u8]| {
        let mut crc = !0u32;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
            }
        }
        (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
    };
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        assert_eq!(number(&bytes[8..12]), masked(&bytes[..8]));
        let record = &bytes[12..12 + length];
        assert_eq!(number(&bytes[12 + length..16 + length]), masked(record));
        records.push(record.to_vec());
        bytes = &bytes[16 + length..];
    }
    records
}

#[test]
fn each_fold_is_trained_and_none_twice() {
    let (_place, folder) = tiles(24);
    let runs = tempfile::tempdir().unwrap();
    let mut recipe = recipe();
    recipe.folds.count = 3;
    recipe.folds.fold = 0;
    recipe.training.average = None;
    recipe.training.stages.truncate(1);
    recipe.training.stages[0].epochs = 2;
    let data = LabelledData::Tiles(&folder);
    let whole = runs.path().join("whole");
    let found = cross_validate(data, &whole, &options(recipe.clone(), false), &Control::silent()).unwrap();
    assert_eq!(found.folds.iter().map(|fold| fold.validation_tiles).sum::<usize>(), 24);
    let mean = found.folds.iter().map(|fold| fold.validation_score).sum::<f64>() / 3.0;
    assert!((found.mean_score - mean).abs() < 1e-12 && found.score_deviation >= 0.0);
    // Folds of one size: the score of all tiles together is the mean.
    assert!((found.out_of_fold.score - mean).abs() < 1e-9, "{found:?}");
    assert!(found.out_of_fold.best_score >= found.out_of_fold.score);
    assert!(whole.join("cross-validation.json").exists());

    let refused =
        cross_validate(data, &whole, &options(recipe.clone(), false), &Control::silent()).unwrap_err();
    assert!(refused.to_string().contains("holds a training already"), "{refused}");
    let stopped = runs.path().join("stopped");
    let mut listener = StopAt(5);
    let error = cross_validate(data, &stopped, &options(recipe.clone(), false), &Control::new(&mut listener))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let resumed = cross_validate(data, &stopped, &options(recipe, true), &Control::silent()).unwrap();
    for fold in ["fold-0", "fold-1", "fold-2"] {
        let [a, b] = [&whole, &stopped].map(|run| content(&run.join(fold).join("model.safetensors")).1);
        assert!(a == b, "{fold}");
    }
    assert_eq!(resumed.out_of_fold, found.out_of_fold);
}

#[test]
fn bad_data_gives_one_clear_error_and_leaves_the_run_resumable() {
    let (place, folder) = tiles(24);
    let runs = tempfile::tempdir().unwrap();
    let run = runs.path().join("run");
    let mut recipe = recipe();
    recipe.training.average = None;
    let mut listener = StopAt(7);
    fit_tiles(&folder, &run, &options(recipe.clone(), false), &Control::new(&mut listener)).unwrap_err();
    let checkpoint = content(&run.join("checkpoint.safetensors"));

    // A picture that breaks in the middle.
    let broken = place.path().join("images").join(format!("{}.png", id(5)));
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() - 30]).unwrap();
    let resume = |folder: &TileFolder, recipe: &SystemRecipe| {
        fit_tiles(folder, &run, &options(recipe.clone(), true), &Control::silent()).unwrap_err()
    };
    let error = resume(&open(place.path()), &recipe);
    assert_eq!(error.kind(), ErrorKind::Dataset);
    assert!(error.to_string().contains(&id(5)) && error.to_string().contains("not a whole PNG"), "{error}");
    fs::write(&broken, &bytes).unwrap();
    // Another picture under the same name.
    let other = place.path().join("images").join(format!("{}.png", id(6)));
    let before = fs::read(&other).unwrap();
    write_grey(&other, 24, &[77; 24 * 24]);
    let error = resume(&open(place.path()), &recipe);
    assert!(error.to_string().contains("data have changed"), "{error}");
    fs::write(&other, before).unwrap();
    assert!(content(&run.join("checkpoint.safetensors")) == checkpoint, "what failed changed nothing");
    fit_tiles(&open(place.path()), &run, &options(recipe.clone(), true), &Control::silent()).unwrap();

    let refuse = |recipe: SystemRecipe, folder: &TileFolder, words: &str| {
        let run = runs.path().join("refused");
        let error = fit_tiles(folder, &run, &options(recipe, false), &Control::silent()).unwrap_err();
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
        assert!(!run.join("model.safetensors").exists());
    };
    let mut wrong = recipe.clone();
    (wrong.training.input.tile, wrong.training.input.padded, wrong.training.augment.crop) = (20, 20, None);
    refuse(wrong, &folder, "set input.tile=24");
    fs::remove_file(place.path().join("depths.csv")).unwrap();
    refuse(recipe.clone(), &open(place.path()), "depth");
    let mut shallow = recipe;
    shallow.folds.kind = diapir::train::FoldKind::Coverage;
    refuse(shallow, &open(place.path()), "relative_depth needs a table of depths");
}

/// A run folder is one training's at a time.
#[test]
fn a_folder_in_use_is_refused() {
    let (_place, folder) = tiles(24);
    let runs = tempfile::tempdir().unwrap();
    let run = runs.path().join("run");
    let held = diapir::train::RunFolder::prepare(&run, false).unwrap();
    let error = fit_tiles(&folder, &run, &options(recipe(), false), &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("written by another training"), "{error}");
    drop(held);
    let file = runs.path().join("file");
    fs::write(&file, "").unwrap();
    let error =
        fit_tiles(&folder, &file.join("run"), &options(recipe(), false), &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
}

/// Rates grow by one factor, the loss falls and then explodes, which ends the test; the same seed finds the same, and the advice lies where the losses say.
#[test]
fn a_range_test_finds_where_the_loss_falls() {
    let (place, folder) = tiles(24);
    let table = place.path().join("rates.csv");
    let mut options = options(recipe(), false);
    options.recipe.training.optimizer.clip = None;
    let range = RateRange { from: 1e-4, to: 1e4, steps: 60 };
    let test = |table: &Path| {
        test_rates(LabelledData::Tiles(&folder), &options, &range, table, &Control::silent()).unwrap()
    };
    let found = test(&table);
    assert_eq!(test(&table), found);
    let points = &found.points;
    assert!((10..60).contains(&points.len()), "{} steps", points.len());
    for (k, point) in points.iter().enumerate() {
        let rate = 1e-4 * 1e8f64.powf(k as f64 / 59.0);
        assert!(point.step == k + 1 && (point.rate / rate - 1.0).abs() < 1e-9);
    }
    // The mean of all losses so far, each weighing 0.9 of the next.
    let last = points.len() - 1;
    let weights: Vec<f64> = (0..=last).map(|k| 0.9f64.powi((last - k) as i32)).collect();
    let mean = points.iter().zip(&weights).map(|(point, weight)| point.loss * weight).sum::<f64>()
        / weights.iter().sum::<f64>();
    assert!((points[last].smoothed / mean - 1.0).abs() < 1e-9);
    let (steepest, lowest) = (found.steepest.unwrap(), found.lowest.unwrap());
    assert!(range.from < steepest && steepest <= lowest && lowest < points[last].rate);
    let least = points[5..].iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
    assert!(points.iter().any(|point| point.rate == lowest && point.smoothed == least));
    let written = fs::read_to_string(&table).unwrap();
    assert_eq!(
        (written.lines().next(), written.lines().count()),
        (Some("step,rate,loss,smoothed"), points.len() + 1)
    );
    let wrong = RateRange { from: 0.0, ..range };
    let error =
        test_rates(LabelledData::Tiles(&folder), &options, &wrong, &table, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let mut stop = StopAtRate;
    let other = place.path().join("other.csv");
    let error = test_rates(LabelledData::Tiles(&folder), &options, &range, &other, &Control::new(&mut stop))
        .unwrap_err();
    assert!(error.kind() == ErrorKind::Cancelled && !other.exists());
}

struct StopAtRate;

impl Listener for StopAtRate {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        progress.done < 3
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}
