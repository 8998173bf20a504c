//! Training: learns, repeats itself to the bit, goes on where it stopped, and says what it cannot train on.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

mod listeners;

use std::path::Path;

use diapir::fit::{FitOptions, FitReport, LabelledData, LabelledSurvey, cross_validate, fit_surveys};
use diapir::loss::LossSpec;
use diapir::model::{ModelFile, NamedTensors, Network, Weights};
use diapir::recipe::SystemRecipe;
use diapir::tensor::{DeviceChoice, Precision};
use diapir::train::{OptimizerSpec, ParameterGroup};
use diapir::volume::{ArrayVolume, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid};
use diapir::{Control, Error, ErrorKind, Result};
use listeners::StopAt;
use tch::Device;

const RECIPE: &str = r#"
name = "tiny"
seed = 11
batch = 4
threshold = 0.5

[network.encoder]
kind = "residual_se"
width = 4
levels = 2
squeeze = "mean"
reduction = 2

[network.decoder]
kind = "residual_se"
widths = [4]
squeeze = "mean"
reduction = 2

[input]
tile = 16
padded = 18
padding = "reflect"
channels = ["amplitude", "relative_depth"]
scaling = { low_share = 0.01, high_share = 0.99 }

[tiles]
directions = ["inline", "crossline"]
line_step = 2
overlap = 4
validation_share = 0.2
guard_lines = 2

[augment]
flip = 0.5
shift = { reach = 3 }

[[stages]]
epochs = 2
rate = 1e-2
warmup = 0.2
schedule = { kind = "cosine", last = 0.2 }
loss = { bce = 1.0 }

[[stages]]
epochs = 1
rate = 2e-3
schedule = { kind = "constant" }
loss = { bce = 0.5, lovasz = 0.5 }
"#;

fn recipe() -> SystemRecipe {
    SystemRecipe::from_toml(RECIPE).unwrap()
}

fn grid(shape: [usize; 3]) -> SurveyGrid {
    let lines = |count| LineAxis { first: 1, step: 1, count };
    SurveyGrid {
        inlines: lines(shape[0]),
        crosslines: lines(shape[1]),
        samples: SampleAxis::new(0.0, 4.0, shape[2], SampleUnit::Milliseconds).unwrap(),
        georef: None,
    }
}

const SHAPE: [usize; 3] = [16, 20, 24];

/// Inside a ball the amplitude varies slowly, outside it alternates: texture decides, not amplitude.
fn survey(shape: [usize; 3]) -> (ArrayVolume, ArrayVolume) {
    let grid = grid(shape);
    let (mut seismic, mut label) = (Vec::new(), Vec::new());
    for i in 0..shape[0] {
        for x in 0..shape[1] {
            for s in 0..shape[2] {
                let off = |at: usize, count: usize| at as f64 / count as f64 - 0.5;
                let far = off(i, shape[0]).hypot(off(x, shape[1])).hypot(off(s, shape[2]));
                let phase = (7 * i + 3 * x) as f64;
                let salt = far < 0.35;
                seismic.push(if salt {
                    (0.4 * s as f64 + 0.05 * phase).sin()
                } else {
                    (2.2 * s as f64 + phase).sin()
                } as f32);
                label.push(f32::from(u8::from(salt)));
            }
        }
    }
    let live = LiveMask::full(&grid);
    let volume = |data| ArrayVolume::new(grid.clone(), live.clone(), data).unwrap();
    (volume(seismic), volume(label))
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

fn train(
    (seismic, label): &(ArrayVolume, ArrayVolume),
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<FitReport> {
    fit_surveys(&[LabelledSurvey { seismic, label }], &[], folder, options, control)
}

fn failure(data: &(ArrayVolume, ArrayVolume), folder: &Path, options: &FitOptions) -> Error {
    train(data, folder, options, &Control::silent()).unwrap_err()
}

/// Metadata and tensors; the order of the header's keys means nothing.
fn content(path: &Path) -> (serde_json::Value, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + size]).unwrap(), bytes[8 + size..].to_vec())
}

