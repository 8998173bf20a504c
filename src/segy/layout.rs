//! Where things are in a file: byte order, revision, sample format, trace size, first trace.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::header::{BINARY_HEADER, Fields, TRACE_HEADER};
use super::sample::SampleFormat;
use super::text::TEXT_BYTES;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};

/// Order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// Most significant byte first, the standard's own.
    Big,
    /// Least significant byte first.
    Little,
}

/// What the file headers say about the file's structure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layout {
    /// Byte order of headers and samples.
    pub byte_order: ByteOrder,
    /// Major and minor revision.
    pub revision: [u8; 2],
    /// Sample format.
    pub format: SampleFormat,
    /// Samples per trace.
    pub samples: usize,
    /// Sample interval in microseconds as the binary header gives it (thousandths of the unit for depth); may be 0.
    pub interval: i16,
    /// Byte of the first trace header.
    pub first_trace: u64,
    /// Bytes of a trace's headers: 240, or more with revision 2's additional headers.
    pub header_bytes: u64,
    /// Traces in the file.
    pub traces: u64,
    /// Bytes of the whole file.
    pub file_bytes: u64,
}

/// The longest trace that is believed.
const MAX_SAMPLES: u32 = 1 << 24;
const FILE_HEADER: u64 = (TEXT_BYTES + BINARY_HEADER) as u64;

impl Layout {
    /// Bytes of one trace's samples.
    pub fn sample_bytes(&self) -> u64 {
        (self.samples * self.format.bytes()) as u64
    }

    /// Bytes from one trace to the next.
    pub fn trace_bytes(&self) -> u64 {
        self.header_bytes + self.sample_bytes()
    }

    /// Byte of the header of trace `number` (from 0).
    pub fn trace_offset(&self, number: u64) -> u64 {
        self.first_trace + number * self.trace_bytes()
    }

    /// Reads the file headers and checks them against the file's length.
    pub(super) fn read(file: &File, path: &Path, asked: Option<ByteOrder>) -> Result<Self> {
        let length = file.metadata().on("read the size of", path)?.len();
        if length < FILE_HEADER {
            fail!(
                Truncated,
                "the file has {length} bytes, a SEG-Y file begins with {FILE_HEADER} bytes of headers: not a SEG-Y file, or cut short"
            );
        }
        let mut binary = [0; BINARY_HEADER];
        file.read_exact_at(&mut binary, TEXT_BYTES as u64).on("read", path)?;
        let order = match asked {
            Some(order) => order,
            None => find_byte_order(&binary, length)?,
        };
        Self::parse(&binary, order, length)
    }

    fn parse(binary: &[u8], order: ByteOrder, length: u64) -> Result<Self> {
        let fields = Fields::binary(binary, order);
        let code = fields.u16(3225);
        let Some(format) = SampleFormat::from_code(code) else {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!(
                    "the sample format code (binary header bytes 3225-3226) is {code}, expected {}: not a SEG-Y file, another byte order, or an unsupported format",
                    SampleFormat::known()
                ),
            )
            .at_byte(3224));
        };
        let revision = revision(&fields);
        let samples = samples(&fields, revision)?;
        let first_trace = first_trace(&fields, revision, length)?;
        let extra = if revision[0] >= 2 { additional_headers(&fields, revision) } else { 0 };
        let header_bytes = TRACE_HEADER as u64 * (1 + extra);
        let mut layout = Self {
            byte_order: order,
            revision,
            format,
            samples,
            interval: fields.i16(3217),
            first_trace,
            header_bytes,
            traces: 0,
            file_bytes: length,
        };
        let body = length - first_trace;
        let trace = layout.trace_bytes();
        if body == 0 {
            fail!(Truncated, "the file ends after its headers ({length} bytes): there is no trace");
        }
        if !body.is_multiple_of(trace) {
            return Err(Error::new(
                ErrorKind::Truncated,
                format!(
                    "{body} bytes follow the headers; traces of {samples} samples (bytes 3221-3222) in format {code} have {trace} bytes, so {} bytes are left over after {} traces: the file is cut short, or its sample count or format is wrong",
                    body % trace,
                    body / trace
                ),
            )
            .at_byte(first_trace + body / trace * trace));
        }
        layout.traces = body / trace;
        Ok(layout)
    }
}

