//! Files of tile predictions, blends and stacks of them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod tile_support;

use std::fs;
use std::path::Path;

use diapir::ensemble::{blend, stack};
use diapir::tileset::{
    FolderOptions, PredictionFile, PredictionHead, PredictionWriter, TileFolder, write_probability_png,
};
use diapir::{Control, ErrorKind};

const SIZE: usize = 16;

fn head(ids: &[String], any_salt: bool) -> PredictionHead {
    PredictionHead {
        ids: ids.to_vec(),
        size: SIZE,
        any_salt,
        made_of: vec!["a test".to_owned()],
        unseen: Vec::new(),
    }
}

fn write(path: &Path, ids: &[String], plane: impl Fn(usize, usize) -> f32, any_salt: Option<f32>) {
    let mut writer = PredictionWriter::create(path, head(ids, any_salt.is_some())).unwrap();
    for number in 0..ids.len() {
        let plane: Vec<f32> = (0..SIZE * SIZE).map(|pixel| plane(number, pixel)).collect();
        writer.add(&plane, any_salt).unwrap();
    }
    writer.finish().unwrap();
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn predictions_come_back_within_half_a_level() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("p.safetensors");
    let ids = names(&["b", "a", "c"]);
    let value = |number: usize, pixel: usize| (number as f32 + pixel as f32 / 256.0) / 3.0;
    write(&path, &ids, value, Some(0.25));
    let file = PredictionFile::open(&path).unwrap();
    assert_eq!(*file.head(), head(&ids, true));
    assert_eq!((file.number("a"), file.number("d"), file.any_salt(2)), (Some(1), None, Some(0.25)));
    for number in 0..3 {
        for (pixel, found) in file.probability(number).unwrap().into_iter().enumerate() {
            assert!((found - value(number, pixel)).abs() <= 0.51 / 65535.0);
        }
    }
    assert_eq!(file.probability(3).unwrap_err().kind(), ErrorKind::OutOfRange);
    // The layout is safetensors': another reader finds the same.
    let bytes = fs::read(&path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = tensors.tensor("probability").unwrap();
    assert_eq!((view.dtype(), view.shape()), (safetensors::Dtype::U16, &[3, SIZE, SIZE][..]));
    let last = u16::from_le_bytes(view.data()[view.data().len() - 2..].try_into().unwrap());
    assert_eq!(last, (value(2, SIZE * SIZE - 1) * 65535.0).round() as u16);
    let picture = place.path().join("p.png");
    write_probability_png(&picture, 2, &[0.0, 1.0, 0.5, f32::NAN]).unwrap();
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(fs::read(&picture).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; 8];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, [0, 0, 255, 255, 128, 0, 0, 0]);
}

#[test]
fn unfinished_and_broken_files_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("p.safetensors");
    let ids = names(&["a", "b"]);
    let mut writer = PredictionWriter::create(&path, head(&ids, true)).unwrap();
    assert!(writer.add(&[0.5; 3], Some(0.5)).unwrap_err().to_string().contains("3 pixels, expected 256"));
    assert!(writer.add(&[0.5; SIZE * SIZE], None).unwrap_err().to_string().contains("any salt"));
    writer.add(&[0.5; SIZE * SIZE], Some(0.5)).unwrap();
    assert!(writer.finish().unwrap_err().to_string().contains("1 of 2"));
    assert!(!path.exists());
    write(&path, &ids, |_, _| 0.5, None);
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        let path = place.path().join("broken.safetensors");
        fs::write(&path, bytes).unwrap();
        let error = PredictionFile::open(&path).unwrap_err();
        assert!(error.to_string().contains("broken.safetensors"), "{error}");
        error.kind()
    };
    assert_eq!(refused(&whole[..whole.len() - 1]), ErrorKind::Truncated);
    assert_eq!(refused(&whole[..5]), ErrorKind::Truncated);
    assert_eq!(refused(&[&whole[..], &[0]].concat()), ErrorKind::Malformed);
    assert_eq!(refused(&[255; 64]), ErrorKind::Malformed);
    // No byte of the header may bring the reader down, or be believed where it matters.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for at in 0..header {
        for change in [0x01, 0x20, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let path = place.path().join("changed.safetensors");
            fs::write(&path, &bytes).unwrap();
            if let Ok(file) = PredictionFile::open(&path) {
                assert_eq!((file.head().ids.len(), file.head().size), (2, SIZE));
            }
        }
    }
    write(&path, &names(&["a", "a"]), |_, _| 0.5, None);
    assert!(PredictionFile::open(&path).unwrap_err().to_string().contains("a comes more than once"));
}

