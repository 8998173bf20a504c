//! Peak memory of reading does not depend on the size of the file.
#![allow(missing_docs, clippy::unwrap_used)]

use std::alloc::System;

use diapir::Control;
use diapir::segy::{OpenOptions, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, Direction, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink, VolumeSource,
};

#[global_allocator]
static MEMORY: cap::Cap<System> = cap::Cap::new(System, usize::MAX);

/// What threads that work at the same time may differ by from one run to the next: a block buffer each.
const SCATTER: usize = 1 << 20;

/// The most bytes that were in use during `work`, beyond those in use before it.
fn peak_of(work: impl FnOnce()) -> usize {
    // The allocator's record cannot be reset: what is in use is raised to it first.
    let ballast = vec![1u8; MEMORY.max_allocated() - MEMORY.allocated()];
    let before = MEMORY.max_allocated();
    work();
    let peak = MEMORY.max_allocated() - before;
    drop(ballast);
    peak
}

/// A survey of `inlines` x 40 traces of 400 samples.
fn survey(folder: &std::path::Path, inlines: usize) -> SegyVolume {
    let path = folder.join(format!("{inlines}.sgy"));
    let lines = |count| LineAxis { first: 1, step: 1, count };
    let grid = SurveyGrid {
        inlines: lines(inlines),
        crosslines: lines(40),
        samples: SampleAxis::new(0.0, 4.0, 400, SampleUnit::Milliseconds).unwrap(),
        georef: None,
    };
    let options = WriteOptions::default();
    let mut writer = SegyWriter::create(&path, &grid, &LiveMask::full(&grid), &[], &options).unwrap();
    for inline in 0..inlines {
        let block = Block::section(&grid, Direction::Inline, inline);
        writer.write_block(&block, &vec![inline as f32; block.len()]).unwrap();
    }
    writer.finish().unwrap();
    let options = OpenOptions { index: false, ..OpenOptions::default() };
    SegyVolume::open(&path, &options, &Control::silent()).unwrap()
}

#[test]
fn peak_memory_of_a_section_does_not_grow_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    // 2.7 MB and 109 MB.
    let [short, long] = [40, 1600].map(|inlines| survey(folder.path(), inlines));
    let read = |volume: &SegyVolume, block: &Block, value: f32| {
        let mut out = vec![-1.0; block.len()];
        volume.read_block(block, &mut out).unwrap();
        assert_eq!(out[0].to_bits(), value.to_bits());
    };
    let inline = Block::section(short.grid(), Direction::Inline, 20);
    let part = Block { samples: 100..101, ..Block::whole(short.grid()) };
    let crossline = Block { crosslines: 7..8, ..Block::whole(short.grid()) };
    for (name, block, first) in
        [("inline", inline, 20.0), ("time slice", part, 0.0), ("crossline", crossline, 0.0)]
    {
        // Once before it is measured: threads start, buffers are made.
        let [small, large] = [&short, &long].map(|volume| {
            read(volume, &block, first);
            peak_of(|| read(volume, &block, first))
        });
        assert!(small >= 4 * block.len(), "{name}: the buffer itself is counted, {small} bytes");
        assert!(large <= small + SCATTER, "{name}: {small} bytes of a short file, {large} of a long one");
    }
}
