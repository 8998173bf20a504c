//! The recipes that the library carries: whole systems of the TGS challenge, and our own.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod tile_support;

use std::fs;
use std::path::Path;

use diapir::Control;
use diapir::model::{Network, Pass, Weights};
use diapir::pipeline::{FitOptions, fit_tiles};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, TileFolder};
use diapir::train::{Members, Recipe};
use tch::{Device, Kind, Tensor};

/// Tiles that the trainings of these tests see.
const TILES: usize = 10;

/// Some tiles of the challenge, half of them with salt; made ones where it is not there.
fn tiles(folder: &Path) -> TileFolder {
    let place = folder.join("tiles");
    match tile_support::challenge() {
        None => tile_support::write_folder(&place, TILES, 101),
        Some(challenge) => {
            fs::create_dir_all(place.join("images")).unwrap();
            fs::create_dir_all(place.join("masks")).unwrap();
            let whole = TileFolder::open(&challenge, &FolderOptions::default(), &Control::silent()).unwrap();
            let (salt, none): (Vec<_>, Vec<_>) = whole
                .tiles()
                .iter()
                .filter(|tile| !tile.is_plain())
                .partition(|tile| (0.2..0.8).contains(&tile.coverage()));
            for tile in salt.iter().take(TILES / 2).chain(none.iter().take(TILES / 2)) {
                for part in ["images", "masks"] {
                    let name = format!("{part}/{}.png", tile.id);
                    fs::copy(challenge.join("train").join(&name), place.join(&name)).unwrap();
                }
            }
            fs::copy(challenge.join("depths.csv"), place.join("depths.csv")).unwrap();
        }
    }
    let names = fs::read_dir(place.join("images")).unwrap();
    let ids = names.map(|name| name.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let groups: String = ids.map(|id| format!("{id},{id}\n")).collect();
    fs::write(place.join("groups.csv"), format!("id,group\n{groups}")).unwrap();
    let options = FolderOptions { groups: Some(place.join("groups.csv")), ..FolderOptions::default() };
    TileFolder::open(&place, &options, &Control::silent()).unwrap()
}

/// Each stage of each recipe makes a few steps, its losses are finite, and its model can be read again.
#[test]
fn every_recipe_trains_on_real_tiles() {
    let place = tempfile::tempdir().unwrap();
    let tiles = tiles(place.path());
    for name in Recipe::builtin_names() {
        let mut recipe = Recipe::builtin(name).unwrap();
        // Fewer and smaller steps, of everything else that the recipe says.
        recipe.batch = 4;
        for stage in &mut recipe.stages {
            (stage.epochs, stage.batch, stage.warmup) = (1, None, 0.0);
        }
        let stages = recipe.stages.len();
        let options = FitOptions {
            recipe,
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            resume: false,
            initial: None,
            pseudo: None,
        };
        let report = fit_tiles(&tiles, &place.path().join(name), &options, &Control::silent()).unwrap();
        assert_eq!(report.epochs, stages, "{name}");
        assert!(report.steps >= 2 * stages as u64, "{name}: {} steps", report.steps);
        assert!(report.loss.is_finite() && (0.0..=1.0).contains(&report.validation_score), "{name}");
        println!("{name}: {} steps, {:.1} s", report.steps, report.seconds);
    }
}

/// What each stage gives: channels and side for an input of the recipe's size; and the parameters where they are published.
#[test]
fn networks_have_the_published_sizes() {
    for (name, parameters) in [
        ("kmike-27", Some(48_513_410)),
        ("argus-14", Some(62_632_986)),
        ("keras-resnet50", None),
        ("lessons-316", None),
        ("diapir-fast", None),
        ("diapir-best", None),
    ] {
        let recipe = Recipe::builtin(name).unwrap();
        let network =
            Network::new(&recipe.network, recipe.input.channels.len(), Weights::new(Device::Cpu, 1)).unwrap();
        if let Some(parameters) = parameters {
            assert_eq!(network.weights().parameter_count(), parameters, "{name}");
        }
        let size = recipe.input.padded as i64;
        let x =
            Tensor::zeros([1, recipe.input.channels.len() as i64, size, size], (Kind::Float, Device::Cpu));
        let _guard = tch::no_grad_guard();
        let features: Vec<Vec<i64>> =
            network.features(&x, &Pass::predict()).unwrap().iter().map(Tensor::size).collect();
        let expected: &[[i64; 2]] = match name {
            "kmike-27" => &[[64, 128], [256, 64], [512, 32], [1024, 16], [2048, 8]],
            "argus-14" | "diapir-best" => &[[64, 64], [256, 64], [512, 32], [1024, 16], [2048, 8]],
            "keras-resnet50" => &[[64, 64], [256, 32], [512, 16], [1024, 8], [2048, 4]],
            "lessons-316" => &[[32, 101], [64, 50], [128, 25], [256, 12], [512, 6]],
            _ => &[[16, 101], [32, 50], [64, 25], [128, 12], [256, 6]],
        };
        let expected: Vec<Vec<i64>> = expected.iter().map(|[c, side]| vec![1, *c, *side, *side]).collect();
        assert_eq!(features, expected, "{name}");
        assert_eq!(network.forward(&x, &Pass::predict()).unwrap().mask.size(), [1, 1, size, size], "{name}");
    }
}

#[test]
fn recipes_say_what_the_systems_did() {
    let argus = Recipe::builtin("argus-14").unwrap();
    let trainings = argus.each_training();
    let told: Vec<_> =
        trainings.iter().map(|(name, recipe)| (&**name, recipe.folds.count, recipe.stages.len())).collect();
    assert_eq!(told, [("depth", 5, 2), ("mosaic", 6, 1)]);
    assert!(trainings.iter().all(|(_, recipe)| recipe.trainings.is_empty()));
    assert_eq!((argus.threshold, argus.rules.any_salt_below, argus.predict.flip), (0.4, Some(0.5), false));
    assert!(argus.rules.needs_mosaics());
    let alone = Recipe::builtin("kmike-27").unwrap();
    assert_eq!(alone.each_training(), [(String::new(), alone.clone())]);
    assert_eq!((alone.average.unwrap().count, alone.predict.flip), (10, true));
    assert_eq!(Recipe::builtin("lessons-316").unwrap().predict.members, Members::Snapshots);
    for name in Recipe::builtin_names() {
        let recipe = Recipe::builtin(name).unwrap();
        assert_eq!(recipe.name, name);
        assert_eq!(Recipe::from_toml(&recipe.to_toml().unwrap()).unwrap(), recipe);
    }
}

#[test]
fn systems_that_cannot_be_are_refused() {
    let text = Recipe::builtin_text("argus-14").unwrap();
    for (from, to, word) in [
        ("name = \"mosaic\"", "name = \"depth\"", "each name once"),
        ("name = \"mosaic\"", "name = \"fold-1\"", "fold-1"),
        ("name = \"mosaic\"", "name = \"a/b\"", "a/b"),
        ("stages = 1", "stages = 3", "there are 2"),
        ("any_salt_below = 0.5", "any_salt_below = 2.0", "any_salt_below is 2"),
        ("from_tiles = 3", "from_tiles = 1", "from_tiles is 1"),
        ("holes = true", "hols = true", "hols"),
        ("{ biharmonic = { canvas = 148 } }", "\"resize\"", "augment.crop"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Recipe::from_toml(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(word), "{to}: {error}");
    }
}