#[test]
fn a_blend_is_the_weighted_mean_over_those_that_have_the_tile() {
    let place = tempfile::tempdir().unwrap();
    let [first, second, both] = ["1", "2", "12"].map(|name| place.path().join(name));
    write(&first, &names(&["c", "a"]), |number, _| 0.2 + 0.2 * number as f32, Some(0.5));
    write(&second, &names(&["a", "b"]), |number, _| 0.8 - 0.2 * number as f32, None);
    let files = || [&first, &second].map(|path| PredictionFile::open(path).unwrap());
    blend(&files(), &[1.0, 3.0], &both, &Control::silent()).unwrap();
    let file = PredictionFile::open(&both).unwrap();
    assert_eq!(file.head().ids, ["a", "b", "c"]);
    assert!(!file.head().any_salt, "b has none");
    for (number, expected) in [(0, 0.25 * 0.4 + 0.75 * 0.8), (1, 0.6), (2, 0.2)] {
        assert!((file.probability(number).unwrap()[5] - expected).abs() < 1e-4);
    }
    let refused =
        |weights: &[f64]| blend(&files(), weights, &both, &Control::silent()).unwrap_err().to_string();
    assert!(refused(&[1.0]).contains("1 weights for 2"));
    assert!(refused(&[1.0, -1.0]).contains("-1"));
    assert!(refused(&[1.0, f64::NAN]).contains("NaN"));
    assert!(refused(&[1.0, 0.0]).contains("tile b"));
    assert!(blend(&[], &[], &both, &Control::silent()).unwrap_err().to_string().contains("no predictions"));
}

/// Of two predictions with independent errors of known variance the best weights are known: as 1 / variance.
#[test]
fn stacking_finds_the_weights_of_a_closed_form() {
    let place = tempfile::tempdir().unwrap();
    tile_support::write_folder(&place.path().join("tiles"), 40, SIZE);
    let folder =
        TileFolder::open(&place.path().join("tiles"), &FolderOptions::default(), &Control::silent()).unwrap();
    let ids: Vec<String> = folder.tiles().iter().map(|tile| tile.id.clone()).collect();
    let truth = |number: usize, pixel: usize| f32::from(folder.tiles()[number].mask.as_ref().unwrap()[pixel]);
    // Errors that are each half the time up and down, uncorrelated with each other and with the truth.
    let sign = |number: usize, pixel: usize, turn: usize| {
        // SplitMix64's finalizer.
        let mut mixed = ((number * SIZE * SIZE + pixel) * 2 + turn) as u64;
        for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9u64), (27, 0x94d0_49bb_1331_11eb)] {
            mixed = (mixed ^ (mixed >> shift)).wrapping_mul(factor);
        }
        mixed ^= mixed >> 31;
        if mixed.is_multiple_of(2) { 1.0 } else { -1.0 }
    };
    let paths = ["good", "poor", "worthless"].map(|name| place.path().join(name));
    let errors = [0.1, 0.2];
    for (turn, (path, error)) in paths.iter().zip(errors).enumerate() {
        let value = |n: usize, p: usize| 0.25 + 0.5 * truth(n, p) + error * sign(n, p, turn);
        write(path, &ids, value, None);
    }
    write(&paths[2], &ids, |n, p| 0.75 - 0.5 * truth(n, p), None);
    let files: Vec<PredictionFile> = paths.iter().map(|path| PredictionFile::open(path).unwrap()).collect();
    let found = stack(&files, &folder, 0.5, &Control::silent()).unwrap();
    assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let [good, poor, worthless] = found.weights[..] else { panic!("three weights") };
    assert!((good - 0.8).abs() < 0.03 && (poor - 0.2).abs() < 0.03, "{:?}", found.weights);
    assert!(worthless < 1e-6, "{:?}", found.weights);
    assert_eq!((found.tiles, found.alone.len()), (40, 3));
    assert!(found.stacked.brier < found.alone[0].brier && found.stacked.brier < found.mean.brier);
    // One that is right gets everything.
    write(&paths[2], &ids, truth, None);
    let files: Vec<PredictionFile> = paths.iter().map(|path| PredictionFile::open(path).unwrap()).collect();
    let found = stack(&files, &folder, 0.5, &Control::silent()).unwrap();
    assert!(found.weights[2] > 0.999, "{:?}", found.weights);
    assert!((found.stacked.score - 1.0).abs() < 1e-12);
    write(&paths[0], &ids[..9], |_, _| 0.5, None);
    let files = [PredictionFile::open(&paths[0]).unwrap()];
    let error = stack(&files, &folder, 0.5, &Control::silent()).unwrap_err();
    assert!(error.kind() == ErrorKind::Dataset && error.to_string().contains("9 tiles"), "{error}");
}
