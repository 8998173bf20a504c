//! The recipes that the library carries: whole systems of the TGS challenge, and our own.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod tile_support;

use std::fs;
use std::path::Path;

use diapir::Control;
use diapir::fit::{FitOptions, fit_surveys, fit_tiles};
use diapir::loss::{Hinge, LossSpec, Over};
use diapir::model::{Network, Pass, Weights};
use diapir::recipe::{Members, SystemRecipe};
use diapir::systems::{FinishOptions, TilePredictOptions, finish_tiles, predict_tileset, train_system};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tileset::{FolderOptions, PredictionFile, TileFolder, read_rle};
use diapir::tiling::Padding;
use diapir::train::Schedule;
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

/// Each stage of each recipe, on real tiles or on random sections as it says, makes a few steps, its losses are finite, and its model can be read again.
#[test]
fn every_recipe_trains() {
    let place = tempfile::tempdir().unwrap();
    let tiles = tiles(place.path());
    // In bfloat16, where the processor has it, once more: its kernels are others.
    let float32 = SystemRecipe::builtin_names().into_iter().map(|name| (name, Precision::Float32));
    for (name, precision) in float32.chain([("diapir-best", Precision::Auto)]) {
        let mut recipe = SystemRecipe::builtin(name).unwrap();
        // Fewer and smaller steps, of everything else that the recipe says.
        recipe.training.batch = 4;
        for stage in &mut recipe.training.stages {
            (stage.epochs, stage.batch, stage.warmup) = (1, None, 0.0);
        }
        if let Some(sections) = &mut recipe.training.sections {
            (sections.tiles, sections.validation) = (8, 4);
        }
        let stages = recipe.training.stages.len();
        let options = FitOptions {
            recipe,
            device: DeviceChoice::Cpu,
            precision,
            resume: false,
            initial: None,
            pseudo: None,
        };
        let output = place.path().join(format!("{name}-{precision:?}"));
        let report = match options.recipe.training.sections {
            Some(_) => fit_surveys(&[], &[], &output, &options, &Control::silent()).unwrap(),
            None => fit_tiles(&tiles, &output, &options, &Control::silent()).unwrap(),
        };
        assert_eq!(report.epochs, stages, "{name}");
        assert!(report.steps >= 2 * stages as u64, "{name}: {} steps", report.steps);
        assert!(report.loss.is_finite() && (0.0..=1.0).contains(&report.validation_score), "{name}");
        println!("{name}: {} steps, {:.1} s", report.steps, report.seconds);
    }
}

