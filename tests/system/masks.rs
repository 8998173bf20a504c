//! From predictions to masks and submissions, and what is said on the way.

use std::fs;
use std::path::Path;

use diapir::ensemble::stack;
use diapir::rules::TileRules;
use diapir::systems::{FinishOptions, finish_tiles};
use diapir::tileset::{PredictionFile, PredictionHead, PredictionWriter, TileFolder, decode, read_rle};
use diapir::{Control, ErrorKind};

use super::listeners::Ear;
use super::{open, tile_support};

pub(crate) fn masks_are_written_once(place: &Path, both: [&TileFolder; 2]) {
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
    assert!(refused(FinishOptions { rules, ..options.clone() }).to_string().contains("no table of mosaics"));
    for twice in [&[folders[1], folders[1]][..], &[folders[0], folders[0]]] {
        let error = finish_tiles(&file, twice, &options, &Control::silent()).unwrap_err();
        assert!(error.to_string().contains("more than one of the folders"), "{error}");
    }
    let (small, mut heard) = (place.join("small"), Ear::default());
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
        let mut heard = Ear::default();
        finish_tiles(&file, folders, &options, &Control::new(&mut heard)).unwrap();
        heard.0.join("\n")
    };
    let both = format!("{},1,0,0\n{},1,1,0\n", train.tiles()[0].id, test.tiles()[0].id);
    assert!(told("nobody,1,0,0\n".to_owned(), &[train, test]).contains("names none of the predicted tiles"));
    assert!(told(both.clone(), &[test]).contains("no tile of a mosaic has a mask"));
    assert_eq!(told(both, &[train, test]), "");
}

fn file_of(place: &Path) -> PredictionFile {
    PredictionFile::open(&place.join("predicted/predictions.safetensors")).unwrap()
}

/// The first two of the predictions, without what they say of any salt.
fn only_two(place: &Path) -> PredictionFile {
    let all = file_of(place);
    let path = place.join("two.safetensors");
    let head = PredictionHead { ids: all.head().ids[..2].to_vec(), any_salt: false, ..all.head().clone() };
    let mut writer = PredictionWriter::create(&path, head).unwrap();
    (0..2).for_each(|number| writer.add(&all.probability(number).unwrap(), None).unwrap());
    writer.finish().unwrap();
    PredictionFile::open(&path).unwrap()
}
