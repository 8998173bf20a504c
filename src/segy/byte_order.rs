//! In which order the bytes of a file's numbers are: as revision 2's constant states, or by evidence.

use serde::{Deserialize, Serialize};

use super::file::SegyFile;
use super::header::{Fields, TRACE_HEADER};
use super::layout::Layout;
use crate::error::{Error, ErrorKind, Result, fail};

/// Order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// Most significant byte first, the standard's own.
    Big,
    /// Least significant byte first.
    Little,
    /// Big, with the two bytes of each pair of the file exchanged.
    PairSwapped,
}

/// The byte order that revision 2's constant states, if it does.
pub(super) fn stated(file: &SegyFile) -> Result<Option<ByteOrder>> {
    let mut constant = [0; 4];
    file.read_at(&mut constant, 3296)?;
    Ok(match constant {
        [1, 2, 3, 4] => Some(ByteOrder::Big),
        [4, 3, 2, 1] => Some(ByteOrder::Little),
        [2, 1, 4, 3] => Some(ByteOrder::PairSwapped),
        _ => None,
    })
}

/// The one order in which the headers make sense; sets the file to it.
pub(super) fn by_evidence(file: &mut SegyFile) -> Result<Layout> {
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
