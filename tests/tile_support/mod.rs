//! Writes folders of tiles in the layout of the TGS challenge.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "not every test program uses all of it"
)]

use std::fs;
use std::path::Path;

/// A grey picture of 8 bits, row-major.
pub(crate) fn write_grey(path: &Path, width: usize, values: &[u8]) {
    write(path, width, values, png::ColorType::Grayscale, png::BitDepth::Eight, 1);
}

/// The same as RGB with equal channels, as the challenge's images are.
pub(crate) fn write_rgb(path: &Path, width: usize, values: &[u8]) {
    let bytes: Vec<u8> = values.iter().flat_map(|&value| [value; 3]).collect();
    write(path, width, &bytes, png::ColorType::Rgb, png::BitDepth::Eight, 3);
}

/// A grey picture of 16 bits.
pub(crate) fn write_deep(path: &Path, width: usize, values: &[u16]) {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    write(path, width, &bytes, png::ColorType::Grayscale, png::BitDepth::Sixteen, 2);
}

fn write(
    path: &Path,
    width: usize,
    bytes: &[u8],
    colour: png::ColorType,
    depth: png::BitDepth,
    per_pixel: usize,
) {
    let height = bytes.len() / per_pixel / width;
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

/// Tile number `number`: inside a disc brightness varies slowly, outside it alternates; every fourth tile has no disc.
pub(crate) fn tile(number: usize, size: usize) -> (Vec<u8>, Vec<bool>) {
    let middle = |turn: f64| size as f64 * (0.5 + 0.3 * (turn * number as f64).sin());
    let (cy, cx) = (middle(1.7), middle(2.9));
    let radius =
        if number.is_multiple_of(4) { -1.0 } else { size as f64 * (0.2 + 0.05 * (number % 5) as f64) };
    let (mut image, mut mask) = (Vec::new(), Vec::new());
    for row in 0..size {
        for column in 0..size {
            let salt = (row as f64 - cy).hypot(column as f64 - cx) < radius;
            let phase = 0.7 * number as f64 + 0.05 * column as f64;
            let turn = if salt { 0.4 } else { 2.3 };
            let value = 128.0 + 110.0 * (turn * row as f64 + phase).sin();
            image.push(value as u8);
            mask.push(salt);
        }
    }
    (image, mask)
}

/// The id of a tile.
pub(crate) fn id(number: usize) -> String {
    format!("{:010x}", 0x5eed_0000 + 7919 * number)
}

/// `count` labelled tiles below `folder`: images as RGB and grey in turn, masks of 16 bits where there is salt and of 8 bits where there is
/// none (as the challenge has them), `depths.csv` and `train.csv`.
pub(crate) fn write_folder(folder: &Path, count: usize, size: usize) {
    fs::create_dir_all(folder.join("images")).unwrap();
    fs::create_dir_all(folder.join("masks")).unwrap();
    let (mut depths, mut codes) = ("id,z\n".to_owned(), "id,rle_mask\n".to_owned());
    for number in 0..count {
        let (image, mask) = tile(number, size);
        let name = format!("{}.png", id(number));
        let write_image = if number % 2 == 0 { write_rgb } else { write_grey };
        write_image(&folder.join("images").join(&name), size, &image);
        let place = folder.join("masks").join(&name);
        if mask.contains(&true) {
            write_deep(
                &place,
                size,
                &mask.iter().map(|&salt| if salt { u16::MAX } else { 0 }).collect::<Vec<_>>(),
            );
        } else {
            write_grey(&place, size, &vec![0; size * size]);
        }
        depths += &format!("{},{}\n", id(number), 50 + (number * 37) % 900);
        codes += &format!("{},{}\n", id(number), code(&mask, size));
    }
    fs::write(folder.join("depths.csv"), depths).unwrap();
    fs::write(folder.join("train.csv"), codes).unwrap();
}

/// The run-length code by its definition: pixel numbers from 1, down the columns.
pub(crate) fn code(mask: &[bool], size: usize) -> String {
    let pixels: Vec<bool> = (0..size * size).map(|k| mask[(k % size) * size + k / size]).collect();
    let mut runs = Vec::new();
    for k in 0..pixels.len() {
        if pixels[k] && (k == 0 || !pixels[k - 1]) {
            let length = pixels[k..].iter().take_while(|&&salt| salt).count();
            runs.push(format!("{} {length}", k + 1));
        }
    }
    runs.join(" ")
}

/// The labelled tiles of the challenge, unpacked into `target/` once; without them a line says that the test is skipped.
pub(crate) fn challenge() -> Option<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if root.join("tests/tile_support").exists() { root } else { root.parent().unwrap() };
    let data = root.join("../shared/data/tgs");
    if !data.join("train.tar").exists() {
        println!("SKIPPED the TGS tiles: ../shared/data/tgs/train.tar is not there");
        return None;
    }
    static UNPACKING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = UNPACKING.lock().unwrap();
    let place = root.join("target/tgs");
    if !place.join("whole").exists() {
        fs::create_dir_all(&place).unwrap();
        let mut tar = std::process::Command::new("tar");
        assert!(tar.arg("xf").arg(data.join("train.tar")).current_dir(&place).status().unwrap().success());
        for table in ["depths.csv", "train.csv"] {
            fs::copy(data.join(table), place.join(table)).unwrap();
        }
        fs::write(place.join("whole"), "").unwrap();
    }
    Some(place)
}
