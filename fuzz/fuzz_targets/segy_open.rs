//! Any bytes as a SEG-Y file: opening, describing, reading and copying give results or errors, and nothing else.
#![no_main]

use std::io::Write;

use diapir::Control;
use diapir::segy::{Duplicates, OpenOptions, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{Block, VolumeSink, VolumeSource};
use libfuzzer_sys::fuzz_target;

/// Blocks larger than this are not read: the time would go into zeros.
const MOST_SAMPLES: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((choices, bytes)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder for the file");
    let path = folder.path().join("fuzzed.sgy");
    let mut file = std::fs::File::create(&path).expect("a file");
    // Most of a small file is headers; leaving the textual one out of the input lets the mutations matter more.
    file.write_all(&[0x40; 3200]).expect("room");
    file.write_all(bytes).expect("room");
    drop(file);
    let options = OpenOptions {
        guess: choices & 1 == 0,
        duplicates: if choices & 2 == 0 { Duplicates::Refuse } else { Duplicates::Last },
        offset: (choices & 4 != 0).then_some(0),
        ..OpenOptions::default()
    };
    let Ok(volume) = SegyVolume::open(&path, &options, &Control::silent()) else { return };
    let _ = volume.violations();
    let block = Block::whole(volume.grid());
    if block.len() > MOST_SAMPLES {
        return;
    }
    let mut samples = vec![0.0; block.len()];
    volume.read_block(&block, &mut samples).expect("what was opened can be read");
    let copy = folder.path().join("copy.sgy");
    let Ok(mut writer) = SegyWriter::from_template(&volume, &copy, &WriteOptions::default()) else { return };
    writer.write_block(&block, &samples).expect("what was read can be written");
    writer.finish().expect("all of it was written");
    SegyVolume::open(&copy, &options, &Control::silent()).expect("what was written can be opened");
});
