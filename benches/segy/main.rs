//! SEG-Y speed: this library's reader against copying the same bytes in memory and against reading them. Called by
//! `benches/segy.sh`, which adds the other programs.
//!
//!     segy make FILE MIB ibm|ieee     a regular survey of about that size
//!     segy read FILE ROUNDS           milliseconds of each kind of access, as JSON
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use diapir::Control;
use diapir::segy::{OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, Direction, GeoReference, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink,
    VolumeSource,
};
use rayon::prelude::*;

const SAMPLES: usize = 850;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", file, mib, format] => make(Path::new(file), mib.parse().unwrap(), format == "ibm"),
        ["read", file, rounds] => read(Path::new(file), rounds.parse().unwrap()),
        // Run by `cargo bench` or `cargo test`: there is nothing to do without a file.
        _ => println!("run benches/segy.sh"),
    }
}

fn make(path: &Path, mib: usize, ibm: bool) {
    let traces = (mib << 20) / (240 + 4 * SAMPLES);
    let inlines = (traces as f64).sqrt() as usize;
    let lines = |first, count| LineAxis { first, step: 1, count };
    let grid = SurveyGrid {
        inlines: lines(100, inlines),
        crosslines: lines(300, traces / inlines),
        samples: SampleAxis::new(0.0, 4.0, SAMPLES, SampleUnit::Milliseconds).unwrap(),
        georef: Some(GeoReference {
            origin: [4.5e5, 6.5e6],
            inline_step: [20.0, 15.0],
            crossline_step: [-15.0, 20.0],
            crs: None,
            residual: 0.0,
        }),
    };
    let format = if ibm { SampleFormat::Ibm32 } else { SampleFormat::Ieee32 };
    let options = WriteOptions { format, ..WriteOptions::default() };
    let mut writer = SegyWriter::create(path, &grid, &LiveMask::full(&grid), &[], &options).unwrap();
    for inline in 0..inlines {
        let block = Block::section(&grid, Direction::Inline, inline);
        let data: Vec<f32> =
            (0..block.len()).map(|k| ((k * 31 + inline * 7) as f32 * 0.01).sin() * 1000.0).collect();
        writer.write_block(&block, &data).unwrap();
    }
    writer.finish().unwrap();
}

/// The best of some rounds, in milliseconds: what the machine can do when nobody disturbs it.
fn best(rounds: usize, mut work: impl FnMut()) -> f64 {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    std::iter::repeat_with(time).take(rounds).fold(f64::INFINITY, f64::min)
}

fn copy(from: &[u8], to: &mut [u8]) {
    let part = from.len().div_ceil(rayon::current_num_threads());
    from.par_chunks(part).zip(to.par_chunks_mut(part)).for_each(|(from, to)| to.copy_from_slice(from));
}

fn read(path: &Path, rounds: usize) {
    let open = || SegyVolume::open(path, &OpenOptions::default(), &Control::silent()).unwrap();
    let volume = open();
    let grid = volume.grid().clone();
    let [inlines, crosslines, samples] = grid.shape();
    let whole = Block::whole(&grid);
    let mut out = vec![1.0f32; whole.len()];
    let all = best(rounds, || volume.read_block(&whole, &mut out).unwrap());
    let checksum: f64 = out.iter().map(|&value| f64::from(value)).sum();

    let bytes = std::fs::read(path).unwrap();
    let mut second = vec![1u8; bytes.len()];
    let copied = best(rounds, || copy(&bytes, &mut second));
    drop(bytes);
    drop(second);

    let only = best(rounds, || read_only(path));

    let section = |direction, index| Block::section(&grid, direction, index);
    let mut time = |block: &Block| {
        let part = &mut out[..block.len()];
        best(rounds, || volume.read_block(block, part).unwrap())
    };
    let inline = time(&section(Direction::Inline, inlines / 2));
    let crossline = time(&section(Direction::Crossline, crosslines / 2));
    let slice = time(&Block { samples: samples / 2..samples / 2 + 1, ..whole.clone() });
    let scan = best(rounds, || drop(open()));
    let headers = best(rounds, || read_headers(path, inlines * crosslines, 240 + 4 * samples));
    println!(
        "{{\"threads\": {}, \"all\": {all}, \"memcpy\": {copied}, \"pread\": {only}, \"inline\": {inline}, \"crossline\": {crossline}, \
         \"slice\": {slice}, \"scan\": {scan}, \"headers\": {headers}, \"checksum\": {checksum}}}",
        rayon::current_num_threads()
    );
}

/// All bytes of the file in blocks that fit into a core's cache, on all threads, and nothing done with them: what a reader
/// without a memory map cannot go below.
fn read_only(path: &Path) {
    const BLOCK: usize = 256 << 10;
    let file = std::fs::File::open(path).unwrap();
    let length = file.metadata().unwrap().len() as usize;
    (0..length.div_ceil(BLOCK)).into_par_iter().with_min_len(64).for_each_init(
        || vec![0; BLOCK],
        |buffer, block| {
            let count = BLOCK.min(length - block * BLOCK);
            file.read_exact_at(&mut buffer[..count], (block * BLOCK) as u64).unwrap();
            std::hint::black_box(&buffer);
        },
    );
}

/// Each trace's 240 bytes, on all threads, and nothing else.
fn read_headers(path: &Path, traces: usize, trace_bytes: usize) {
    let file = std::fs::File::open(path).unwrap();
    (0..traces).into_par_iter().with_min_len(4096).for_each(|trace| {
        let mut header = [0u8; 240];
        file.read_exact_at(&mut header, (3600 + trace * trace_bytes) as u64).unwrap();
        std::hint::black_box(header);
    });
}
