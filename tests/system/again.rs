//! Going on, stacking what is there, and what must not be mixed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diapir::control::{Listener, Progress};
use diapir::fit::FitOptions;
use diapir::recipe::Members;
use diapir::systems::{TilePredictOptions, predict_tileset, train_system};
use diapir::tileset::{PredictionFile, TileFolder};
use diapir::train::FoldKind;
use diapir::{Control, ErrorKind};

use super::{fit_options, folders};

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

pub(crate) fn what_is_finished_is_not_done_again(run: &Path, tiles: &TileFolder, score: f64) {
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
    options.recipe.training.seed = 4;
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

/// Stops after so many steps of training.
struct Stopping(usize);

impl Listener for Stopping {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        if progress.stage == "train" {
            self.0 = self.0.saturating_sub(1);
        }
        self.0 > 0
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

/// A system that was stopped in its second fold, refused a new start, and went on, is the one that was never stopped.
#[test]
fn a_stopped_system_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let [tiles, _] = folders(place.path());
    let options = |resume| {
        let mut options = fit_options(resume);
        options.recipe.trainings.truncate(1);
        options
    };
    let whole =
        train_system(&tiles, &place.path().join("whole"), &options(false), &Control::silent()).unwrap();
    let run = place.path().join("run");
    let mut stopping = Stopping(10);
    let error = train_system(&tiles, &run, &options(false), &Control::new(&mut stopping)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(run.join("even/fold-0/model.safetensors").exists() && !run.join("system.json").exists());
    assert!(!run.join("even/fold-1/model.safetensors").exists());
    let error = train_system(&tiles, &run, &options(false), &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("holds a training already"), "{error}");
    let resumed = train_system(&tiles, &run, &options(true), &Control::silent()).unwrap();
    assert_eq!(resumed.together, whole.together);
}
