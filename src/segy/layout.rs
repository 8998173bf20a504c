//! Where things are in a file: revision, sample format, trace size, first and last trace.

use serde::Serialize;

use super::byte_order::ByteOrder;
use super::file::SegyFile;
use super::header::{BINARY_HEADER, Fields, TRACE_HEADER};
use super::sample::SampleFormat;
use super::text::{TEXT_BYTES, is_end_text};
use crate::error::{Error, ErrorKind, Result, fail};

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
    pub interval: f64,
    /// Byte of the first trace header.
    pub first_trace: u64,
    /// Bytes of a trace's headers: 240, or more with revision 2's additional headers.
    pub header_bytes: u64,
    /// Traces in the file.
    pub traces: u64,
    /// Bytes of revision 2's trailer after the last trace.
    pub trailer_bytes: u64,
    /// Bytes of the whole file.
    pub file_bytes: u64,
    /// What the headers leave open or say wrongly, and what was taken instead, one sentence each.
    pub assumptions: Vec<String>,
}

/// Bytes of the textual and the binary file header.
pub(super) const FILE_HEADER: u64 = (TEXT_BYTES + BINARY_HEADER) as u64;

fn malformed(byte: u64, text: String) -> Error {
    Error::new(ErrorKind::Malformed, text).at_byte(byte)
}

impl Layout {
    /// Bytes of one trace's samples.
    pub fn sample_bytes(&self) -> u64 {
        self.samples as u64 * self.format.bytes() as u64
    }

    /// Bytes from one trace to the next.
    pub fn trace_bytes(&self) -> u64 {
        self.header_bytes + self.sample_bytes()
    }

    /// Byte of the header of trace `number` (from 0).
    pub fn trace_offset(&self, number: u64) -> u64 {
        self.first_trace + number * self.trace_bytes()
    }

    /// What the headers say when their numbers have this byte order.
    pub(super) fn parse(file: &mut SegyFile, order: ByteOrder) -> Result<Self> {
        file.swapped = order == ByteOrder::PairSwapped;
        let length = file.length();
        if file.swapped && length % 2 == 1 {
            fail!(
                Malformed,
                "the file has {length} bytes, an odd number: its byte pairs cannot be exchanged, as its headers or the caller say"
            );
        }
        let mut binary = [0; BINARY_HEADER];
        file.read_at(&mut binary, TEXT_BYTES as u64)?;
        let fields = Fields::binary(&binary, order);
        let code = fields.u16(3225);
        let Some(format) = SampleFormat::from_code(code) else {
            return Err(malformed(
                3224,
                format!(
                    "the sample format code (binary header bytes 3225-3226) is {code}, expected {}: not a SEG-Y file, or another byte order",
                    SampleFormat::known()
                ),
            ));
        };
        let revision = revision(&fields);
        let first_trace = first_trace(file, &fields, revision)?;
        if first_trace == length {
            fail!(Truncated, "the file ends after its headers ({length} bytes): there is no trace");
        }
        let mut layout = Self {
            byte_order: order,
            revision,
            format,
            samples: 0,
            interval: interval(&fields, revision),
            first_trace,
            header_bytes: TRACE_HEADER as u64,
            traces: 0,
            trailer_bytes: 0,
            file_bytes: length,
            assumptions: Vec::new(),
        };
        if revision[0] >= 2 {
            layout.trailer_bytes = layout.trailer(&fields)?;
        }
        layout.settle_traces(file, &fields)?;
        layout.check_trace_count(&fields)?;
        if format == SampleFormat::FixedGain {
            let sign = if revision[0] >= 2 { "divided" } else { "multiplied" };
            layout.assumptions.push(format!(
                "format 4: samples are {sign} by 2 to the power of their gain code, as revision {} has it; the revisions disagree",
                revision[0]
            ));
        }
        Ok(layout)
    }

