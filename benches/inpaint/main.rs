//! Biharmonic inpainting, tiles of 101 to a canvas of 148. Called by `benches/inpaint.sh`, which adds scikit-image.
//!
//!     inpaint FOLDER COUNT    writes COUNT tiles (tiles.f32) and the first of them inpainted (first.f32), prints figures as JSON
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::time::Instant;

use diapir::tiling::Inpainting;
use rayon::prelude::*;

const TILE: usize = 101;
const CANVAS: usize = 148;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [folder, count] => run(Path::new(folder), count.parse().unwrap()),
        // Run by `cargo bench` or `cargo test`: there is nothing to do without a folder.
        _ => println!("run benches/inpaint.sh"),
    }
}

fn run(folder: &Path, count: usize) {
    let tiles: Vec<f32> =
        (0..count * TILE * TILE).map(|k| value(k / TILE / TILE, k % (TILE * TILE))).collect();
    let begin = Instant::now();
    let inpainting = Inpainting::shared(TILE, CANVAS).unwrap();
    let factorised = begin.elapsed().as_secs_f64();
    let mut out = vec![0.0; count * CANVAS * CANVAS];
    let mut seconds = |how: &dyn Fn(&[f32], &mut [f32])| {
        let times = (0..3).map(|_| {
            let begin = Instant::now();
            how(&tiles, &mut out);
            begin.elapsed().as_secs_f64()
        });
        times.fold(f64::INFINITY, f64::min)
    };
    let each = |tile: &[f32], out: &mut [f32]| inpainting.fill(tile, out).unwrap();
    let one_by_one = seconds(&|tiles, out| {
        tiles
            .chunks_exact(TILE * TILE)
            .zip(out.chunks_exact_mut(CANVAS * CANVAS))
            .for_each(|(t, o)| each(t, o));
    });
    let together = seconds(&|tiles, out| each(tiles, out));
    let threads = seconds(&|tiles, out| {
        let parts = tiles.par_chunks(64 * TILE * TILE).zip(out.par_chunks_mut(64 * CANVAS * CANVAS));
        parts.for_each(|(tiles, out)| each(tiles, out));
    });
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::write(folder.join("tiles.f32"), bytes(&tiles)).unwrap();
    std::fs::write(folder.join("first.f32"), bytes(&out[..CANVAS * CANVAS])).unwrap();
    let rate = |seconds: f64| count as f64 / seconds;
    println!(
        "{{\"factorised_ms\": {:.1}, \"one_by_one\": {:.0}, \"together\": {:.0}, \"all_threads\": {:.0}, \"threads\": {}}}",
        1e3 * factorised,
        rate(one_by_one),
        rate(together),
        rate(threads),
        rayon::current_num_threads()
    );
}

/// Layers with noise, another for each tile, 0..1.
fn value(tile: usize, pixel: usize) -> f32 {
    let [row, column] = [pixel / TILE, pixel % TILE].map(|at| at as f64);
    let noise = ((tile * 7919 + pixel) as f64 * 12.9898).sin() * 0.1;
    (0.5 + 0.35 * (row / 6.0 + tile as f64 + (column / 31.0).sin()).sin() + noise) as f32
}
