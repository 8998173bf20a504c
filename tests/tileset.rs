//! Folders of loose tiles: reading, checking, run-length codes, submissions.
#![allow(clippy::unwrap_used, missing_docs)]

mod tile_support;

use std::fs;
use std::path::Path;

use diapir::tileset::{FolderOptions, ProblemKind, TileFolder, decode, encode, read_rle, write_submission};
use diapir::{Control, ErrorKind};
use proptest::prelude::*;
use tile_support::{code, id, tile, write_deep, write_folder, write_grey, write_rgb};

const SIZE: usize = 24;
const COUNT: usize = 12;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path(), COUNT, SIZE);
    folder
}

fn open(path: &Path) -> TileFolder {
    open_with(path, &FolderOptions::default())
}

fn open_with(path: &Path, options: &FolderOptions) -> TileFolder {
    TileFolder::open(path, options, &Control::silent()).unwrap()
}

fn kinds(folder: &TileFolder) -> Vec<(String, ProblemKind)> {
    folder.problems().iter().map(|problem| (problem.id.clone(), problem.kind)).collect()
}

#[test]
fn a_folder_is_read_as_it_was_written() {
    let place = folder();
    let found = open(place.path());
    assert_eq!((found.tiles().len(), found.size(), kinds(&found).len()), (COUNT, SIZE, 0));
    assert!(found.tiles().is_sorted_by(|a, b| a.id < b.id));
    for number in 0..COUNT {
        let there = found.tiles().iter().find(|tile| tile.id == id(number)).unwrap();
        let (image, mask) = tile(number, SIZE);
        assert_eq!(there.image, image);
        assert_eq!(
            there.mask.as_ref().unwrap(),
            &mask.iter().map(|&salt| u8::from(salt)).collect::<Vec<_>>()
        );
        assert_eq!(there.depth, Some(f64::from(50 + (number as u32 * 37) % 900)));
        let share = mask.iter().filter(|&&salt| salt).count() as f64 / mask.len() as f64;
        assert!((there.coverage() - share).abs() < 1e-12);
    }
    let summary = found.summary();
    assert_eq!((summary.labelled, summary.empty, summary.full), (COUNT, 3, 0));
    assert_eq!(summary.coverage.iter().sum::<usize>(), COUNT);
    assert_eq!(summary.depth_range, Some([50.0, 457.0]));

    // Also below train/, with the tables above; without masks there are the codes.
    let above = tempfile::tempdir().unwrap();
    fs::create_dir(above.path().join("train")).unwrap();
    fs::rename(place.path().join("images"), above.path().join("train/images")).unwrap();
    for table in ["depths.csv", "train.csv"] {
        fs::rename(place.path().join(table), above.path().join(table)).unwrap();
    }
    let coded = open(above.path());
    assert_eq!(coded.tiles(), found.tiles());
    assert_eq!(coded.data_hash(), found.data_hash());
    let below = open(&above.path().join("train"));
    assert_eq!(below.tiles(), found.tiles());
}

#[test]
fn each_fault_is_found_and_named() {
    let place = folder();
    let path = |part: &str, number: usize| place.path().join(part).join(format!("{}.png", id(number)));
    let bytes = fs::read(path("images", 0)).unwrap();
    fs::write(path("images", 0), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(path("images", 1), "not a picture").unwrap();
    write_grey(&path("images", 2), SIZE + 1, &vec![9; (SIZE + 1) * SIZE]);
    write_grey(&path("masks", 3), SIZE, &(0..SIZE * SIZE).map(|k| (k % 3) as u8).collect::<Vec<_>>());
    fs::remove_file(path("masks", 5)).unwrap();
    fs::remove_file(path("images", 6)).unwrap();
    write_grey(&path("masks", 7), SIZE, &vec![255; SIZE * SIZE]);
    write_rgb(&path("images", 8), SIZE, &vec![0; SIZE * SIZE]);
    let depths = fs::read_to_string(place.path().join("depths.csv")).unwrap();
    let line = |number: usize| depths.lines().find(|line| line.starts_with(&id(number))).unwrap();
    let changed = depths.replace(line(9), &format!("{},deep", id(9))) + line(10) + "\n";
    fs::write(place.path().join("depths.csv"), changed).unwrap();

    let found = open(place.path());
    let mut expected = vec![
        (id(0), ProblemKind::Unreadable),
        (id(1), ProblemKind::Unreadable),
        (id(2), ProblemKind::WrongSize),
        (id(3), ProblemKind::NotBinary),
        (id(5), ProblemKind::MissingMask),
        (id(6), ProblemKind::MissingImage),
        (id(7), ProblemKind::MaskDiffers),
        (id(8), ProblemKind::EmptyImage),
        (id(9), ProblemKind::MissingDepth),
        (id(10), ProblemKind::DuplicateId),
    ];
    let mut there = kinds(&found);
    there.sort();
    expected.sort();
    assert_eq!(there, expected);
    let left: Vec<&str> = found.tiles().iter().map(|tile| tile.id.as_str()).collect();
    let mut usable = [id(4), id(8), id(11)];
    usable.sort();
    assert_eq!(left, usable, "a tile with a fault is left out, but for an empty image");
    let error = found.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dataset);
    assert!(error.to_string().contains("9 tiles cannot be used"), "{error}");
    open_with(place.path(), &FolderOptions { leave_out: true, ..FolderOptions::default() }).check().unwrap();
}