/// What the specification says of each published system, key by key.
const SAID: [(&str, &[(&str, &str)]); 4] = [
    (
        "kmike-27",
        &[
            ("batch", "20"),
            ("threshold", "0.4"),
            ("drop_plain", "true"),
            ("average", "{ count = 10, newest = 0.5 }"),
            ("input.tile", "101"),
            ("input.padded", "128"),
            ("input.padding", "'reflect'"),
            ("input.channels", "['amplitude', 'relative_depth', 'amplitude_row']"),
            ("network.encoder.kind", "'se_resnext'"),
            ("network.encoder.depth", "50"),
            ("network.encoder.stem.stride", "1"),
            ("network.encoder.stem.pool", "'max2'"),
            ("network.encoder.stem.attention", "{ kind = 'gate', reduction = 16, hidden = 16 }"),
            ("network.decoder.stages", "[[512, 256], [512, 256], [256, 64], [128, 128]]"),
            ("network.fusion.kind", "'side_maps'"),
            ("folds.count", "5"),
            ("augment.flip", "0.5"),
            ("augment.shift.samples", "0"),
            ("optimizer.rule", "{ kind = 'adam' }"),
            ("stages.0.epochs", "80"),
            ("stages.0.rate", "1e-3"),
            ("stages.0.schedule", "{ kind = 'cyclic', half = 4, low = 0.1, halving = true }"),
            ("stages.0.loss", "{ bce = 1.0 }"),
            ("stages.1.patience", "50"),
            ("stages.1.loss", "{ bce = 0.1, lovasz = 0.9 }"),
            ("predict.flip", "true"),
        ],
    ),
    (
        "argus-14",
        &[
            ("batch", "24"),
            ("threshold", "0.4"),
            ("drop_plain", "true"),
            ("input.padded", "128"),
            ("input.padding.biharmonic.canvas", "148"),
            ("input.channels", "['amplitude', 'amplitude', 'amplitude']"),
            ("network.encoder.stem", "{ stride = 2, pool = 'none' }"),
            ("network.decoder.widths", "[1024, 512, 256, 128, 128]"),
            ("network.decoder.skip_dropout", "0.2"),
            ("network.fusion.widths", "[128, 64, 32, 16, 8]"),
            ("network.fusion.out", "32"),
            ("network.fusion.dropout", "0.2"),
            ("network.heads.classifier.hidden", "[]"),
            ("augment", "{ flip = 0.5, crop = 148 }"),
            ("optimizer.rule", "{ kind = 'sgd', momentum = 0.9, weight_decay = 1e-4 }"),
            ("stages.0.epochs", "700"),
            ("stages.0.rate", "1e-2"),
            ("stages.0.patience", "100"),
            ("stages.0.schedule", "{ kind = 'plateau', factor = 0.64, patience = 30, lowest = 1e-6 }"),
            ("stages.0.loss", "{ lovasz = 0.75, empty = 0.25 }"),
            ("stages.1.epochs", "300"),
            ("stages.1.rate", "5e-3"),
            ("stages.1.batch", "16"),
            ("stages.1.from_best", "true"),
            ("stages.1.schedule", "{ kind = 'warm_restarts', cycle = 50, last = 0.1 }"),
            ("stages.1.loss", "{ lovasz = 0.5, empty = 0.5 }"),
            ("trainings.0.folds", "{ kind = 'depth_order', count = 5 }"),
            ("trainings.1.folds", "{ kind = 'group', count = 6 }"),
            ("trainings.1.stages", "1"),
            ("rules.any_salt_below", "0.5"),
            ("rules.holes", "true"),
            ("rules.full_is_empty", "true"),
            ("rules.mosaics.verticals", "true"),
            ("rules.mosaics.joins", "true"),
            ("rules.mosaics.corners", "true"),
            ("rules.mosaics.below_full", "true"),
        ],
    ),
    (
        "keras-resnet50",
        &[
            ("input.padded", "128"),
            ("input.padding", "'resize'"),
            ("snapshots", "true"),
            ("network.encoder.kind", "'resnet'"),
            ("network.encoder.depth", "50"),
            ("network.decoder.upsampling", "'nearest'"),
            ("network.decoder.attention", "{ kind = 'scse', reduction = 16 }"),
            ("folds", "{ kind = 'coverage', count = 5 }"),
            ("augment", "{ flip = 0.5 }"),
            ("optimizer.rule", "{ kind = 'adam' }"),
            ("stages.0.schedule.kind", "'warm_restarts'"),
            ("stages.0.loss", "{ bce = 1.0, dice = 1.0, over = 'batch' }"),
            ("predict", "{ flip = true, members = 'snapshots' }"),
        ],
    ),
    (
        "lessons-316",
        &[
            ("batch", "32"),
            ("input.tile", "101"),
            ("input.padded", "101"),
            ("input.channels", "['amplitude']"),
            ("network.encoder.kind", "'residual_se'"),
            ("network.encoder.width", "32"),
            ("network.decoder.widths", "[256, 128, 64, 32]"),
            ("augment.flip", "0.5"),
            ("augment.shift.p", "0.67"),
            ("optimizer.rule.kind", "'adam'"),
            ("stages.0.schedule.factor", "0.7"),
            ("stages.0.loss", "{ dice = 5.0, focal = 1.0, over = 'batch' }"),
            ("stages.1.optimizer.rule.kind", "'sgd'"),
            ("stages.1.optimizer.rule.momentum", "0.9"),
            ("stages.1.schedule.then", "'restart'"),
            ("snapshots", "true"),
            ("predict", "{ flip = true, members = 'snapshots', stack = true }"),
        ],
    ),
];

