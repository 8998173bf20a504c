//! Tiles put together again.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod tile_support;

use std::collections::BTreeMap;
use std::fs;

use diapir::Control;
use diapir::ErrorKind;
use diapir::mosaic::{Histogram, JigsawOptions, Link, Seam, assemble, find_links};
use diapir::systems::{MosaicOptions, mosaic_tiles};
use diapir::tileset::{FolderOptions, TileFolder, read_mosaics};
use proptest::prelude::*;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/images.json")).unwrap()
}

/// Brightness 0..=255 of a wave on `size` x `size` pixels; the tile and the reference of images.json.
fn smooth_tile() -> Vec<u8> {
    let value = |k: usize| {
        let [y, x] = [k / 101, k % 101].map(|at| at as f64);
        0.5 + 0.25 * (x / 9.0).sin() + 0.25 * (y / 7.0).cos() * ((x + y) / 23.0).sin()
    };
    (0..101 * 101).map(|k| (255.0 * value(k)).round_ties_even() as u8).collect()
}

fn noisy_tile() -> Vec<u8> {
    let value = |k: usize| (0.5 + 0.5 * (12.9898 * k as f64 + 78.233 * 77.0).sin()) as f32;
    (0..101 * 101).map(|k| (255.0 * value(k)).round_ties_even() as u8).collect()
}