    /// Bytes after the traces that are none.
    fn trailer(&self, fields: &Fields<'_>) -> Result<u64> {
        let records = fields.i32(3529);
        if let Ok(records) = u64::try_from(records) {
            let bytes = records * TEXT_BYTES as u64;
            if bytes > self.file_bytes - self.first_trace {
                return Err(malformed(
                    3528,
                    format!(
                        "the trailer (binary header bytes 3529-3532) has {records} records of {TEXT_BYTES} bytes, the file only {} bytes after its headers",
                        self.file_bytes - self.first_trace
                    ),
                ));
            }
            return Ok(bytes);
        }
        // "Not known": told by the number of traces, later.
        Ok(0)
    }

    /// Finds samples per trace and header size with which the file's length is a whole number of traces.
    fn settle_traces(&mut self, file: &SegyFile, fields: &Fields<'_>) -> Result<()> {
        let stated = stated_samples(fields, self.revision);
        let mut first = [0; TRACE_HEADER];
        let in_trace = match file.read_at(&mut first, self.first_trace) {
            Ok(()) => u32::from(Fields::trace(&first, self.byte_order).u16(115)),
            Err(_) => 0,
        };
        if stated == 0 && in_trace == 0 {
            return Err(malformed(
                3220,
                "the number of samples per trace is 0 in the binary header (bytes 3221-3222) and in the first trace (bytes 115-116), expected at least 1: repair the header".to_owned(),
            ));
        }
        let candidates = self.additional_headers(fields);
        for samples in [stated, in_trace].into_iter().filter(|samples| *samples > 0) {
            for &extra in &candidates {
                self.samples = samples as usize;
                self.header_bytes = TRACE_HEADER as u64 * (1 + extra);
                if self.divides(fields) {
                    if extra != candidates[0] {
                        self.assumptions.push(format!(
                            "the number of additional trace headers (bytes 3507-3510) is read as {extra}: the revisions store it differently, and the file's size agrees with that"
                        ));
                    }
                    if samples != stated {
                        self.assumptions.push(format!(
                            "the binary header says {stated} samples per trace (bytes 3221-3222), the first trace {in_trace} (bytes 115-116): the file's size agrees with the latter"
                        ));
                    }
                    return Ok(());
                }
            }
        }
        self.samples = if stated > 0 { stated } else { in_trace } as usize;
        self.header_bytes = TRACE_HEADER as u64 * (1 + candidates[0]);
        Err(self.no_whole_traces(file))
    }

    /// Numbers of additional trace headers to try. Revision 2.0 has 32 bits for it, 2.1 has 16.
    fn additional_headers(&self, fields: &Fields<'_>) -> Vec<u64> {
        if self.revision[0] < 2 {
            return vec![0];
        }
        let (long, short) = (i64::from(fields.i32(3507)), i64::from(fields.i16(3507)));
        let ordered = if self.revision[1] == 0 { [long, short] } else { [short, long] };
        let mut found: Vec<u64> = ordered
            .into_iter()
            .filter(|count| (0..=65_535).contains(count))
            .map(|count| count as u64)
            .collect();
        found.dedup();
        if found.is_empty() { vec![0] } else { found }
    }

    /// Whether the bytes between headers and trailer are a whole number of traces, at least one; sets that number.
    fn divides(&mut self, fields: &Fields<'_>) -> bool {
        let body = self.file_bytes - self.first_trace;
        let trace = self.trace_bytes();
        if self.revision[0] >= 2 && fields.i32(3529) < 0 {
            // The trailer's length is not known: the stated number of traces tells where it begins.
            let traces = fields.u64(3513);
            let Some(bytes) = traces.checked_mul(trace).filter(|bytes| traces > 0 && *bytes <= body) else {
                return false;
            };
            self.traces = traces;
            self.trailer_bytes = body - bytes;
            return self.trailer_bytes.is_multiple_of(TEXT_BYTES as u64);
        }
        let body = body - self.trailer_bytes;
        self.traces = body / trace;
        body >= trace && body.is_multiple_of(trace)
    }

