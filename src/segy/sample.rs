//! Sample codecs: bytes of a trace to float32 and back.
//!
//! The loops have no branch and no allocation, so that they run at the speed of memory; `multiversion` compiles them for
//! the vector units that a processor may have and chooses when they run.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use super::byte_order::ByteOrder;
use crate::error::{Result, fail};

/// Sample formats of the binary header's bytes 3225-3226 (SEG-Y revision 2.1, table 2; 4 is revision 0's and 1's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleFormat {
    /// 1: 4-byte IBM System/360 float.
    Ibm32,
    /// 2: 4-byte two's complement integer.
    Int32,
    /// 3: 2-byte two's complement integer.
    Int16,
    /// 4: 2 bytes of gain code, 2-byte two's complement integer; obsolete.
    FixedGain,
    /// 5: 4-byte IEEE float.
    Ieee32,
    /// 6: 8-byte IEEE float.
    Ieee64,
    /// 7: 3-byte two's complement integer.
    Int24,
    /// 8: 1-byte two's complement integer.
    Int8,
    /// 9: 8-byte two's complement integer.
    Int64,
    /// 10: 4-byte unsigned integer.
    Uint32,
    /// 11: 2-byte unsigned integer.
    Uint16,
    /// 12: 8-byte unsigned integer.
    Uint64,
    /// 15: 3-byte unsigned integer.
    Uint24,
    /// 16: 1-byte unsigned integer.
    Uint8,
}

const FORMATS: [(u16, SampleFormat, usize); 14] = [
    (1, SampleFormat::Ibm32, 4),
    (2, SampleFormat::Int32, 4),
    (3, SampleFormat::Int16, 2),
    (4, SampleFormat::FixedGain, 4),
    (5, SampleFormat::Ieee32, 4),
    (6, SampleFormat::Ieee64, 8),
    (7, SampleFormat::Int24, 3),
    (8, SampleFormat::Int8, 1),
    (9, SampleFormat::Int64, 8),
    (10, SampleFormat::Uint32, 4),
    (11, SampleFormat::Uint16, 2),
    (12, SampleFormat::Uint64, 8),
    (15, SampleFormat::Uint24, 3),
    (16, SampleFormat::Uint8, 1),
];

impl SampleFormat {
    /// The format with this code, if there is one.
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

    /// Whether every float32 can be written in it, rounded; otherwise samples need a scale.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Ibm32 | Self::Ieee32 | Self::Ieee64)
    }

    /// Codes and names of all formats, for messages.
    pub(super) fn known() -> &'static str {
        "1 (IBM float), 2 to 4, 5 (IEEE float), 6 to 12, 15 or 16"
    }
}

