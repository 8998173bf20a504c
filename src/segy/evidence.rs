//! The layout of a file in the byte order that its constant states, that a caller names, or that its headers make sense in.

use super::byte_order::{ByteOrder, stated};
use super::file::SegyFile;
use super::header::{Fields, TRACE_HEADER};
use super::layout::{FILE_HEADER, Layout};
use crate::error::{Error, ErrorKind, Result, fail};

impl Layout {
    /// Reads the file headers and checks them against the file's length; sets the file to the byte order found.
    pub(super) fn read(file: &mut SegyFile, asked: Option<ByteOrder>) -> Result<Self> {
        let length = file.length();
        if length < FILE_HEADER {
            fail!(
                Truncated,
                "the file has {length} bytes, a SEG-Y file begins with {FILE_HEADER} bytes of headers: not a SEG-Y file, or cut short"
            );
        }
        match asked.map_or_else(|| stated(file), |order| Ok(Some(order)))? {
            Some(order) => Self::parse(file, order),
            None => by_evidence(file),
        }
    }
}

/// The one order in which the headers make sense; sets the file to it.
fn by_evidence(file: &mut SegyFile) -> Result<Layout> {
    match [ByteOrder::Big, ByteOrder::Little].map(|order| Layout::parse(file, order)) {
        [Ok(big), Ok(little)] => {
            // A format code such as 0x0100 is none, so one of the two is an accident of small numbers.
            fail!(
                Malformed,
                "the headers make sense in both byte orders ({} samples big-endian, {} little-endian): say which one the file has",
                big.samples,
                little.samples
            );
        }
        [Ok(found), _] => Ok(found),
        // Exchanged pairs look like little-endian numbers of 2 bytes; only those of 4 tell the two apart.
        [_, Ok(little)] => match Layout::parse(file, ByteOrder::PairSwapped) {
            Ok(mut swapped) if 2 * magnitude(&swapped, file)? < magnitude(&little, file)? => {
                file.swapped = true;
                swapped.assumptions.push(
                    "the trace headers make sense only with the bytes of each pair exchanged: the whole file is read so".to_owned(),
                );
                Ok(swapped)
            }
            _ => {
                file.swapped = false;
                Ok(little)
            }
        },
        [Err(big), Err(little)] => {
            // The order in which more makes sense gives the better message.
            let further = |error: &Error| error.kind() == ErrorKind::Truncated;
            Err(if further(&little) && !further(&big) { little } else { big })
        }
    }
}

/// How large the 4-byte numbers of some trace headers are, in bits: in the wrong order, small numbers become large.
fn magnitude(layout: &Layout, file: &mut SegyFile) -> Result<u32> {
    file.swapped = layout.byte_order == ByteOrder::PairSwapped;
    let mut bits = 0;
    let mut header = [0; TRACE_HEADER];
    for trace in (0..layout.traces).step_by((layout.traces / 50).max(1) as usize) {
        file.read_at(&mut header, layout.trace_offset(trace))?;
        let fields = Fields::trace(&header, layout.byte_order);
        let words = [1, 5, 9, 13, 17, 21, 73, 77, 181, 185, 189, 193].map(|word| fields.i32(word));
        bits += words.iter().map(|word| 32 - word.unsigned_abs().leading_zeros()).sum::<u32>();
    }
    Ok(bits)
}
