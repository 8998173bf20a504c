//! What rules do to predictions whose answer is known.

use std::fs;
use std::path::Path;

use diapir::rules::TileRules;
use diapir::systems::{FinishOptions, finish_tiles, report_tiles};
use diapir::tileset::{PredictionFile, PredictionHead, PredictionWriter, TileFolder, decode, read_rle};
use diapir::{Control, ErrorKind};

use super::{open, tile_support};

/// Predictions that are the masks but for specks and a hole: each rule's part in the score is known.
#[test]
fn a_report_says_what_each_rule_adds() {
    let place = tempfile::tempdir().unwrap();
    tile_support::write_folder(&place.path().join("tiles"), 40, 24);
    let tiles = open(&place.path().join("tiles"));
    let path = place.path().join("p.safetensors");
    let head = PredictionHead {
        ids: tiles.tiles().iter().map(|tile| tile.id.clone()).collect(),
        size: 24,
        any_salt: true,
        made_of: Vec::new(),
        unseen: Vec::new(),
    };
    let mut writer = PredictionWriter::create(&path, head).unwrap();
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
    let head = PredictionHead { ids, size: 24, any_salt: false, made_of, unseen };
    let count = head.ids.len();
    let mut writer = PredictionWriter::create(path, head).unwrap();
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