fn assert_same(a: &Path, b: &Path) {
    for name in ["model.safetensors", "checkpoint.safetensors"] {
        let (a, b) = (content(&a.join(name)), content(&b.join(name)));
        assert_eq!(a.0, b.0, "{name}: metadata");
        assert!(a.1 == b.1, "{name}: the tensors differ");
    }
    let epochs = |folder: &Path| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(folder.join("history.jsonl")).unwrap();
        let epoch = |line: &str| {
            let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
            value.as_object_mut().unwrap().remove("seconds");
            value
        };
        text.lines().map(epoch).collect()
    };
    assert_eq!(epochs(a), epochs(b));
}

#[test]
fn a_stopped_training_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, again, parts] = ["whole", "again", "parts"].map(|name| folder.path().join(name));
    let data = survey(SHAPE);
    let report = train(&data, &whole, &options(recipe(), false), &Control::silent()).unwrap();
    assert_eq!((report.epochs, report.steps % 3), (3, 0));
    let per_epoch = report.steps / 3;
    assert!(per_epoch > 2, "an epoch of several steps, to stop within");

    train(&data, &again, &options(recipe(), false), &Control::silent()).unwrap();
    assert_same(&whole, &again);

    // Within the first epoch, between two epochs, and within the last stage.
    for (turn, stop) in [2, per_epoch, 2 * per_epoch + 1].into_iter().enumerate() {
        let mut listener = StopAt(stop);
        let error =
            train(&data, &parts, &options(recipe(), turn > 0), &Control::new(&mut listener)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    }
    let resumed = train(&data, &parts, &options(recipe(), true), &Control::silent()).unwrap();
    assert_eq!(resumed.steps, report.steps);
    assert_same(&whole, &parts);

    // A finished training has nothing to go on with.
    let finished = train(&data, &whole, &options(recipe(), true), &Control::silent()).unwrap();
    assert_eq!((finished.steps, finished.validation_iou), (report.steps, report.validation_iou));
    assert_same(&whole, &parts);
}

/// Classifier, deep supervision, dropout, a frozen stage and a slower encoder: all losses reach all heads, and a training with
/// all of them is resumed to the bit.
#[test]
fn a_network_with_every_head_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = recipe();
    recipe.training.network = toml::from_str(
        "[encoder]\nkind = \"residual_se\"\nwidth = 4\nlevels = 3\nsqueeze = \"mean\"\nreduction = 2\n\
         [decoder]\nkind = \"unet\"\nwidths = [8, 4]\ndropout = 0.3\n\
         [heads]\nclassifier = { hidden = [6] }\ndeep_supervision = true\n",
    )
    .unwrap();
    recipe.training.frozen_stages = 1;
    let slower = ParameterGroup { prefix: "encoder.".to_owned(), rate: 0.1, ..ParameterGroup::default() };
    recipe.training.optimizer = OptimizerSpec { groups: vec![slower], ..OptimizerSpec::default() };
    recipe.training.stages.truncate(1);
    recipe.training.stages[0].loss = LossSpec {
        dice: 0.5,
        focal: 0.5,
        symmetric_lovasz: 0.2,
        empty: 0.3,
        deep: 0.5,
        ..LossSpec::default()
    };
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let data = survey(SHAPE);
    train(&data, &whole, &options(recipe.clone(), false), &Control::silent()).unwrap();
    let mut listener = StopAt(3);
    let stopped = train(&data, &parts, &options(recipe.clone(), false), &Control::new(&mut listener));
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    train(&data, &parts, &options(recipe.clone(), true), &Control::silent()).unwrap();
    assert_same(&whole, &parts);

    let start =
        Network::new(&recipe.training.network, 2, Weights::new(Device::Cpu, recipe.training.seed)).unwrap();
    let start: NamedTensors = start.weights().all().into_iter().collect();
    let (_, trained) = ModelFile::read(&whole.join("model.safetensors"), Device::Cpu).unwrap();
    for (name, tensor) in trained.weights().all() {
        let stays = name.starts_with("encoder.0.");
        assert_eq!(tensor == start[&name], stays, "{name}");
    }

    recipe.training.network.heads.classifier = None;
    assert!(recipe.check().unwrap_err().to_string().contains("no classifier"));
    recipe.training.stages[0].loss.empty = 0.0;
    recipe.training.network.heads.deep_supervision = false;
    assert!(recipe.check().unwrap_err().to_string().contains("no deep_supervision"));
    recipe.training.stages[0].loss.deep = 0.0;
    recipe.training.frozen_stages = 4;
    assert!(recipe.check().unwrap_err().to_string().contains("frozen_stages is 4, the encoder has 3"));
}

