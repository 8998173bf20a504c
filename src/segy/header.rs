//! Fields of the binary file header and the trace header, by their byte positions in the standard.

use super::byte_order::ByteOrder;
use super::options::{Field, FieldKind};

/// Bytes of a trace header.
pub(super) const TRACE_HEADER: usize = 240;
/// Bytes of the binary file header, which begins after the textual one.
pub(super) const BINARY_HEADER: usize = 400;

/// A header with typed access; positions are counted from 1, `first` is the position of its first byte.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    first: usize,
    order: ByteOrder,
}

impl<'a> Fields<'a> {
    /// The 400 bytes of the binary file header: positions 3201..=3600.
    pub(super) fn binary(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self { bytes, first: 3201, order }
    }

    /// The 240 bytes of a trace header: positions 1..=240.
    pub(super) fn trace(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self { bytes, first: 1, order }
    }

    /// The bytes of a field in big-endian order; zeros when the header is shorter.
    fn word<const N: usize>(&self, position: usize) -> [u8; N] {
        let start = position.saturating_sub(self.first);
        let mut word = [0; N];
        if let Some(found) = self.bytes.get(start..start + N) {
            word.copy_from_slice(found);
        }
        // Swapped pairs are put right where the file is read.
        if self.order == ByteOrder::Little {
            word.reverse();
        }
        word
    }

    pub(super) fn u8(&self, position: usize) -> u8 {
        self.word::<1>(position)[0]
    }

    pub(super) fn u16(&self, position: usize) -> u16 {
        u16::from_be_bytes(self.word(position))
    }

    pub(super) fn i16(&self, position: usize) -> i16 {
        i16::from_be_bytes(self.word(position))
    }

    pub(super) fn i32(&self, position: usize) -> i32 {
        i32::from_be_bytes(self.word(position))
    }

    pub(super) fn u32(&self, position: usize) -> u32 {
        u32::from_be_bytes(self.word(position))
    }

    pub(super) fn u64(&self, position: usize) -> u64 {
        u64::from_be_bytes(self.word(position))
    }

    pub(super) fn f64(&self, position: usize) -> f64 {
        f64::from_be_bytes(self.word(position))
    }

    /// The number of a field of any type.
    pub(super) fn number(&self, field: Field) -> f64 {
        let at = usize::from(field.byte);
        match field.kind {
            FieldKind::Int16 => f64::from(self.i16(at)),
            FieldKind::Int32 => f64::from(self.i32(at)),
            FieldKind::Ieee32 => f64::from(f32::from_be_bytes(self.word(at))),
            FieldKind::Ieee64 => self.f64(at),
            FieldKind::Ibm32 => ibm(self.u32(at)),
        }
    }

    /// The number of a field that counts lines; numbers that are none become 0.
    pub(super) fn line(&self, field: Field) -> i32 {
        match field.kind {
            FieldKind::Int32 => self.i32(field.byte.into()),
            FieldKind::Int16 => self.i16(field.byte.into()).into(),
            _ => self.number(field).round() as i32,
        }
    }

    /// The bytes from a position on, as text.
    pub(super) fn text<const N: usize>(&self, position: usize) -> [u8; N] {
        let start = position.saturating_sub(self.first);
        self.bytes.get(start..start + N).and_then(|found| found.try_into().ok()).unwrap_or([0; N])
    }
}

/// Writes a field into a header whose first byte has position `first`; a position outside is ignored.
pub(super) fn put<const N: usize>(
    bytes: &mut [u8],
    first: usize,
    position: usize,
    big_endian: [u8; N],
    order: ByteOrder,
) {
    let mut word = big_endian;
    if order == ByteOrder::Little {
        word.reverse();
    }
    let start = position.saturating_sub(first);
    if let Some(place) = bytes.get_mut(start..start + N) {
        place.copy_from_slice(&word);
    }
}

/// A scalar of the trace header: positive multiplies, negative divides, 0 means 1.
pub(super) fn scale(scalar: i16) -> f64 {
    match scalar {
        0 => 1.0,
        positive @ 1.. => f64::from(positive),
        negative => -1.0 / f64::from(negative),
    }
}

/// An IBM float of a header, exactly.
fn ibm(word: u32) -> f64 {
    let value = f64::from(word & 0x00ff_ffff) * 16f64.powi(((word >> 24) & 0x7f) as i32 - 64 - 6);
    if word >> 31 == 0 { value } else { -value }
}