    fn no_whole_traces(&self, file: &SegyFile) -> Error {
        let body = self.file_bytes - self.first_trace - self.trailer_bytes;
        let (trace, samples, code) = (self.trace_bytes(), self.samples, self.format.code());
        let lengths = self.second_trace_samples(file);
        let why = match lengths {
            Some(second) if second > 0 && second as usize != samples && body > trace => format!(
                "the second trace says {second} samples (bytes 115-116), so traces may differ in length, which is not read"
            ),
            _ => "the file is cut short, or its sample count or format is wrong".to_owned(),
        };
        Error::new(
            ErrorKind::Truncated,
            format!(
                "{body} bytes follow the headers; traces of {samples} samples (bytes 3221-3222) in format {code} have {trace} bytes, so {} bytes are left over after {} traces: {why}",
                body % trace,
                body / trace
            ),
        )
        .at_byte(self.first_trace + body / trace * trace)
    }

    /// What the second trace says of its length, if it is where the first one's end says.
    fn second_trace_samples(&self, file: &SegyFile) -> Option<u16> {
        let mut header = [0; TRACE_HEADER];
        file.read_at(&mut header, self.first_trace + self.trace_bytes()).ok()?;
        Some(Fields::trace(&header, self.byte_order).u16(115))
    }

    fn check_trace_count(&self, fields: &Fields<'_>) -> Result<()> {
        let stated = fields.u64(3513);
        if self.revision[0] >= 2 && stated > 0 && stated != self.traces {
            return Err(malformed(
                3512,
                format!(
                    "the binary header says {stated} traces (bytes 3513-3520), the file's size is that of {}: it is cut short, or the header is wrong",
                    self.traces
                ),
            ));
        }
        Ok(())
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

/// Samples per trace: the 32 bits of revision 2 when they are set, or when the 16 bits are 0.
fn stated_samples(fields: &Fields<'_>, revision: [u8; 2]) -> u32 {
    let (short, long) = (u32::from(fields.u16(3221)), fields.u32(3269));
    if revision[0] >= 2 && long > 0 { long } else { short }
}

/// Microseconds, or thousandths of the depth unit: revision 2's double when it is set.
fn interval(fields: &Fields<'_>, revision: [u8; 2]) -> f64 {
    let long = fields.f64(3273);
    if revision[0] >= 2 && long.is_finite() && long > 0.0 { long } else { f64::from(fields.i16(3217)) }
}

fn first_trace(file: &SegyFile, fields: &Fields<'_>, revision: [u8; 2]) -> Result<u64> {
    let length = file.length();
    let stated = fields.u64(3521);
    if revision[0] >= 2 && stated > 0 {
        if !(FILE_HEADER..=length).contains(&stated) {
            return Err(malformed(
                3520,
                format!(
                    "the first trace's byte (binary header bytes 3521-3528) is {stated}, expected {FILE_HEADER} to the file's {length}"
                ),
            ));
        }
        return Ok(stated);
    }
    let extended = if revision[0] >= 1 { fields.i16(3505) } else { 0 };
    let Ok(extended) = u64::try_from(extended) else {
        return end_of_text(file);
    };
    let first = FILE_HEADER + extended * TEXT_BYTES as u64;
    if first > length {
        return Err(malformed(
            3504,
            format!(
                "{extended} extended textual headers (bytes 3505-3506) need {first} bytes, the file has {length}"
            ),
        ));
    }
    Ok(first)
}

/// The byte after the extended textual header that says `((SEG: EndText))`.
fn end_of_text(file: &SegyFile) -> Result<u64> {
    let mut record = [0; TEXT_BYTES];
    let mut at = FILE_HEADER;
    while at + TEXT_BYTES as u64 <= file.length() {
        file.read_at(&mut record, at)?;
        at += TEXT_BYTES as u64;
        if is_end_text(&record) {
            return Ok(at);
        }
    }
    Err(malformed(
        3504,
        "the number of extended textual headers (bytes 3505-3506) is negative, which means that one of them says ((SEG: EndText)), but none does".to_owned(),
    ))
}
