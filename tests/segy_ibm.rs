//! The IBM float codec through files, against the format's definition in double precision:
//! `(-1)^s * fraction / 2^24 * 16^(exponent - 64)` (SEG-Y revision 2.1, annex on IBM floating point).
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use diapir::segy::{OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink, VolumeSource,
};
use proptest::prelude::*;

const SAMPLES: usize = 256;
/// Where the samples of the first of two traces of a new file start and end.
const DATA: std::ops::Range<usize> = 3840..3840 + 4 * SAMPLES;

fn grid() -> SurveyGrid {
    let lines = |count| LineAxis { first: 1, step: 1, count };
    SurveyGrid {
        inlines: lines(2),
        crosslines: lines(1),
        samples: SampleAxis::new(0.0, 4.0, SAMPLES, SampleUnit::Milliseconds).unwrap(),
        georef: None,
    }
}

fn write(path: &Path, values: &[f32]) {
    let grid = grid();
    let options = WriteOptions { format: SampleFormat::Ibm32, ..WriteOptions::default() };
    let mut writer = SegyWriter::create(path, &grid, &LiveMask::full(&grid), &[], &options).unwrap();
    let data = [values, &vec![0.0; SAMPLES][..]].concat();
    writer.write_block(&Block::whole(&grid), &data).unwrap();
    writer.finish().unwrap();
}

fn read(path: &Path) -> Vec<f32> {
    let volume = SegyVolume::open(path, &OpenOptions::default(), &diapir::Control::silent()).unwrap();
    let mut out = vec![f32::NAN; 2 * SAMPLES];
    volume.read_block(&Block::whole(volume.grid()), &mut out).unwrap();
    out.truncate(SAMPLES);
    out
}

fn defined(word: u32) -> f64 {
    let sign = if word >> 31 == 0 { 1.0 } else { -1.0 };
    let exponent = ((word >> 24) & 0x7f) as i32 - 64;
    sign * f64::from(word & 0x00ff_ffff) / 16_777_216.0 * 16f64.powi(exponent)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_are_read_as_defined(words in proptest::collection::vec(any::<u32>(), SAMPLES)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sgy");
        write(&path, &[0.0; SAMPLES]);
        let mut bytes = std::fs::read(&path).unwrap();
        for (place, word) in bytes[DATA].chunks_exact_mut(4).zip(&words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        std::fs::write(&path, bytes).unwrap();
        for (word, found) in words.into_iter().zip(read(&path)) {
            // Exact in double precision; the cast rounds once, to infinity beyond float32.
            let expected = defined(word) as f32;
            prop_assert!(found == expected, "{word:#010x}: {found}, expected {expected}");
        }
    }

    #[test]
    fn values_are_written_to_the_nearest_word(bits in proptest::collection::vec(any::<u32>(), SAMPLES)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sgy");
        let values: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        write(&path, &values);
        let bytes = std::fs::read(&path).unwrap();
        for (word, value) in bytes[DATA].chunks_exact(4).zip(values) {
            let word = u32::from_be_bytes(word.try_into().unwrap());
            if value.is_nan() {
                prop_assert_eq!(word, 0);
            } else if value.is_infinite() {
                prop_assert_eq!(word | 0x8000_0000, 0xffff_ffff);
                prop_assert_eq!(word >> 31, value.to_bits() >> 31);
            } else if value != 0.0 {
                prop_assert!(word & 0x00f0_0000 != 0, "{value}: {word:#010x} is not normalised");
                let unit = 16f64.powi(((word >> 24) & 0x7f) as i32 - 64 - 6);
                let error = (defined(word) - f64::from(value)).abs();
                prop_assert!(error <= 0.5 * unit, "{value}: {word:#010x}");
            } else {
                prop_assert_eq!(word, 0);
            }
        }
    }
}

#[test]
fn words_of_the_literature() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sgy");
    // -118.625 is the example of every description of the format; the others are powers of 16 and their halves.
    let known = [
        (1.0f32, 0x4110_0000u32),
        (-118.625, 0xc276_a000),
        (0.5, 0x4080_0000),
        (16.0, 0x4210_0000),
        (0.0625, 0x4010_0000),
        (-0.15625, 0xc028_0000),
    ];
    let mut values = vec![0.0; SAMPLES];
    values.iter_mut().zip(known).for_each(|(value, (known, _))| *value = known);
    write(&path, &values);
    let bytes = std::fs::read(&path).unwrap();
    for (place, (value, word)) in bytes[DATA].chunks_exact(4).zip(known) {
        assert_eq!(place, word.to_be_bytes(), "{value}");
    }
    assert_eq!(read(&path), values);
}
