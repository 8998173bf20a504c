//! Pseudo-labels.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use diapir::fit::{FitOptions, PseudoSource};
use diapir::recipe::PseudoSpec;
use diapir::systems::train_system;
use diapir::tileset::{FolderOptions, TileFolder};
use diapir::{Control, ErrorKind};

use super::{fit_options, folds};

/// Each fold learns from tiles that its own network of the first round is sure of, and from no neighbour of its validation tiles.
pub(crate) fn confident_predictions_are_learnt_from(place: &Path, train: &TileFolder, test: &TileFolder) {
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
        tiles: Arc::new(tiles.clone()),
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
    other.recipe.training.seed = 4;
    let error = refused(other, "fourth");
    assert!(error.to_string().contains("same folds and seed"), "{error}");
    // Without groups nobody knows the neighbours, unless there are none.
    let mut blind = training(0.0, "predicted");
    blind.pseudo = Some(PseudoSource { tiles: Arc::new(test.clone()), ..source("predicted") });
    let error = refused(blind.clone(), "fifth");
    assert!(error.to_string().contains("pseudo.without_groups"), "{error}");
    blind.recipe.pseudo.without_groups = true;
    let report = train_system(&labelled, &place.join("sixth"), &blind, &Control::silent()).unwrap();
    assert!(report.trainings[0].folds.folds.iter().all(|fold| fold.tiles == 14 + 12));
    // What a blend left says nothing about single networks.
    let error = refused(training(0.0, "run"), "seventh");
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().contains("single networks"), "{error}");
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
