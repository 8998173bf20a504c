//! Files made byte by byte, over formats, byte orders, sortings and gaps: what is read is what was put in, and what is
//! written from a template keeps every header byte.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;

use diapir::Control;
use diapir::segy::{ByteOrder, OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{Block, VolumeSink, VolumeSource};
use proptest::prelude::*;

/// The order of the traces in the file.
#[derive(Debug, Clone)]
enum Sorted {
    Inline,
    Crossline,
    /// By the key of the position.
    Anyhow(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Case {
    format: u16,
    order: ByteOrder,
    sorted: Sorted,
    shape: [usize; 3],
    gaps: Vec<bool>,
    /// Where the trace, if there is one, is marked dead.
    dead: Vec<bool>,
}

fn cases() -> impl Strategy<Value = Case> {
    let format = prop::sample::select(vec![1u16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16]);
    (
        format,
        prop::sample::select(vec![ByteOrder::Big, ByteOrder::Little, ByteOrder::PairSwapped]),
        prop_oneof![
            Just(Sorted::Inline),
            Just(Sorted::Crossline),
            prop::collection::vec(any::<u8>(), 25).prop_map(Sorted::Anyhow)
        ],
        2usize..5,
        2usize..5,
        3usize..20,
        prop::collection::vec(prop::bool::weighted(0.2), 25),
        prop::collection::vec(prop::bool::weighted(0.1), 25),
    )
        .prop_map(|(format, order, sorted, i, x, s, gaps, dead)| Case {
            format,
            order,
            sorted,
            // A file whose byte pairs are swapped has an even number of bytes.
            shape: [i, x, if order == ByteOrder::PairSwapped { s / 2 * 2 + 2 } else { s }],
            gaps,
            dead,
        })
}

impl Case {
    fn word<const N: usize>(&self, mut big: [u8; N]) -> Vec<u8> {
        if self.order == ByteOrder::Little {
            big.reverse();
        }
        big.to_vec()
    }

    fn value(&self, i: usize, x: usize, s: usize) -> i32 {
        ((i * 31 + x * 7 + s * 3) % 50) as i32 * 2 + 2
    }

    fn sample(&self, value: i32) -> Vec<u8> {
        match self.format {
            // 16^2 * fraction holds any value below 256 exactly.
            1 => self.word((0x4200_0000u32 | (value as u32) << 16).to_be_bytes()),
            2 => self.word(value.to_be_bytes()),
            3 => self.word((value as i16).to_be_bytes()),
            5 => self.word((value as f32).to_be_bytes()),
            // Gain code 1: half the value, times two.
            4 => self.word(((value as u32 / 2) | (1 << 16)).to_be_bytes()),
            6 => self.word(f64::from(value).to_be_bytes()),
            7 | 15 => {
                let [_, a, b, c] = value.to_be_bytes();
                self.word([a, b, c])
            }
            9 | 12 => self.word(i64::from(value).to_be_bytes()),
            10 => self.word(value.to_be_bytes()),
            11 => self.word((value as u16).to_be_bytes()),
            _ => vec![value as u8],
        }
    }

    /// Corners, so that the axes are those of the shape, and the second line of each axis, without which the step would be another. These live:
    /// they place the survey on the map.
    fn needed(&self, i: usize, x: usize) -> bool {
        let corner = (i == 0 || i + 1 == self.shape[0]) && (x == 0 || x + 1 == self.shape[1]);
        corner || (i, x) == (1, 0) || (i, x) == (0, 1)
    }

    fn present(&self, i: usize, x: usize) -> bool {
        self.needed(i, x) || !self.gaps[i * 5 + x]
    }

    fn live(&self, i: usize, x: usize) -> bool {
        self.needed(i, x) || (self.present(i, x) && !self.dead[i * 5 + x])
    }

    /// The positions that have a trace, in the order of the file.
    fn traces(&self) -> Vec<(usize, usize)> {
        let [inlines, crosslines, _] = self.shape;
        let positions = (0..inlines).flat_map(|i| (0..crosslines).map(move |x| (i, x)));
        let mut traces: Vec<(usize, usize)> = positions.filter(|&(i, x)| self.present(i, x)).collect();
        match &self.sorted {
            Sorted::Inline => {}
            Sorted::Crossline => traces.sort_by_key(|&(i, x)| (x, i)),
            Sorted::Anyhow(keys) => traces.sort_by_key(|&(i, x)| keys[i * 5 + x]),
        }
        traces
    }

    fn write(&self, path: &Path) {
        let samples = self.shape[2];
        let mut bytes = vec![0x40; 3200];
        let mut binary = vec![0; 400];
        let mut put =
            |position: usize, word: Vec<u8>| binary[position - 3201..][..word.len()].copy_from_slice(&word);
        put(3217, self.word(4000i16.to_be_bytes()));
        put(3221, self.word((samples as u16).to_be_bytes()));
        put(3225, self.word(self.format.to_be_bytes()));
        bytes.extend(&binary);
        for (i, x) in self.traces() {
            // Bytes that nobody understands must survive as well.
            let mut header: Vec<u8> = (0..240).map(|byte| (byte * 7 + i + x) as u8).collect();
            let mut put =
                |position: usize, word: Vec<u8>| header[position - 1..][..word.len()].copy_from_slice(&word);
            put(29, self.word(if self.live(i, x) { 1i16 } else { 2 }.to_be_bytes()));
            put(37, self.word(0i32.to_be_bytes()));
            put(71, self.word((-10i16).to_be_bytes()));
            put(109, self.word(0i16.to_be_bytes()));
            put(115, self.word((samples as u16).to_be_bytes()));
            put(117, self.word(4000i16.to_be_bytes()));
            put(181, self.word((5_000_000 + 250 * i as i32).to_be_bytes()));
            put(185, self.word((60_000_000 + 125 * x as i32).to_be_bytes()));
            put(189, self.word((100 + i as i32).to_be_bytes()));
            put(193, self.word((300 + 2 * x as i32).to_be_bytes()));
            bytes.extend(header);
            bytes.extend((0..samples).flat_map(|s| self.sample(self.value(i, x, s))));
        }
        if self.order == ByteOrder::PairSwapped {
            bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
        }
        std::fs::write(path, bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn files_are_read_and_written_back(case in cases()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.sgy");
        case.write(&path);
        let options = OpenOptions { byte_order: Some(case.order), ..OpenOptions::default() };
        let volume = SegyVolume::open(&path, &options, &Control::silent()).unwrap();
        prop_assert_eq!(volume.grid().shape(), case.shape);
        prop_assert_eq!(volume.grid().crosslines.step, 2);
        let block = Block::whole(volume.grid());
        let mut samples = vec![0.0; block.len()];
        volume.read_block(&block, &mut samples).unwrap();
        for i in 0..case.shape[0] {
            for x in 0..case.shape[1] {
                prop_assert_eq!(volume.live().is_live(i, x), case.live(i, x));
                let trace = case.traces().iter().position(|&at| at == (i, x)).map(|trace| trace as u64);
                prop_assert_eq!(volume.trace_number(i, x), trace);
                for s in 0..case.shape[2] {
                    let expected = if case.live(i, x) { case.value(i, x, s) as f32 } else { 0.0 };
                    prop_assert_eq!(samples[(i * case.shape[1] + x) * case.shape[2] + s], expected);
                }
            }
        }
        let georef = volume.grid().georef.clone().unwrap();
        prop_assert!((georef.position(1.0, 1.0)[0] - 500_025.0).abs() < 1e-6);
        prop_assert!((georef.position(1.0, 1.0)[1] - 6_000_012.5).abs() < 1e-6);
        for format in [SampleFormat::Ibm32, SampleFormat::Ieee32, SampleFormat::Int16, SampleFormat::Int8] {
            let copy = folder.path().join("out.sgy");
            let history = vec!["COPIED".to_owned()];
            let written = WriteOptions { format, history, scale: Some(1.0), ..WriteOptions::default() };
            let mut writer = SegyWriter::from_template(&volume, &copy, &written).unwrap();
            writer.write_block(&block, &samples).unwrap();
            writer.finish().unwrap();
            // Swapped pairs are put right in the copy.
            let copied = match case.order {
                ByteOrder::Little => ByteOrder::Little,
                _ => ByteOrder::Big,
            };
            let options = OpenOptions { byte_order: Some(copied), ..OpenOptions::default() };
            let again = SegyVolume::open(&copy, &options, &Control::silent()).unwrap();
            let mut back = vec![0.0; block.len()];
            again.read_block(&block, &mut back).unwrap();
            prop_assert_eq!(&back, &samples);
            prop_assert!(again.summary().text.iter().any(|line| line.contains("COPIED")));
            for trace in 0..volume.summary().layout.traces {
                prop_assert_eq!(again.trace_header(trace).unwrap(), volume.trace_header(trace).unwrap());
            }
        }
    }
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.sgy");
    Case {
        format: 5,
        order: ByteOrder::Big,
        sorted: Sorted::Inline,
        shape: [3, 3, 5],
        gaps: vec![false; 25],
        dead: vec![false; 25],
    }
    .write(&path);
    let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
    let copy = folder.path().join("out.sgy");
    let writer = SegyWriter::from_template(&volume, &copy, &WriteOptions::default()).unwrap();
    assert!(writer.finish().unwrap_err().message().contains("incomplete"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