/// Revision, tolerating the byte-swapped words that are found in the wild.
fn revision(fields: &Fields<'_>) -> [u8; 2] {
    match [fields.u8(3501), fields.u8(3502)] {
        [0, 1] => [1, 0],
        [major, minor] if major <= 2 => [major, minor],
        // Not a revision that exists; such bytes are garbage of revision 0 files.
        _ => [0, 0],
    }
}

fn samples(fields: &Fields<'_>, revision: [u8; 2]) -> Result<usize> {
    let (short, long) = (u32::from(fields.u16(3221)), fields.u32(3269));
    let count = if revision[0] >= 2 && long > 0 || short == 0 { long } else { short };
    if count == 0 {
        return Err(Error::new(
            ErrorKind::Malformed,
            "the number of samples per trace (binary header bytes 3221-3222) is 0, expected at least 1: repair the header".to_owned(),
        )
        .at_byte(3220));
    }
    if count > MAX_SAMPLES {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("the number of samples per trace (binary header bytes 3269-3272) is {count}, expected at most {MAX_SAMPLES}"),
        )
        .at_byte(3268));
    }
    Ok(count as usize)
}

fn first_trace(fields: &Fields<'_>, revision: [u8; 2], length: u64) -> Result<u64> {
    let stated = fields.u64(3521);
    if revision[0] >= 2 && stated > 0 {
        if !(FILE_HEADER..=length).contains(&stated) {
            fail!(
                Malformed,
                "the first trace's byte (binary header bytes 3521-3528) is {stated}, expected {FILE_HEADER}..={length}"
            );
        }
        return Ok(stated);
    }
    let extended = if revision[0] >= 1 { fields.i16(3505) } else { 0 };
    let Ok(extended) = u64::try_from(extended) else {
        fail!(
            Unsupported,
            "the number of extended textual headers (bytes 3505-3506) is {extended}; files that do not state it are not read"
        );
    };
    let first = FILE_HEADER + extended * TEXT_BYTES as u64;
    if first > length {
        fail!(
            Malformed,
            "{extended} extended textual headers (bytes 3505-3506) need {first} bytes, the file has {length}"
        );
    }
    Ok(first)
}

/// Revision 2.0 has 32 bits for the number of additional trace headers, 2.1 has 16.
fn additional_headers(fields: &Fields<'_>, revision: [u8; 2]) -> u64 {
    let long = fields.i32(3507);
    let count =
        if revision[1] == 0 && (0..=65_535).contains(&long) { long } else { i32::from(fields.i16(3507)) };
    u64::try_from(count).unwrap_or(0)
}

/// The constant of revision 2 if it is there, else the one order in which the headers make sense.
fn find_byte_order(binary: &[u8], length: u64) -> Result<ByteOrder> {
    match binary.get(96..100) {
        Some([1, 2, 3, 4]) => return Ok(ByteOrder::Big),
        Some([4, 3, 2, 1]) => return Ok(ByteOrder::Little),
        Some([2, 1, 4, 3]) => {
            fail!(
                Unsupported,
                "the file is pair-wise byte-swapped (bytes 3297-3300 are 02 01 04 03): swap its bytes back first"
            )
        }
        _ => {}
    }
    let parsed =
        [ByteOrder::Big, ByteOrder::Little].map(|order| (order, Layout::parse(binary, order, length)));
    match parsed {
        [(_, Ok(_)), (_, Ok(_))] => {
            fail!(Malformed, "the headers make sense in both byte orders: say which one the file has")
        }
        [_, (order, Ok(_))] | [(order, Ok(_)), _] => Ok(order),
        // The order in which more makes sense gives the better message.
        [(_, Err(big)), (_, Err(little))]
            if little.kind() == ErrorKind::Truncated && big.kind() != ErrorKind::Truncated =>
        {
            Err(little)
        }
        [(_, Err(big)), _] => Err(big),
    }
}