#[test]
fn recipes_say_what_is_published() {
    for (name, keys) in SAID {
        let text = SystemRecipe::builtin_text(name).unwrap();
        let recipe: toml::Table = toml::from_str(text).unwrap();
        for (path, said) in keys {
            let expected: toml::Table = toml::from_str(&format!("x = {said}")).unwrap();
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            let found =
                rest.split('.').filter(|key| !key.is_empty()).try_fold(&recipe[first], |value, key| {
                    key.parse::<usize>().map_or_else(|_| value.get(key), |number| value.get(number))
                });
            assert_eq!(found, Some(&expected["x"]), "{name}: {path}");
        }
    }
    // What the losses say where a recipe is silent: elu(e) + 1 for each image, and the focal loss' exponent.
    let usual = LossSpec::default();
    assert_eq!((usual.hinge, usual.over, usual.gamma), (Hinge::EluPlusOne, Over::Image, 2.0));
}

/// What a recipe's head offers instead is a recipe too.
#[test]
fn the_other_forms_can_be_had() {
    for (name, from, to) in [
        (
            "kmike-27",
            "[\"amplitude\", \"relative_depth\", \"amplitude_row\"]",
            "[\"amplitude\", \"relative_depth\", \"row\", \"column\"]",
        ),
        ("kmike-27", "lovasz = 0.9 }", "lovasz = 0.9, over = \"batch\" }"),
        (
            "keras-resnet50",
            "kind = \"scse\", reduction = 16 }",
            "kind = \"scse\", reduction = 16, combine = \"max\" }",
        ),
        (
            "lessons-316",
            "{ dice = 5.0, focal = 1.0, over = \"batch\" }",
            "{ bce = 1.0, lovasz = 1.0, hinge = \"relu\" }",
        ),
    ] {
        let text = SystemRecipe::builtin_text(name).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        let recipe = SystemRecipe::from_toml(&text.replace(from, to)).unwrap();
        assert_ne!(recipe, SystemRecipe::builtin(name).unwrap(), "{name}");
        if recipe.training.input.channels.len() == 4 {
            // One plane more of the first convolution's 64 kernels of 7 x 7.
            let network = Network::new(&recipe.training.network, 4, Weights::new(Device::Cpu, 1)).unwrap();
            assert_eq!(network.weights().parameter_count(), 48_513_410 + 64 * 49);
        }
    }
}

/// A network and tiles small enough for whole systems.
const SMALL: &str = r#"
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
[heads]
classifier = { hidden = [] }
"#;

/// Each recipe's system, from tiles to a submission, with a small network, few epochs and two folds; all else is the recipe's.
#[test]
fn every_system_leads_to_a_submission() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    for (name, count) in [("train", 16), ("test", 20)] {
        tile_support::write_folder(&place.join(name), count, 24);
    }
    for number in 0..16 {
        fs::remove_file(place.join(format!("test/images/{}.png", tile_support::id(number)))).unwrap();
    }
    fs::remove_dir_all(place.join("test/masks")).unwrap();
    fs::remove_file(place.join("test/train.csv")).unwrap();
    // Mosaics of three: two labelled tiles above one that is not.
    let table = place.join("mosaics.csv");
    let places = (0..4).flat_map(|group| {
        [(2 * group, 0), (2 * group + 1, 1), (16 + group, 2)]
            .map(|(number, row)| format!("{},{group},{row},0\n", tile_support::id(number)))
    });
    fs::write(&table, format!("id,group,row,column\n{}", places.collect::<String>())).unwrap();
    let options = FolderOptions { groups: Some(table.clone()), ..FolderOptions::default() };
    let open = |name: &str| TileFolder::open(&place.join(name), &options, &Control::silent()).unwrap();
    let (train, test) = (open("train"), open("test"));
    for name in SystemRecipe::builtin_names() {
        let recipe = small(SystemRecipe::builtin(name).unwrap());
        let run = place.join(name);
        let options = FitOptions {
            recipe: recipe.clone(),
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            resume: false,
            initial: None,
            pseudo: None,
        };
        let report = train_system(&train, &run, &options, &Control::silent()).unwrap();
        assert_eq!(report.trainings.len(), recipe.trainings.len().max(1), "{name}");
        assert_eq!((report.together.tiles, report.stacked.is_some()), (16, recipe.predict.stack), "{name}");
        let predicted = run.join("predicted");
        let found =
            predict_tileset(&run, &test, &predicted, &TilePredictOptions::default(), &Control::silent())
                .unwrap();
        // Two epochs are two cycles; plateaus may not come.
        let restarts = recipe
            .training
            .stages
            .iter()
            .any(|stage| matches!(stage.schedule, Schedule::WarmRestarts { .. }));
        let cycles = if restarts && recipe.predict.members == Members::Snapshots { 2 } else { 1 };
        assert!(found.models >= 2 * report.trainings.len() * cycles, "{name}: {} networks", found.models);
        let file = PredictionFile::open(&predicted.join("predictions.safetensors")).unwrap();
        let finish = FinishOptions {
            rules: recipe.rules,
            threshold: recipe.training.threshold,
            mosaics: Some(table.clone()),
            submission: Some(run.join("submission.csv")),
            masks: None,
        };
        finish_tiles(&file, &[&train, &test], &finish, &Control::silent()).unwrap();
        let codes = read_rle(&run.join("submission.csv")).unwrap();
        let ids: Vec<&String> = test.tiles().iter().map(|tile| &tile.id).collect();
        assert_eq!(codes.keys().collect::<Vec<_>>(), ids, "{name}");
    }
}