#[test]
fn folders_and_tables_that_will_not_do() {
    let refuse = |path: &Path, kind, words: &str| {
        let error = TileFolder::open(path, &FolderOptions::default(), &Control::silent()).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
    };
    let place = folder();
    refuse(&place.path().join("nowhere"), ErrorKind::NotFound, "nowhere");
    let empty = tempfile::tempdir().unwrap();
    refuse(empty.path(), ErrorKind::Dataset, "no usable tile");
    fs::write(place.path().join("depths.csv"), "id,depth\n1,2\n").unwrap();
    refuse(place.path(), ErrorKind::Malformed, "no column \"z\"");
    fs::write(place.path().join("depths.csv"), "id,z\n1,2,3\n").unwrap();
    refuse(place.path(), ErrorKind::Malformed, "depths.csv");
    let options = FolderOptions { groups: Some(place.path().join("groups.csv")), ..FolderOptions::default() };
    let error = TileFolder::open(place.path(), &options, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "depths come first: {error}");
    fs::remove_file(place.path().join("depths.csv")).unwrap();
    let error = TileFolder::open(place.path(), &options, &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[test]
fn unlabelled_pixels_and_groups() {
    let place = folder();
    let (_, mask) = tile(1, SIZE);
    let grey: Vec<u16> = mask
        .iter()
        .enumerate()
        .map(|(k, &salt)| {
            if k < SIZE {
                100 * 257
            } else if salt {
                u16::MAX
            } else {
                0
            }
        })
        .collect();
    write_deep(&place.path().join("masks").join(format!("{}.png", id(1))), SIZE, &grey);
    assert_eq!(kinds(&open(place.path())), [(id(1), ProblemKind::NotBinary)]);
    let groups = place.path().join("groups.csv");
    fs::write(&groups, format!("id,group\n{},north\n{},north\n", id(1), id(2))).unwrap();
    let options = FolderOptions { unlabelled: Some(100), groups: Some(groups), ..FolderOptions::default() };
    let found = open_with(place.path(), &options);
    assert_eq!(kinds(&found), []);
    let there = found.tiles().iter().find(|tile| tile.id == id(1)).unwrap();
    let labels = there.mask.as_ref().unwrap();
    assert!(labels[..SIZE].iter().all(|&label| label == 2), "the first row has no label");
    let known = &mask[SIZE..];
    let share = known.iter().filter(|&&salt| salt).count() as f64 / known.len() as f64;
    assert!((there.coverage() - share).abs() < 1e-12, "coverage is that of the known pixels");
    assert_eq!(there.group.as_deref(), Some("north"));
    assert_eq!(found.tiles().iter().filter(|tile| tile.group.is_some()).count(), 2);
}

proptest! {
    #[test]
    fn run_length_codes_come_back(height in 1usize..12, width in 1usize..12, seed in any::<u64>()) {
        let mask: Vec<bool> =
            (0..height * width).map(|k| seed.rotate_left((k * 7 % 64) as u32) & 3 == 0).collect();
        let text = encode(&mask, width).unwrap();
        prop_assert_eq!(&decode(&text, height, width).unwrap(), &mask);
        if height == width {
            prop_assert_eq!(text, code(&mask, width));
        }
    }

    #[test]
    fn no_text_breaks_the_decoder(text in "[0-9 -]{0,40}") {
        let _ = decode(&text, 7, 5);
    }
}

#[test]
fn wrong_codes_are_refused_with_a_reason() {
    assert_eq!(decode("", 3, 3).unwrap(), [false; 9]);
    assert_eq!(encode(&[true; 6], 2).unwrap(), "1 6");
    for (text, words) in [
        ("3", "no length"),
        ("3 0", "\"0\" is not a number from 1"),
        ("0 3", "\"0\" is not"),
        ("2 2 3 1", "starts at 3, after one that ends at 3"),
        ("5 1 2 1", "ascend"),
        ("8 3", "beyond the 9 pixels"),
        ("1 18446744073709551615 2 1", "beyond"),
        ("1 x", "\"x\""),
    ] {
        let error = decode(text, 3, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains(words), "{text:?}: {error}");
    }
    assert!(encode(&[true; 5], 2).is_err());
}

#[test]
fn submissions_name_each_tile_once() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("submission.csv");
    let masks = || (0..4).map(|number| (id(number), tile(number, SIZE).1)).collect::<Vec<_>>();
    let given = masks();
    write_submission(&path, SIZE, given.iter().map(|(id, mask)| (id.as_str(), mask.clone()))).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("id,rle_mask\n"), "{text}");
    assert!(text.contains(&format!("{},\n", id(0))), "a tile without salt has an empty code: {text}");
    let codes = read_rle(&path).unwrap();
    for (id, mask) in &given {
        assert_eq!(&decode(&codes[id], SIZE, SIZE).unwrap(), mask);
    }
    let twice = given.iter().chain(&given[..1]).map(|(id, mask)| (id.as_str(), mask.clone()));
    let error = write_submission(&place.path().join("twice.csv"), SIZE, twice).unwrap_err();
    assert!(error.to_string().contains("comes twice"), "{error}");
    assert!(!place.path().join("twice.csv").exists());
    fs::write(&path, text.clone() + text.lines().last().unwrap() + "\n").unwrap();
    assert!(read_rle(&path).unwrap_err().to_string().contains("more than once"));
}

/// The challenge's own tiles: PNG masks and run-length codes tell the same.
#[test]
fn the_challenge_tiles_are_whole() {
    let Some(place) = tile_support::challenge() else { return };
    let found = open(&place);
    let summary = found.summary();
    assert_eq!((summary.tiles, summary.labelled, summary.size), (3600, 3600, 101));
    assert_eq!(summary.depth_range, Some([50.0, 959.0]));
    assert!(found.problems().iter().all(|problem| problem.kind == ProblemKind::EmptyImage));
    found.check().unwrap();
    assert!((summary.mean_coverage - 0.25).abs() < 0.01 && (1300..1500).contains(&summary.empty));
}
