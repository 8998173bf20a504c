//! A system from tiles to a submission: trainings, out-of-fold predictions, ensembles, masks, figures.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../listeners/mod.rs"]
mod listeners;
#[path = "../tile_support/mod.rs"]
mod tile_support;

mod again;
mod masks;
mod predictions;
mod pseudo;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diapir::Control;
use diapir::fit::FitOptions;
use diapir::recipe::SystemRecipe;
use diapir::systems::train_system;
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, TileFolder};
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
        recipe: SystemRecipe::from_toml(RECIPE).unwrap(),
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
        SystemRecipe::from_toml(&fs::read_to_string(run.join("recipe.toml")).unwrap()).unwrap(),
        fit_options(false).recipe
    );

    predictions::out_of_fold_predictions_are_of_the_networks_that_have_not_seen_the_tile(&run, &train);
    predictions::the_test_tiles_are_predicted_by_all(&run, &test, place);
    masks::masks_are_written_once(place, [&train, &test]);
    pseudo::confident_predictions_are_learnt_from(place, &train, &test);
    again::what_is_finished_is_not_done_again(&run, &train, report.together.figures.score);
}
