//! Structure beyond the plain file: revision 2, extended text, additional headers, trailers, byte order by evidence, header
//! fields elsewhere, prestack offsets, duplicates, delay and scalars.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use diapir::segy::{
    ByteOrder, Duplicates, NamedBytes, OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions,
};
use diapir::volume::{
    Block, GeoReference, Handedness, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink,
    VolumeSource,
};
use diapir::{Control, ErrorKind, Result};

const SAMPLES: usize = 6;

/// A file in the making: `inlines` x `crosslines` traces of 6 IEEE samples, sample k of trace t is 100 t + k.
struct Maker {
    folder: tempfile::TempDir,
    little: bool,
    binary: Vec<u8>,
    extended: Vec<u8>,
    extra_headers: usize,
    trailer: Vec<u8>,
    shape: [usize; 2],
    header: Box<Fill>,
}

/// Fills the header of the trace at an inline and a crossline index.
type Fill = dyn Fn(usize, usize, &mut Header);

struct Header {
    bytes: Vec<u8>,
    little: bool,
}

impl Header {
    fn put<const N: usize>(&mut self, position: usize, mut big: [u8; N]) {
        if self.little {
            big.reverse();
        }
        self.bytes[position - 1..position - 1 + N].copy_from_slice(&big);
    }

    fn i32(&mut self, position: usize, value: i32) {
        self.put(position, value.to_be_bytes());
    }

    fn i16(&mut self, position: usize, value: i16) {
        self.put(position, value.to_be_bytes());
    }
}

fn standard(i: usize, x: usize, header: &mut Header) {
    header.i32(189, 10 + i as i32);
    header.i32(193, 20 + x as i32);
    header.i32(181, 1_000 + 25 * i as i32);
    header.i32(185, 2_000 + 12 * x as i32);
}

impl Maker {
    fn new(shape: [usize; 2]) -> Self {
        let mut maker = Self {
            folder: tempfile::tempdir().unwrap(),
            little: false,
            binary: vec![0; 400],
            extended: Vec::new(),
            extra_headers: 0,
            trailer: Vec::new(),
            shape,
            header: Box::new(standard),
        };
        maker.put(3217, 4000i16.to_be_bytes());
        maker.put(3221, (SAMPLES as u16).to_be_bytes());
        maker.put(3225, 5i16.to_be_bytes());
        maker
    }

    fn put<const N: usize>(&mut self, position: usize, mut big: [u8; N]) {
        if self.little {
            big.reverse();
        }
        self.binary[position - 3201..position - 3201 + N].copy_from_slice(&big);
    }

