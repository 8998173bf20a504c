//! Out of fold, and of tiles without masks.

use std::fs;
use std::path::Path;

use diapir::Control;
use diapir::infer::{Predictor, PredictorOptions, predict_tiles};
use diapir::recipe::Members;
use diapir::systems::{TilePredictOptions, predict_tileset};
use diapir::tensor::DeviceChoice;
use diapir::tileset::{PredictionFile, TileFolder};

use super::folds;
use super::listeners::Ear;

pub(crate) fn out_of_fold_predictions_are_of_the_networks_that_have_not_seen_the_tile(
    run: &Path,
    tiles: &TileFolder,
) {
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
            predict_tiles(&predictor, tiles, &numbers, true, &Control::silent(), |tile| {
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

pub(crate) fn the_test_tiles_are_predicted_by_all(run: &Path, test: &TileFolder, place: &Path) {
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
    snapshots_that_were_not_kept_are_told_of(run, test, place);
}

fn snapshots_that_were_not_kept_are_told_of(run: &Path, test: &TileFolder, place: &Path) {
    let folders: Vec<_> = [("even", 2), ("deep", 3)]
        .iter()
        .flat_map(|(name, folds)| (0..*folds).map(move |fold| run.join(name).join(format!("fold-{fold}"))))
        .collect();
    let rename = |from: &str, to: &str| {
        folders.iter().for_each(|folder| fs::rename(folder.join(from), folder.join(to)).unwrap());
    };
    rename("snapshots", "away");
    let options = TilePredictOptions { members: Some(Members::Snapshots), ..TilePredictOptions::default() };
    let mut heard = Ear::default();
    let report =
        predict_tileset(run, test, &place.join("kept"), &options, &Control::new(&mut heard)).unwrap();
    assert_eq!(report.models, 5);
    assert!(heard.0.join("\n").contains("have no snapshots"), "{:?}", heard.0);
    rename("away", "snapshots");
}