#[test]
fn matching_histograms_is_that_of_scikit_image_exactly() {
    let reference = golden();
    let (_, reference) =
        reference.as_object().unwrap().iter().find(|(name, _)| name.starts_with("match_histograms")).unwrap();
    let found = Histogram::of([&*noisy_tile()]).imposed_on(&smooth_tile());
    for (row, name) in [(0, "row0"), (50, "row50")] {
        let expected: Vec<f32> =
            reference[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect();
        assert_eq!(found[row * 101..][..101], expected, "{name}");
    }
    let mean = found.iter().map(|&value| f64::from(value)).sum::<f64>() / found.len() as f64;
    assert!((mean - reference["mean"].as_f64().unwrap()).abs() < 1e-5, "{mean}");
}

#[test]
fn a_histogram_changes_nothing_when_it_is_the_images_own_or_empty() {
    let image = smooth_tile();
    let same: Vec<f32> = image.iter().map(|&value| f32::from(value)).collect();
    assert_eq!(Histogram::of([&*image]).imposed_on(&image), same);
    assert_eq!(Histogram::of([]).imposed_on(&image), same);
    assert_eq!(Histogram::of([&*image]).imposed_on(&[]), [0.0f32; 0]);
}

/// A section of `rows` x `columns` tiles of `size` pixels that is smooth across their borders.
fn section(rows: usize, columns: usize, size: usize, seed: f64) -> Vec<Vec<u8>> {
    let value = |y: usize, x: usize| {
        let [y, x] = [y, x].map(|at| at as f64);
        let waves = [(0.31, 0.12), (0.07, -0.23), (-0.17, 0.41), (0.53, 0.05), (0.02, 0.09)];
        let sum: f64 = waves
            .iter()
            .enumerate()
            .map(|(k, (down, across))| (down * y + across * x + seed * (k as f64 + 1.0)).sin())
            .sum();
        (128.0 + 24.0 * sum) as u8
    };
    let tile = |row: usize, column: usize| {
        (0..size * size).map(|k| value(row * size + k / size, column * size + k % size)).collect()
    };
    (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).map(|(r, c)| tile(r, c)).collect()
}

#[test]
fn a_section_that_was_cut_is_put_together_again() {
    let [rows, columns, size] = [5, 7, 40];
    let cut = section(rows, columns, size, 0.3);
    // In an order that says nothing, and each tile with brightness and contrast of its own, as the challenge's are.
    let order: Vec<usize> = (0..rows * columns).map(|k| (k * 11 + 3) % (rows * columns)).collect();
    let images: Vec<Vec<u8>> =
        order.iter().map(|&from| cut[from].clone()).chain([vec![7; size * size]]).collect();
    let views: Vec<&[u8]> = images.iter().map(|image| &**image).collect();
    let options = JigsawOptions::default();
    let links = find_links(&views, size, &options, &Control::silent()).unwrap();
    for link in &links {
        let [first, second] = [order[link.first], order[link.second]];
        let step = if link.seam == Seam::Below { columns } else { 1 };
        assert_eq!(second, first + step, "{link:?}");
    }
    let found = assemble(views.len(), &links);
    assert_eq!(found.refused, []);
    assert_eq!(found.mosaics.len(), 1, "{} links", links.len());
    let mosaic = &found.mosaics[0];
    assert_eq!(mosaic.extent(), [rows, columns]);
    assert_eq!(mosaic.cells.len(), rows * columns);
    for cell in &mosaic.cells {
        assert_eq!(order[cell.tile], cell.row * columns + cell.column);
    }
    // Fewer tiles than can be compared: no neighbours, no failure.
    for count in 0..3 {
        assert_eq!(find_links(&views[..count], size, &options, &Control::silent()).unwrap(), []);
    }
}

#[test]
fn images_and_options_that_make_no_sense_are_refused() {
    let image = vec![0u8; 9];
    let refused = |images: &[&[u8]], size, options: &JigsawOptions| {
        find_links(images, size, options, &Control::silent()).unwrap_err().kind()
    };
    let usual = JigsawOptions::default();
    assert_eq!(refused(&[&image], 4, &usual), ErrorKind::InvalidArgument);
    assert_eq!(refused(&[&image[..1]], 1, &usual), ErrorKind::InvalidArgument);
    for options in [
        JigsawOptions { max_distance: 0.0, ..usual },
        JigsawOptions { max_distance: f32::NAN, ..usual },
        JigsawOptions { min_certainty: 1.0, ..usual },
    ] {
        assert_eq!(refused(&[&image], 3, &options), ErrorKind::InvalidArgument);
    }
}

fn link(first: usize, second: usize, seam: Seam) -> Link {
    Link { first, second, seam, distance: 1.0, certainty: 0.5 }
}

#[test]
fn what_contradicts_a_more_certain_link_is_refused() {
    use Seam::{Below, Right};
    // 0 1   and 3 would have to lie on 1, then 4 on two places.
    // 2
    let links = [
        link(0, 1, Right),
        link(0, 2, Below),
        link(3, 4, Right),
        link(0, 3, Right),
        link(4, 3, Below),
        link(4, 5, Below),
    ];
    let found = assemble(7, &links);
    assert_eq!(found.refused, [links[3], links[4]]);
    let places: Vec<Vec<(usize, usize, usize)>> = found
        .mosaics
        .iter()
        .map(|mosaic| mosaic.cells.iter().map(|cell| (cell.tile, cell.row, cell.column)).collect())
        .collect();
    assert_eq!(places, [vec![(0, 0, 0), (1, 0, 1), (2, 1, 0)], vec![(3, 0, 0), (4, 0, 1), (5, 1, 1)]]);
}

proptest! {
    #[test]
    fn no_two_tiles_share_a_place_and_no_tile_has_two(
        pairs in proptest::collection::vec((0usize..12, 0usize..12, any::<bool>()), 0..60)
    ) {
        let links: Vec<Link> = pairs
            .into_iter()
            .filter(|(first, second, _)| first != second)
            .map(|(first, second, below)| link(first, second, if below { Seam::Below } else { Seam::Right }))
            .collect();
        let found = assemble(12, &links);
        let mut seen = std::collections::BTreeSet::new();
        for mosaic in &found.mosaics {
            let places: BTreeMap<usize, (i64, i64)> =
                mosaic.cells.iter().map(|cell| (cell.tile, (cell.row as i64, cell.column as i64))).collect();
            let taken: std::collections::BTreeSet<_> = places.values().collect();
            prop_assert_eq!(taken.len(), mosaic.cells.len());
            prop_assert!(mosaic.cells.len() > 1);
            prop_assert!(mosaic.cells.iter().all(|cell| seen.insert(cell.tile)));
            prop_assert_eq!(mosaic.cells.iter().map(|cell| cell.row).min(), Some(0));
            prop_assert_eq!(mosaic.cells.iter().map(|cell| cell.column).min(), Some(0));
            // Each link that was not refused and lies in this mosaic is kept.
            for link in links.iter().filter(|link| !found.refused.contains(link)) {
                if let (Some(first), Some(second)) = (places.get(&link.first), places.get(&link.second)) {
                    let step = if link.seam == Seam::Below { (1, 0) } else { (0, 1) };
                    prop_assert_eq!((second.0 - first.0, second.1 - first.1), step);
                }
            }
        }
    }
}

#[test]
fn a_folder_becomes_a_table_and_pictures() {
    let place = tempfile::tempdir().unwrap();
    let images = place.path().join("tiles/images");
    fs::create_dir_all(&images).unwrap();
    for (number, image) in section(2, 3, 40, 1.1).iter().enumerate() {
        tile_support::write_grey(&images.join(format!("{number}.png")), 40, image);
    }
    let folder =
        TileFolder::open(&place.path().join("tiles"), &FolderOptions::default(), &Control::silent()).unwrap();
    let table = place.path().join("mosaics.csv");
    let options = MosaicOptions {
        pictures: Some(place.path().join("pictures")),
        pictured_from: 2,
        ..MosaicOptions::default()
    };
    let report = mosaic_tiles(&[&folder], &table, &options, &Control::silent()).unwrap();
    assert_eq!((report.mosaics, report.placed, report.largest, report.tiles), (1, 6, 6, 6));
    let places = read_mosaics(&table).unwrap();
    for number in 0..6 {
        let found = &places[&number.to_string()];
        assert_eq!((&*found.group, found.row, found.column), ("1", number / 3, number % 3));
    }
    let picture = fs::read(place.path().join("pictures/mosaic-0001-of-6-tiles.png")).unwrap();
    let decoder = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    assert_eq!((decoder.info().width, decoder.info().height), (3 * 80, 2 * 80));
    // The table serves as groups, so that a mosaic stays in one fold.
    let options = FolderOptions { groups: Some(table.clone()), ..FolderOptions::default() };
    let grouped = TileFolder::open(&place.path().join("tiles"), &options, &Control::silent()).unwrap();
    assert!(grouped.tiles().iter().all(|tile| tile.group.as_deref() == Some("1")));
    for (broken, part) in [
        ("id,group,row\na,1,0\n", "column"),
        (
            "id,group,row,column\na,1,0,-1\n",
            "line 2: the column of a is \"-1\", expected a whole number from 0",
        ),
        (
            "id,group,row,column\na,1,0,0\nb,1,0,0\n",
            "line 3: a and b both lie in row 0, column 0 of mosaic 1",
        ),
        ("id,group,row,column\na,1,0,0\na,1,0,1\n", "line 3: the id a comes more than once"),
    ] {
        fs::write(&table, broken).unwrap();
        let error = read_mosaics(&table).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains(part) && error.to_string().contains("mosaics.csv"), "{error}");
    }
}