    fn write(&self) -> PathBuf {
        let path = self.folder.path().join("made.sgy");
        let mut bytes = vec![0x40; 3200];
        bytes.extend(&self.binary);
        bytes.extend(&self.extended);
        for i in 0..self.shape[0] {
            for x in 0..self.shape[1] {
                let trace = i * self.shape[1] + x;
                let bytes_of_headers = vec![0; 240 * (1 + self.extra_headers)];
                let mut header = Header { bytes: bytes_of_headers, little: self.little };
                header.i16(29, 1);
                (self.header)(i, x, &mut header);
                bytes.extend(header.bytes);
                for k in 0..SAMPLES {
                    let value = (100 * trace + k) as f32;
                    bytes.extend(if self.little { value.to_le_bytes() } else { value.to_be_bytes() });
                }
            }
        }
        bytes.extend(&self.trailer);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn open(&self, options: &OpenOptions) -> Result<SegyVolume> {
        SegyVolume::open(&self.write(), options, &Control::silent())
    }
}

/// All samples, inline slowest.
fn samples(volume: &SegyVolume) -> Vec<f32> {
    let block = Block::whole(volume.grid());
    let mut out = vec![f32::NAN; block.len()];
    volume.read_block(&block, &mut out).unwrap();
    out
}

fn assert_made(volume: &SegyVolume, shape: [usize; 2]) {
    assert_eq!(volume.grid().shape(), [shape[0], shape[1], SAMPLES]);
    let expected = (0..shape[0] * shape[1]).flat_map(|t| (0..SAMPLES).map(move |k| (100 * t + k) as f32));
    assert!(samples(volume).into_iter().eq(expected));
}

#[test]
fn byte_order_is_found_by_the_constant_or_by_evidence() {
    for little in [false, true] {
        for constant in [false, true] {
            let mut maker = Maker { little, binary: vec![0; 400], ..Maker::new([3, 4]) };
            maker.put(3217, 4000i16.to_be_bytes());
            maker.put(3221, (SAMPLES as u16).to_be_bytes());
            maker.put(3225, 5i16.to_be_bytes());
            if constant {
                maker.put(3297, 0x0102_0304u32.to_be_bytes());
            }
            let volume = maker.open(&OpenOptions::default()).unwrap();
            let expected = if little { ByteOrder::Little } else { ByteOrder::Big };
            assert_eq!(volume.summary().layout.byte_order, expected);
            assert_made(&volume, [3, 4]);
        }
    }
    let maker = Maker::new([3, 4]);
    let made = std::fs::read(maker.write()).unwrap();
    let swapped: Vec<u8> = made.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("swapped.sgy");
    std::fs::write(&path, swapped).unwrap();
    let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
    assert_eq!(volume.summary().layout.byte_order, ByteOrder::PairSwapped);
    assert!(
        volume.summary().traces.assumptions[0].contains("pair"),
        "{:?}",
        volume.summary().traces.assumptions
    );
    assert_made(&volume, [3, 4]);
}

fn ascii(text: &str) -> Vec<u8> {
    format!("{text:<3200}").into_bytes()
}

#[test]
fn extended_text_is_counted_or_ends_with_its_stanza() {
    let mut maker = Maker::new([2, 3]);
    maker.put(3501, 0x0100i16.to_be_bytes());
    maker.extended = [ascii("((SEG:Layout)) something"), ascii("((seg: endtext))")].concat();
    for count in [2i16, -1] {
        maker.put(3505, count.to_be_bytes());
        let volume = maker.open(&OpenOptions::default()).unwrap();
        assert_eq!(volume.summary().layout.first_trace, 3600 + 6400);
        assert!(volume.summary().extended_text[0].contains("SEG:Layout"));
        assert_made(&volume, [2, 3]);
    }
}

#[test]
fn revision_2_has_more_of_everything() {
    for revision in [[2u8, 0], [2, 1]] {
        let mut maker = Maker::new([3, 3]);
        maker.extra_headers = 1;
        maker.trailer = ascii("((SEG:UserHeader)) behind the data");
        maker.put(3501, revision);
        if revision[1] == 0 {
            maker.put(3507, 1i32.to_be_bytes());
        } else {
            maker.put(3507, 1i16.to_be_bytes());
        }
        maker.put(3221, 0i16.to_be_bytes());
        maker.put(3269, (SAMPLES as u32).to_be_bytes());
        maker.put(3217, 0i16.to_be_bytes());
        maker.put(3273, 2666.5f64.to_be_bytes());
        maker.put(3513, 9u64.to_be_bytes());
        maker.put(3529, 1i32.to_be_bytes());
        maker.header = Box::new(|i, x, header| {
            standard(i, x, header);
            header.i32(181, 0);
            header.i32(185, 0);
            header.bytes[472..480].copy_from_slice(b"SEG00001");
            header.put(240 + 161, (5e5 + 0.125 * i as f64).to_be_bytes());
            header.put(240 + 169, (6e6 + 0.25 * x as f64).to_be_bytes());
        });
        let volume = maker.open(&OpenOptions::default()).unwrap();
        let layout = &volume.summary().layout;
        assert_eq!((layout.header_bytes, layout.trailer_bytes, layout.traces), (480, 3200, 9));
        assert_eq!(volume.grid().samples.step, 2.6665);
        let georef = volume.grid().georef.as_ref().unwrap();
        assert!((georef.bin_size()[0] - 0.125).abs() < 1e-9 && (georef.bin_size()[1] - 0.25).abs() < 1e-9);
        assert_made(&volume, [3, 3]);

        // A trailer of unknown length is what the number of traces leaves.
        maker.put(3529, (-1i32).to_be_bytes());
        assert_made(&maker.open(&OpenOptions::default()).unwrap(), [3, 3]);

        let copy = maker.folder.path().join("copy.sgy");
        let volume = maker.open(&OpenOptions::default()).unwrap();
        let mut writer = SegyWriter::from_template(&volume, &copy, &WriteOptions::default()).unwrap();
        writer.write_block(&Block::whole(volume.grid()), &samples(&volume)).unwrap();
        writer.finish().unwrap();
        assert!(std::fs::read(&copy).unwrap().ends_with(&maker.trailer), "the trailer is kept");
        assert_made(&SegyVolume::open(&copy, &OpenOptions::default(), &Control::silent()).unwrap(), [3, 3]);
    }
}

#[test]
fn long_traces_are_read() {
    let lines = LineAxis { first: 1, step: 1, count: 2 };
    for (count, revision) in [(40_000, 1), (70_000, 2)] {
        let grid = SurveyGrid {
            inlines: lines,
            crosslines: lines,
            samples: SampleAxis::new(0.0, 0.0005, count, SampleUnit::Milliseconds).unwrap(),
            georef: None,
        };
        let grid = if revision == 1 {
            SurveyGrid { samples: SampleAxis { step: 0.5, ..grid.samples }, ..grid }
        } else {
            grid
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.sgy");
        let options = WriteOptions { revision, ..WriteOptions::default() };
        let mut writer = SegyWriter::create(&path, &grid, &LiveMask::full(&grid), &[], &options).unwrap();
        let data: Vec<f32> = (0..4 * count).map(|k| k as f32).collect();
        writer.write_block(&Block::whole(&grid), &data).unwrap();
        writer.finish().unwrap();
        let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
        assert_eq!(volume.summary().layout.revision, [revision, 0]);
        assert_eq!(volume.grid().samples, grid.samples);
        assert!(samples(&volume) == data);
    }
}

#[test]
fn one_trace_says_its_length_where_the_binary_header_is_wrong() {
    let mut maker = Maker::new([2, 2]);
    maker.put(3221, 60i16.to_be_bytes());
    maker.header = Box::new(|i, x, header| {
        standard(i, x, header);
        header.i16(115, SAMPLES as i16);
    });
    let volume = maker.open(&OpenOptions::default()).unwrap();
    assert!(volume.summary().traces.assumptions[0].contains("60 samples"));
    assert_made(&volume, [2, 2]);
}

#[test]
fn scalars_and_delays_of_every_sign() {
    for (scalar, factor) in [(0, 1.0), (1, 1.0), (100, 100.0), (-100, 0.01), (-10, 0.1)] {
        for (time_scalar, delay) in [(0i16, -200.0), (10, -2000.0), (-10, -20.0)] {
            let mut maker = Maker::new([3, 3]);
            maker.header = Box::new(move |i, x, header| {
                standard(i, x, header);
                header.i16(71, scalar);
                header.i16(109, -200);
                header.i16(215, time_scalar);
            });
            let volume = maker.open(&OpenOptions::default()).unwrap();
            let [a, b] = volume.grid().georef.as_ref().unwrap().bin_size();
            assert!(
                (a - 25.0 * factor).abs() < 1e-6 && (b - 12.0 * factor).abs() < 1e-6,
                "{scalar}: {a} {b}"
            );
            assert!((volume.grid().samples.first - delay).abs() < 1e-9, "{}", volume.grid().samples.first);
        }
    }
    let mut maker = Maker::new([2, 2]);
    maker.header = Box::new(|i, x, header| {
        standard(i, x, header);
        header.i16(109, 4 * x as i16);
    });
    let volume = maker.open(&OpenOptions::default()).unwrap();
    assert!(volume.summary().traces.warnings.iter().any(|warning| warning.contains("from 0 to 4 ms")));
}

#[test]
fn angles_become_degrees() {
    // 3 degrees 30 minutes east and 61 degrees north, in steps of one second of arc.
    let place = |units: i16, i: usize, x: usize| match units {
        2 => (12_600 + i as i32, 219_600 + x as i32),
        _ => (33_000 + i as i32, 610_000 + x as i32),
    };
    for units in [2i16, 4] {
        let mut maker = Maker::new([3, 4]);
        maker.header = Box::new(move |i, x, header| {
            standard(i, x, header);
            let (east, north) = place(units, i, x);
            header.i32(181, east);
            header.i32(185, north);
            header.i16(89, units);
        });
        let volume = maker.open(&OpenOptions::default()).unwrap();
        let georef = volume.grid().georef.clone().unwrap();
        let [east, north] = georef.origin;
        assert!((east - 3.5).abs() < 1e-9 && (north - 61.0).abs() < 1e-9, "{units}: {east} {north}");
        assert!((georef.bin_size()[0] * 3600.0 - 1.0).abs() < 1e-6);
        assert!(volume.summary().traces.assumptions[0].contains("degrees"));
    }
}

#[test]
fn corners_are_fitted_from_all_coordinates() {
    for mirrored in [false, true] {
        let mut maker = Maker::new([5, 7]);
        maker.header = Box::new(move |i, x, header| {
            standard(i, x, header);
            header.i32(189, 1000 + 4 * i as i32);
            header.i32(193, 500 - 2 * x as i32);
            header.i16(71, -100);
            // Bins of 25 x 12.5 m, inlines grow towards 30 degrees; one coordinate in seven is off by 0.07 m.
            let (sin, cos) = 30f64.to_radians().sin_cos();
            let side = if mirrored { -1.0 } else { 1.0 };
            let back = 6.0 - x as f64;
            let east =
                4.5e5 + 25.0 * i as f64 * cos - side * 12.5 * back * sin + if x == 3 { 0.07 } else { 0.0 };
            let north = 6.5e6 + 25.0 * i as f64 * sin + side * 12.5 * back * cos;
            header.i32(181, (100.0 * east).round() as i32);
            header.i32(185, (100.0 * north).round() as i32);
        });
        let volume = maker.open(&OpenOptions::default()).unwrap();
        let grid = volume.grid();
        assert_eq!((grid.inlines.step, grid.crosslines.first, grid.crosslines.step), (4, 488, 2));
        let georef: &GeoReference = grid.georef.as_ref().unwrap();
        let [a, b] = georef.bin_size();
        assert!((a - 25.0).abs() < 0.01 && (b - 12.5).abs() < 0.01, "{a} {b}");
        assert!((georef.rotation_degrees() - 30.0).abs() < 0.05, "{}", georef.rotation_degrees());
        let expected = if mirrored { Handedness::Left } else { Handedness::Right };
        assert_eq!(georef.handedness(), expected);
        assert!(georef.residual > 0.01 && georef.residual < 0.05, "{}", georef.residual);
    }
}

#[test]
fn numbers_elsewhere_are_found_and_the_reasons_told() {
    // Inline at 9, crossline at 21, coordinates as IEEE floats at 73: as older programs write.
    let make = || {
        let mut maker = Maker::new([12, 30]);
        maker.header = Box::new(|i, x, header| {
            let trace = (i * 30 + x) as i32;
            header.i32(1, trace + 1);
            header.i32(5, trace + 1);
            header.i32(9, 400 + i as i32);
            header.i32(21, 7000 + 3 * x as i32);
            header.put(73, (5000.0 + 20.0 * i as f32).to_be_bytes());
            header.put(77, (9000.0 + 10.0 * x as f32).to_be_bytes());
        });
        maker
    };
    let maker = make();
    let volume = maker.open(&OpenOptions::default()).unwrap();
    assert_made(&volume, [12, 30]);
    assert_eq!((volume.grid().inlines.first, volume.grid().crosslines.step), (400, 3));
    let [a, b] = volume.grid().georef.as_ref().unwrap().bin_size();
    assert!((a - 20.0).abs() < 1e-3 && (b - 10.0).abs() < 1e-3, "{a} {b} {:?}", volume.summary().traces);
    let said = volume.summary().traces.assumptions.join("\n");
    assert!(
        said.contains("9-12 (inline) and 21-24 (crossline)") && said.contains("73-76 (ieee32)"),
        "{said}"
    );

    let error = make().open(&OpenOptions { guess: false, ..OpenOptions::default() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Geometry, "{error}");
    let bytes: NamedBytes = "inline=9, crossline=21, x=73:ieee32, y=77:ieee32".parse().unwrap();
    let volume = make().open(&OpenOptions { bytes, guess: false, ..OpenOptions::default() }).unwrap();
    assert!(volume.summary().traces.assumptions.is_empty());
    assert_made(&volume, [12, 30]);
    assert_eq!(volume.grid().georef.as_ref().unwrap().bin_size()[0].round(), 20.0);
}

#[test]
fn gathers_are_not_taken_for_a_grid() {
    // Shot gathers: field record at 9, channel at 13, offsets: regular as a grid, but none.
    let mut maker = Maker::new([10, 24]);
    maker.header = Box::new(|i, x, header| {
        header.i32(9, i as i32 + 1);
        header.i32(13, x as i32 + 1);
        header.i32(37, 100 + 25 * x as i32);
        header.i32(73, 1000 * i as i32);
    });
    let error = maker.open(&OpenOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Geometry, "{error}");
}

#[test]
fn one_offset_of_a_prestack_file_and_one_of_two_duplicates() {
    let mut maker = Maker::new([4, 6]);
    // Three offsets at each of 4 x 2 positions.
    maker.header = Box::new(|i, x, header| {
        standard(i, x / 3, header);
        header.i32(37, 500 * (x % 3) as i32);
    });
    let error = maker.open(&OpenOptions::default()).unwrap_err();
    assert!(error.to_string().contains("0 to 1000"), "{error}");
    let volume = maker.open(&OpenOptions { offset: Some(500), ..OpenOptions::default() }).unwrap();
    assert_eq!(volume.grid().shape(), [4, 2, SAMPLES]);
    let first: Vec<f32> = samples(&volume).chunks(SAMPLES).map(|trace| trace[0]).collect();
    assert_eq!(first[..4], [100.0, 400.0, 700.0, 1000.0]);
    let none = maker.open(&OpenOptions { offset: Some(1), ..OpenOptions::default() }).unwrap_err();
    assert!(none.to_string().contains("0 to 1000"), "{none}");

    for (duplicates, expected) in [(Duplicates::First, 0.0), (Duplicates::Last, 200.0)] {
        let volume = maker.open(&OpenOptions { duplicates, ..OpenOptions::default() }).unwrap();
        assert_eq!(samples(&volume)[0], expected);
        assert_eq!(volume.summary().traces.duplicates, 16);
    }
}

#[test]
fn polylines_and_slices_are_blocks_like_others() {
    let volume = Maker::new([5, 8]).open(&OpenOptions::default()).unwrap();
    let path = [(4, 7), (0, 0), (2, 3), (2, 3)];
    let mut out = vec![0.0; path.len() * 2];
    volume.read_positions(&path, 3..5, &mut out).unwrap();
    let first = |(i, x): (usize, usize)| (100 * (8 * i + x) + 3) as f32;
    assert!(out.chunks(2).zip(path).all(|(pair, at)| pair == [first(at), first(at) + 1.0]));
    let slice = Block { samples: 5..6, ..Block::whole(volume.grid()) };
    let mut out = vec![0.0; 40];
    volume.read_block(&slice, &mut out).unwrap();
    assert!(out.iter().enumerate().all(|(trace, value)| *value == (100 * trace + 5) as f32));
    let refuse = |positions: &[(usize, usize)], samples, out: &mut [f32]| {
        volume.read_positions(positions, samples, out).unwrap_err().kind()
    };
    assert_eq!(refuse(&[(5, 0)], 0..1, &mut [0.0]), ErrorKind::OutOfRange);
    assert_eq!(refuse(&[(0, 0)], 0..7, &mut [0.0; 7]), ErrorKind::OutOfRange);
    assert_eq!(refuse(&[(0, 0)], 0..2, &mut [0.0]), ErrorKind::InvalidArgument);
}

#[test]
fn integers_are_scaled_rounded_and_clipped() {
    let volume = Maker::new([2, 2]).open(&OpenOptions::default()).unwrap();
    let block = Block::whole(volume.grid());
    let values: Vec<f32> = (0..24).map(|k| [0.0, 0.5, 1.0, -1.0, 7.0, f32::NAN][k % 6]).collect();
    for (format, largest, lowest) in
        [(SampleFormat::Int8, 127.0, -128.0), (SampleFormat::Int16, 32767.0, -32768.0)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.sgy");
        let options = WriteOptions { format, ..WriteOptions::default() };
        let mut writer = SegyWriter::from_template(&volume, &path, &options).unwrap();
        writer.write_block(&block, &values).unwrap();
        writer.finish().unwrap();
        let again = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
        // Read back, the integers are divided again: exact to half a step.
        let step = 1.0 / largest;
        for (found, expected) in samples(&again).into_iter().zip([0.0, 0.5, 1.0, -1.0, 1.0, 0.0]) {
            assert!((found - expected).abs() <= 0.5001 * step, "{found}, expected {expected}");
        }
        assert!(again.summary().traces.assumptions[0].contains("divided by"));
        let said = again.summary().text.join("\n");
        assert!(said.contains(&format!("DIVIDE BY {largest}")), "{said}");
        let wide = WriteOptions { format, scale: Some(1e9), ..WriteOptions::default() };
        let mut writer = SegyWriter::from_template(&volume, &path, &wide).unwrap();
        writer.write_block(&block, &values).unwrap();
        writer.finish().unwrap();
        let again = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
        let clipped = [0.0, largest, largest, lowest].map(|integer: f32| integer * 1e-9);
        assert!(samples(&again)[..4].iter().zip(clipped).all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs()));
        // Written as floats after that file, the values are floats and nothing says otherwise.
        let floats = folder.path().join("floats.sgy");
        let mut writer = SegyWriter::from_template(&again, &floats, &WriteOptions::default()).unwrap();
        writer
            .write_block(&block, &values.iter().map(|value| value.max(-9.0)).collect::<Vec<f32>>())
            .unwrap();
        writer.finish().unwrap();
        let third = SegyVolume::open(&floats, &OpenOptions::default(), &Control::silent()).unwrap();
        assert_eq!(samples(&third)[1..4], [0.5, 1.0, -1.0]);
        assert!(!third.summary().text.join("\n").contains("DIVIDE BY"));
    }
    let folder = tempfile::tempdir().unwrap();
    let refuse = |options: WriteOptions| {
        SegyWriter::from_template(&volume, &folder.path().join("x.sgy"), &options).unwrap_err().kind()
    };
    assert_eq!(
        refuse(WriteOptions { format: SampleFormat::Int24, ..WriteOptions::default() }),
        ErrorKind::Unsupported
    );
    assert_eq!(
        refuse(WriteOptions { scale: Some(0.0), ..WriteOptions::default() }),
        ErrorKind::InvalidArgument
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