/// IBM System/360 single precision to IEEE: sign, base-16 exponent less 64, 24-bit fraction. Exact where float32
/// can hold the value, rounded once elsewhere, unnormalised words included.
#[inline(always)]
fn ibm_to_ieee(word: u32) -> f32 {
    let fraction = (word & 0x00ff_ffff) as i32 as f32;
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

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2", "aarch64+neon"))]
fn decode_ibm(bytes: &[u8], big: bool, out: &mut [f32]) {
    let words = bytes.as_chunks::<4>().0;
    if big {
        out.iter_mut().zip(words).for_each(|(out, word)| *out = ibm_to_ieee(u32::from_be_bytes(*word)));
    } else {
        out.iter_mut().zip(words).for_each(|(out, word)| *out = ibm_to_ieee(u32::from_le_bytes(*word)));
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2", "aarch64+neon"))]
fn decode_ieee(bytes: &[u8], big: bool, out: &mut [f32]) {
    let words = bytes.as_chunks::<4>().0;
    if big {
        out.iter_mut().zip(words).for_each(|(out, word)| *out = f32::from_be_bytes(*word));
    } else {
        out.iter_mut().zip(words).for_each(|(out, word)| *out = f32::from_le_bytes(*word));
    }
}

/// Decodes `bytes` into `out`, which has one place per sample. `revision` decides the sign of format 4's gain: samples are
/// multiplied by 2^gain by revisions 0 and 1, divided by it by revision 2.
pub(super) fn decode(
    bytes: &[u8],
    format: SampleFormat,
    order: ByteOrder,
    revision: [u8; 2],
    out: &mut [f32],
) {
    let big = order != ByteOrder::Little;
    match format {
        SampleFormat::Ibm32 => decode_ibm(bytes, big, out),
        SampleFormat::Ieee32 => decode_ieee(bytes, big, out),
        SampleFormat::Int32 => each(bytes, big, out, |b| i32::from_be_bytes(b) as f32),
        SampleFormat::Int16 => each(bytes, big, out, |b| f32::from(i16::from_be_bytes(b))),
        SampleFormat::Uint16 => each(bytes, big, out, |b| f32::from(u16::from_be_bytes(b))),
        SampleFormat::Ieee64 => each(bytes, big, out, |b| f64::from_be_bytes(b) as f32),
        SampleFormat::Int8 => each(bytes, big, out, |b: [u8; 1]| f32::from(b[0] as i8)),
        SampleFormat::Uint8 => each(bytes, big, out, |b: [u8; 1]| f32::from(b[0])),
        SampleFormat::Int24 => {
            each(bytes, big, out, |[a, b, c]| (i32::from_be_bytes([a, b, c, 0]) >> 8) as f32);
        }
        SampleFormat::Uint24 => each(bytes, big, out, |[a, b, c]| u32::from_be_bytes([0, a, b, c]) as f32),
        SampleFormat::Int64 => each(bytes, big, out, |b| i64::from_be_bytes(b) as f32),
        SampleFormat::Uint32 => each(bytes, big, out, |b| u32::from_be_bytes(b) as f32),
        SampleFormat::Uint64 => each(bytes, big, out, |b| u64::from_be_bytes(b) as f32),
        SampleFormat::FixedGain => {
            let sign = if revision[0] >= 2 { -1 } else { 1 };
            each(bytes, big, out, |[_, gain, high, low]: [u8; 4]| {
                f32::from(i16::from_be_bytes([high, low])) * 2f32.powi(sign * i32::from(gain))
            });
        }
    }
}

fn each<const N: usize>(bytes: &[u8], big: bool, out: &mut [f32], value: impl Fn([u8; N]) -> f32) {
    let words = bytes.as_chunks::<N>().0.iter();
    if big {
        out.iter_mut().zip(words).for_each(|(out, word)| *out = value(*word));
    } else {
        out.iter_mut().zip(words).for_each(|(out, word)| {
            let mut word = *word;
            word.reverse();
            *out = value(word);
        });
    }
}

/// How samples become bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Encoding {
    pub format: SampleFormat,
    pub order: ByteOrder,
    /// Integer formats hold the sample times this, rounded to nearest and clipped to their range; NaN becomes 0.
    pub scale: f32,
}

impl Encoding {
    /// Refuses formats that volumes are not written in, and scales that are none.
    pub(super) fn check(&self) -> Result<()> {
        use SampleFormat::{Ibm32, Ieee32, Int8, Int16};
        if !matches!(self.format, Ibm32 | Ieee32 | Int8 | Int16) {
            fail!(
                Unsupported,
                "volumes are written in format 1 (IBM float), 3 (2-byte integer), 5 (IEEE float) or 8 (1-byte integer), not {}",
                self.format.code()
            );
        }
        if !(self.scale.is_finite() && self.scale > 0.0) {
            fail!(
                InvalidArgument,
                "samples cannot be multiplied by {}: expected a positive number",
                self.scale
            );
        }
        Ok(())
    }

    /// Appends samples.
    pub(super) fn encode(&self, samples: &[f32], out: &mut Vec<u8>) {
        let big = self.order != ByteOrder::Little;
        let word = |word: [u8; 4]| if big { word } else { [word[3], word[2], word[1], word[0]] };
        match self.format {
            SampleFormat::Ibm32 => {
                out.extend(samples.iter().flat_map(|&value| word(ieee_to_ibm(value).to_be_bytes())));
            }
            SampleFormat::Int8 => {
                out.extend(samples.iter().map(|&value| (value * self.scale).round() as i8 as u8));
            }
            SampleFormat::Int16 => {
                let bytes = |value: i16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
                out.extend(samples.iter().flat_map(|&value| bytes((value * self.scale).round() as i16)));
            }
            // `check` lets nothing else through.
            _ => out.extend(samples.iter().flat_map(|&value| word(value.to_be_bytes()))),
        }
    }
}