/// Each fold of the inlines is validated on once, with its guard on both sides; the run says which lines they were.
#[test]
fn surveys_are_cross_validated_by_blocks_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (seismic, label) = survey([24, 20, 24]);
    let mut recipe = recipe();
    recipe.training.stages.truncate(1);
    recipe.training.stages[0].epochs = 1;
    recipe.folds.count = 3;
    let surveys = [LabelledSurvey { seismic: &seismic, label: &label }];
    let options = options(recipe, false);
    let found =
        cross_validate(LabelledData::Surveys(&surveys), folder.path(), &options, &Control::silent()).unwrap();
    assert_eq!(found.folds.len(), 3);
    assert!(found.folds.iter().all(|fold| fold.validation_tiles > 0));
    let lines = |fold: usize| -> serde_json::Value {
        let path = folder.path().join(format!("fold-{fold}/folds.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    assert_eq!(lines(0), serde_json::json!([{"training": [[11, 24]], "validation": [1, 8]}]));
    assert_eq!(lines(1), serde_json::json!([{"training": [[1, 6], [19, 24]], "validation": [9, 16]}]));
    assert_eq!(lines(2), serde_json::json!([{"training": [[1, 14]], "validation": [17, 24]}]));
}

/// A label value that means "unlabelled" teaches nothing, as NaN does.
#[test]
fn a_value_for_unlabelled_samples() {
    let folder = tempfile::tempdir().unwrap();
    let (seismic, label) = survey(SHAPE);
    let marked = |value: f32| {
        let mut label = label.clone();
        for inline in 0..SHAPE[0] {
            label.trace_mut(inline, 4)[..12].fill(value);
        }
        (seismic.clone(), label)
    };
    let [a, b] = ["nan", "value"].map(|name| folder.path().join(name));
    let mut recipe = recipe();
    recipe.training.stages.truncate(1);
    train(&marked(f32::NAN), &a, &options(recipe.clone(), false), &Control::silent()).unwrap();
    recipe.training.unlabelled = Some(-7.0);
    train(&marked(-7.0), &b, &options(recipe, false), &Control::silent()).unwrap();
    let weights = |folder: &Path| content(&folder.join("model.safetensors")).1;
    assert!(weights(&a) == weights(&b), "the mark was learnt from");
}

#[test]
fn it_learns_and_the_seed_matters() {
    let folder = tempfile::tempdir().unwrap();
    let data = survey(SHAPE);
    let mut longer = recipe();
    longer.training.stages[0].epochs = 8;
    let report =
        train(&data, &folder.path().join("a"), &options(longer.clone(), false), &Control::silent()).unwrap();
    assert!(report.validation_iou > 0.6, "{report:?}");
    longer.training.seed += 1;
    let other = train(&data, &folder.path().join("b"), &options(longer, false), &Control::silent()).unwrap();
    assert_ne!(report.loss, other.loss);
    let [a, b] = ["a", "b"].map(|name| content(&folder.path().join(name).join("model.safetensors")).1);
    assert!(a != b, "another seed, other weights");
}

#[test]
fn labels_under_dead_traces_teach_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (seismic, label) = survey(SHAPE);
    let grid = grid(SHAPE);
    let mut live = LiveMask::full(&grid);
    for inline in 0..SHAPE[0] {
        for crossline in 0..5 {
            live.set(inline, crossline, false);
        }
    }
    let seismic = ArrayVolume::new(grid, live.clone(), seismic.data().to_vec()).unwrap();
    let mut other = label.clone();
    for inline in 0..SHAPE[0] {
        for crossline in 0..5 {
            other.trace_mut(inline, crossline).fill(1.0);
        }
    }
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    train(&(seismic.clone(), label), &a, &options(recipe(), false), &Control::silent()).unwrap();
    train(&(seismic, other), &b, &options(recipe(), false), &Control::silent()).unwrap();
    let weights = |folder: &Path| content(&folder.join("model.safetensors")).1;
    assert!(weights(&a) == weights(&b), "labels where there is no data changed the weights");
}

#[test]
fn another_training_is_not_gone_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let data = survey(SHAPE);
    let mut short = recipe();
    short.training.stages.truncate(1);
    short.training.stages[0].epochs = 1;
    train(&data, &run, &options(short.clone(), false), &Control::silent()).unwrap();
    let before = content(&run.join("checkpoint.safetensors"));

    let refuse = |data: &(ArrayVolume, ArrayVolume), options: &FitOptions, words: &str| {
        let error = failure(data, &run, options);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
    };
    refuse(&data, &options(short.clone(), false), "holds a training already");
    refuse(&data, &options(recipe(), true), "the recipe has changed");
    let mut changed = data.clone();
    changed.0.trace_mut(3, 3)[5] += 0.25;
    refuse(&changed, &options(short.clone(), true), "the training data have changed");
    refuse(
        &data,
        &FitOptions { precision: Precision::Bfloat16, ..options(short, true) },
        "the precision has changed",
    );
    assert!(content(&run.join("checkpoint.safetensors")) == before, "a refused training changes nothing");
}