/// The mosaics that the challenge's first place worked with, as far as they hold labelled tiles: pairs that touch.
fn reference_pairs(
    known: &BTreeMap<String, (String, usize, usize)>,
) -> std::collections::BTreeSet<(String, String, bool)> {
    let at: BTreeMap<_, _> = known.iter().map(|(id, place)| (place.clone(), id.clone())).collect();
    let mut pairs = std::collections::BTreeSet::new();
    for (id, (group, row, column)) in known {
        for (place, below) in
            [((group.clone(), *row, column + 1), false), ((group.clone(), row + 1, *column), true)]
        {
            if let Some(other) = at.get(&place) {
                pairs.insert((id.clone(), other.clone(), below));
            }
        }
    }
    pairs
}

/// Reads the reference's files: ids at their places; columns in the order of their numbers as text (0, 1, 10, 2 ..).
fn reference() -> Option<BTreeMap<String, (String, usize, usize)>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let archive = root.join("../shared/data/tgs/mosaics-reference.tar.xz");
    if !archive.exists() {
        println!("SKIPPED the reference mosaics: ../shared/data/tgs/mosaics-reference.tar.xz is not there");
        return None;
    }
    let place = tempfile::tempdir().unwrap();
    let mut tar = std::process::Command::new("tar");
    if !tar.arg("xJf").arg(&archive).current_dir(place.path()).status().is_ok_and(|status| status.success()) {
        println!("SKIPPED the reference mosaics: tar cannot unpack .xz here");
        return None;
    }
    let mut known = BTreeMap::new();
    for entry in fs::read_dir(place.path().join("data/mos_numpy_v2")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let mut columns: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap()).collect();
        columns.sort_by_key(|column| column.to_string());
        let group = path.file_stem().unwrap().to_str().unwrap();
        for (row, ids) in rows.iter().enumerate() {
            for (id, column) in ids.iter().zip(&columns).filter(|(id, _)| !id.is_empty()) {
                known.insert(id.trim_matches('"').to_owned(), (group.to_owned(), row, *column));
            }
        }
    }
    Some(known)
}

/// Among the labelled tiles alone fewer candidates compete, so that more neighbours are found than among all; `benches/mosaics.sh`
/// compares all 22,000.
#[test]
fn mosaics_of_the_labelled_tiles_are_those_of_the_reference() {
    let (Some(place), Some(known)) = (tile_support::challenge(), reference()) else {
        return;
    };
    let folder = TileFolder::open(&place, &FolderOptions::default(), &Control::silent()).unwrap();
    let images: Vec<&[u8]> = folder.tiles().iter().map(|tile| &*tile.image).collect();
    let links = find_links(&images, folder.size(), &JigsawOptions::default(), &Control::silent()).unwrap();
    let labelled: BTreeMap<String, (String, usize, usize)> = folder
        .tiles()
        .iter()
        .filter_map(|tile| Some((tile.id.clone(), known.get(&tile.id)?.clone())))
        .collect();
    let theirs = reference_pairs(&labelled);
    let id = |tile: usize| folder.tiles()[tile].id.clone();
    let ours: Vec<_> = links
        .iter()
        .map(|link| (id(link.first), id(link.second), link.seam == Seam::Below))
        .filter(|(first, second, _)| labelled.contains_key(first) && labelled.contains_key(second))
        .collect();
    let both = ours.iter().filter(|pair| theirs.contains(*pair)).count();
    println!("{} reference pairs, {} found, {both} in both", theirs.len(), ours.len());
    assert!(both as f64 > 0.9 * theirs.len() as f64);
    assert!(both as f64 > 0.98 * ours.len() as f64);
}
