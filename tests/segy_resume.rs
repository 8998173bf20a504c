//! An unfinished file is gone on with, and only for the same work.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use diapir::segy::{OpenOptions, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, Direction, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink, VolumeSource,
};
use diapir::{Control, ErrorKind};

const SHAPE: [usize; 3] = [6, 5, 9];

struct Fixture {
    folder: tempfile::TempDir,
    template: SegyVolume,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = |count| LineAxis { first: 10, step: 1, count };
        let grid = SurveyGrid {
            inlines: lines(SHAPE[0]),
            crosslines: lines(SHAPE[1]),
            samples: SampleAxis::new(0.0, 4.0, SHAPE[2], SampleUnit::Milliseconds).unwrap(),
            georef: None,
        };
        let path = folder.path().join("survey.sgy");
        let mut live = LiveMask::full(&grid);
        live.set(2, 2, false);
        let mut writer = SegyWriter::create(&path, &grid, &live, &[], &WriteOptions::default()).unwrap();
        let zeros = vec![0.0; Block::whole(&grid).len()];
        writer.write_block(&Block::whole(&grid), &zeros).unwrap();
        writer.finish().unwrap();
        let template = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
        Self { folder, template }
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out.sgy")
    }

    fn writer(&self, path: &Path, work: Option<&str>) -> SegyWriter {
        let options = WriteOptions { resume: work.map(str::to_owned), ..WriteOptions::default() };
        SegyWriter::from_template(&self.template, path, &options).unwrap()
    }

    fn section(&self, direction: Direction, index: usize) -> (Block, Vec<f32>) {
        let block = Block::section(self.template.grid(), direction, index);
        let value = |i: usize, x: usize, s: usize| (100 * i + 10 * x + s) as f32;
        let mut data = Vec::new();
        for i in block.inlines.clone() {
            for x in block.crosslines.clone() {
                data.extend((0..SHAPE[2]).map(|s| value(i, x, s)));
            }
        }
        (block, data)
    }

    /// Writes what is missing of the sections up to `end`; gives how many those were.
    fn work(&self, writer: &mut SegyWriter, direction: Direction, end: usize) -> usize {
        let mut written = 0;
        for index in 0..end {
            let (block, data) = self.section(direction, index);
            if !writer.has(&block) {
                writer.write_block(&block, &data).unwrap();
                written += 1;
            }
        }
        written
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn what_is_done_stays_done() {
    for (direction, count) in [(Direction::Inline, SHAPE[0]), (Direction::Crossline, SHAPE[1])] {
        let fixture = Fixture::new();
        let whole = fixture.folder.path().join("whole.sgy");
        let mut writer = fixture.writer(&whole, None);
        assert_eq!(fixture.work(&mut writer, direction, count), count);
        writer.finish().unwrap();

        let mut writer = fixture.writer(&fixture.output(), Some("this model"));
        assert_eq!(fixture.work(&mut writer, direction, 3), 3);
        // Half a section more: it will be written again.
        let (block, data) = fixture.section(direction, 3);
        let half = match direction {
            Direction::Inline => Block { crosslines: 0..2, ..block },
            Direction::Crossline => Block { inlines: 0..2, ..block },
        };
        writer.write_block(&half, &data[..half.len()]).unwrap();
        drop(writer);
        assert_eq!(fixture.names(), [".out.sgy.done", ".out.sgy.part", "survey.sgy", "whole.sgy"]);

        let mut writer = fixture.writer(&fixture.output(), Some("this model"));
        assert_eq!(fixture.work(&mut writer, direction, count), count - 3);
        writer.finish().unwrap();
        assert_eq!(fixture.names(), ["out.sgy", "survey.sgy", "whole.sgy"]);
        assert!(std::fs::read(fixture.output()).unwrap() == std::fs::read(&whole).unwrap());
    }
}

#[test]
fn other_work_begins_anew() {
    let fixture = Fixture::new();
    let begin = |work: &str| {
        let mut writer = fixture.writer(&fixture.output(), Some(work));
        fixture.work(&mut writer, Direction::Inline, 4)
    };
    assert_eq!(begin("a"), 4);
    assert_eq!(begin("a"), 0, "all four are there");
    assert_eq!(begin("b"), 4, "another model");
    assert_eq!(begin("a"), 4, "the first is gone");

    // A journal whose last line was being written, and one that is no journal.
    let journal = fixture.folder.path().join(".out.sgy.done");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, &text[..text.len() - 1]).unwrap();
    assert_eq!(begin("a"), 1);
    std::fs::write(&journal, "nonsense").unwrap();
    assert_eq!(begin("a"), 4);
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{text}18446744073709551615 7 9\n")).unwrap();
    assert_eq!(begin("a"), 0);
    // A file of another length is not what the journal speaks of.
    let part =
        std::fs::File::options().write(true).open(fixture.folder.path().join(".out.sgy.part")).unwrap();
    part.set_len(5000).unwrap();
    drop(part);
    assert_eq!(begin("a"), 4);
}

#[test]
fn two_do_not_write_one_file_and_unfinished_is_said() {
    let fixture = Fixture::new();
    let mut first = fixture.writer(&fixture.output(), Some("a"));
    let options = WriteOptions { resume: Some("a".to_owned()), ..WriteOptions::default() };
    let second = SegyWriter::from_template(&fixture.template, &fixture.output(), &options).unwrap_err();
    assert_eq!(second.kind(), ErrorKind::InvalidArgument, "{second}");
    assert!(second.to_string().contains("another process"), "{second}");
    fixture.work(&mut first, Direction::Inline, 2);
    assert_eq!(first.finish().unwrap_err().kind(), ErrorKind::Internal);
    assert!(!fixture.output().exists());
}