/// The same recipe for tiles of 24 x 24.
fn small(recipe: SystemRecipe) -> SystemRecipe {
    let mut small = recipe;
    small.training.network = toml::from_str(SMALL).unwrap();
    (small.training.input.tile, small.training.input.padded, small.training.batch) = (24, 32, 8);
    if let Padding::Biharmonic { .. } = small.training.input.padding {
        small.training.input.padding = Padding::Biharmonic { canvas: 40 };
    }
    small.training.augment.crop = small.training.augment.crop.map(|_| 40);
    small.folds.count = 2;
    small.trainings.iter_mut().for_each(|training| training.folds.count = 2);
    small.training.tiles.overlap = 0;
    for stage in &mut small.training.stages {
        (stage.epochs, stage.batch, stage.warmup, stage.loss.deep) = (2, None, 0.0, 0.0);
        match &mut stage.schedule {
            Schedule::WarmRestarts { cycle, .. } => *cycle = 1.0,
            Schedule::Plateau { patience, lowest, .. } => (*patience, *lowest) = (0, 1.0),
            _ => {}
        }
    }
    small.check().unwrap();
    small
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
        let recipe = SystemRecipe::builtin(name).unwrap();
        let network = Network::new(
            &recipe.training.network,
            recipe.training.input.channels.len(),
            Weights::new(Device::Cpu, 1),
        )
        .unwrap();
        if let Some(parameters) = parameters {
            assert_eq!(network.weights().parameter_count(), parameters, "{name}");
        }
        let size = recipe.training.input.padded as i64;
        let x = Tensor::zeros(
            [1, recipe.training.input.channels.len() as i64, size, size],
            (Kind::Float, Device::Cpu),
        );
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
    let argus = SystemRecipe::builtin("argus-14").unwrap();
    let trainings = argus.each_training();
    let told: Vec<_> = trainings
        .iter()
        .map(|(name, recipe)| (&**name, recipe.folds.count, recipe.training.stages.len()))
        .collect();
    assert_eq!(told, [("depth", 5, 2), ("mosaic", 6, 1)]);
    assert!(trainings.iter().all(|(_, recipe)| recipe.trainings.is_empty()));
    assert_eq!(
        (argus.training.threshold, argus.rules.any_salt_below, argus.predict.flip),
        (0.4, Some(0.5), false)
    );
    assert!(argus.rules.needs_mosaics());
    let alone = SystemRecipe::builtin("kmike-27").unwrap();
    assert_eq!(alone.each_training(), [(String::new(), alone.clone())]);
    assert_eq!((alone.training.average.unwrap().count, alone.predict.flip), (10, true));
    assert_eq!(SystemRecipe::builtin("lessons-316").unwrap().predict.members, Members::Snapshots);
    for name in SystemRecipe::builtin_names() {
        let recipe = SystemRecipe::builtin(name).unwrap();
        assert_eq!(recipe.training.name, name);
        assert_eq!(SystemRecipe::from_toml(&recipe.to_toml().unwrap()).unwrap(), recipe);
    }
}

#[test]
fn systems_that_cannot_be_are_refused() {
    let text = SystemRecipe::builtin_text("argus-14").unwrap();
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
        let error = SystemRecipe::from_toml(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(word), "{to}: {error}");
    }
}