#[test]
fn what_cannot_be_trained_on_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let refuse = |data: &(ArrayVolume, ArrayVolume), recipe: SystemRecipe, kind, words: &str| {
        let error = failure(data, &run, &options(recipe, false));
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
        assert!(!run.join("model.safetensors").exists(), "nothing is left that looks like a model");
    };
    let none = fit_surveys(&[], &[], &run, &options(recipe(), false), &Control::silent()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidArgument, "{none}");

    let (seismic, _) = survey(SHAPE);
    let (_, label) = survey([16, 20, 25]);
    refuse(&(seismic, label), recipe(), ErrorKind::Dataset, "not on the same grid");
    refuse(&survey([3, 20, 24]), recipe(), ErrorKind::Dataset, "guard");
    let (seismic, label) = survey(SHAPE);
    let silent = ArrayVolume::zeros(grid(SHAPE), LiveMask::full(&grid(SHAPE)));
    refuse(&(silent, label.clone()), recipe(), ErrorKind::Geometry, "nothing to scale by");
    let mut absurd = recipe();
    absurd.training.stages[0].rate = 1e30;
    refuse(&(seismic, label), absurd, ErrorKind::Diverged, "rate");
}

#[test]
fn recipes_are_checked_and_survive_writing() {
    for name in SystemRecipe::builtin_names() {
        let recipe = SystemRecipe::builtin(name).unwrap();
        assert_eq!(recipe.training.name, name);
        assert_eq!(SystemRecipe::from_toml(&recipe.to_toml().unwrap()).unwrap(), recipe);
    }
    let refuse = |from: &str, to: &str, word: &str| {
        assert!(RECIPE.contains(from), "{from}");
        let error = SystemRecipe::from_toml(&RECIPE.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    };
    refuse("batch = 4", "batch = 0", "batch is 0");
    refuse("batch = 4", "bach = 4", "bach");
    refuse("padded = 18", "padded = 15", "padded is 15");
    refuse("levels = 2", "levels = 9", "levels is 9");
    refuse("line_step = 2", "line_step = 0", "line_step");
    refuse("overlap = 4", "overlap = 16", "overlap");
    refuse("validation_share = 0.2", "validation_share = 0.5", "validation_share");
    refuse("flip = 0.5", "flip = 2.0", "flip");
    refuse("rate = 1e-2", "rate = -1.0", "rate");
    refuse("{ bce = 1.0 }", "{ bce = 0.0 }", "a positive one");
    refuse("\"amplitude\"", "\"velocity\"", "velocity");
    refuse("kind = \"cosine\"", "kind = \"step\"", "step");
    let unknown = SystemRecipe::builtin("resnet").unwrap_err();
    assert!(unknown.to_string().contains("lessons-316"), "{unknown}");
}
