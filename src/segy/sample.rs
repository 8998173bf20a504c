//! Sample codecs: bytes of a trace to float32 and back.

use serde::{Deserialize, Serialize};

use super::layout::ByteOrder;
use crate::error::{Result, fail};

/// Sample formats of the binary header's bytes 3225-3226 that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleFormat {
    /// 1: 4-byte IBM System/360 float.
    Ibm32,
    /// 2: 4-byte two's complement integer.
    Int32,
    /// 3: 2-byte two's complement integer.
    Int16,
    /// 5: 4-byte IEEE float.
    Ieee32,
    /// 6: 8-byte IEEE float.
    Ieee64,
    /// 8: 1-byte two's complement integer.
    Int8,
    /// 11: 2-byte unsigned integer.
    Uint16,
    /// 16: 1-byte unsigned integer.
    Uint8,
}

const FORMATS: [(u16, SampleFormat, usize); 8] = [
    (1, SampleFormat::Ibm32, 4),
    (2, SampleFormat::Int32, 4),
    (3, SampleFormat::Int16, 2),
    (5, SampleFormat::Ieee32, 4),
    (6, SampleFormat::Ieee64, 8),
    (8, SampleFormat::Int8, 1),
    (11, SampleFormat::Uint16, 2),
    (16, SampleFormat::Uint8, 1),
];

impl SampleFormat {
    /// The format with this code, if it is one that is read here.
    pub fn from_code(code: u16) -> Option<Self> {
        FORMATS.iter().find(|(known, ..)| *known == code).map(|(_, format, _)| *format)
    }

    /// The code in the binary header.
    pub fn code(self) -> u16 {
        FORMATS.iter().find(|(_, format, _)| *format == self).map_or(0, |(code, ..)| *code)
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        FORMATS.iter().find(|(_, format, _)| *format == self).map_or(4, |(.., bytes)| *bytes)
    }

    /// Codes and names of all formats that are read, for messages.
    pub(super) fn known() -> &'static str {
        "1 (IBM), 2, 3, 5 (IEEE), 6, 8, 11 and 16"
    }
}

/// IBM System/360 single precision to IEEE: sign, base-16 exponent less 64, 24-bit fraction. Exact where float32
/// can hold the value, rounded once elsewhere, unnormalised words included.
fn ibm_to_ieee(word: u32) -> f32 {
    let fraction = (word & 0x00ff_ffff) as f32;
    // Below exponent 7 the value is below the smallest subnormal.
    let exponent = ((word >> 24) & 0x7f).max(7);
    // The square root of 2^(4 (e - 64) - 24): the first product is exact, the second rounds once.
    let root = f32::from_bits((2 * exponent - 13) << 23);
    f32::from_bits((fraction * root * root).to_bits() | (word & 0x8000_0000))
}

/// IEEE to IBM, rounded to nearest, ties to even; NaN becomes 0 and infinities the largest IBM number with the sign.
fn ieee_to_ibm(value: f32) -> u32 {
    let sign = value.to_bits() & 0x8000_0000;
    if value.is_nan() || value == 0.0 {
        return 0;
    }
    if value.is_infinite() {
        return sign | 0x7fff_ffff;
    }
    let wide = f64::from(value.abs());
    let binary = ((wide.to_bits() >> 52) & 0x7ff) as i32 - 1022;
    let mut exponent = binary.div_euclid(4) + i32::from(binary.rem_euclid(4) != 0);
    let mut fraction = (wide * 2f64.powi(24 - 4 * exponent)).round_ties_even();
    if fraction >= 16_777_216.0 {
        fraction = (fraction / 16.0).round_ties_even();
        exponent += 1;
    }
    sign | ((exponent + 64) as u32) << 24 | fraction as u32
}

/// Decodes `bytes` into `out`, which has one place per sample.
pub(super) fn decode(bytes: &[u8], format: SampleFormat, order: ByteOrder, out: &mut [f32]) {
    match format {
        SampleFormat::Ibm32 => each(bytes, order, out, |b| ibm_to_ieee(u32::from_be_bytes(b))),
        SampleFormat::Ieee32 => each(bytes, order, out, f32::from_be_bytes),
        SampleFormat::Int32 => each(bytes, order, out, |b| i32::from_be_bytes(b) as f32),
        SampleFormat::Int16 => each(bytes, order, out, |b| f32::from(i16::from_be_bytes(b))),
        SampleFormat::Uint16 => each(bytes, order, out, |b| f32::from(u16::from_be_bytes(b))),
        SampleFormat::Ieee64 => each(bytes, order, out, |b| f64::from_be_bytes(b) as f32),
        SampleFormat::Int8 => each(bytes, order, out, |b: [u8; 1]| f32::from(b[0] as i8)),
        SampleFormat::Uint8 => each(bytes, order, out, |b: [u8; 1]| f32::from(b[0])),
    }
}

fn each<const N: usize>(bytes: &[u8], order: ByteOrder, out: &mut [f32], value: impl Fn([u8; N]) -> f32) {
    let words = bytes.as_chunks::<N>().0.iter();
    match order {
        ByteOrder::Big => out.iter_mut().zip(words).for_each(|(out, word)| *out = value(*word)),
        ByteOrder::Little => out.iter_mut().zip(words).for_each(|(out, word)| {
            let mut word = *word;
            word.reverse();
            *out = value(word);
        }),
    }
}

/// Refuses formats that volumes are not written in.
pub(super) fn check_writable(format: SampleFormat) -> Result<()> {
    if !matches!(format, SampleFormat::Ibm32 | SampleFormat::Ieee32) {
        fail!(
            Unsupported,
            "volumes are written in format 1 (IBM float) or 5 (IEEE float), not {}",
            format.code()
        );
    }
    Ok(())
}

/// Appends samples as IBM or IEEE floats.
pub(super) fn encode(samples: &[f32], format: SampleFormat, order: ByteOrder, out: &mut Vec<u8>) {
    for &sample in samples {
        let word = if format == SampleFormat::Ibm32 { ieee_to_ibm(sample) } else { sample.to_bits() };
        out.extend(match order {
            ByteOrder::Big => word.to_be_bytes(),
            ByteOrder::Little => word.to_le_bytes(),
        });
    }
}
