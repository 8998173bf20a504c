//! Whether a file is what common readers demand: the standard's mandatory fields, and what Petrel, OpendTect, segyio and
//! Madagascar stumble over.

use serde::Serialize;

use super::byte_order::ByteOrder;
use super::header::{Fields, TRACE_HEADER};
use super::options::HeaderBytes;
use super::read::SegyVolume;
use crate::error::Result;

/// A demand that a file does not meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// First byte of the field: of the file for file headers, of the trace header for trace headers; from 1.
    pub byte: u32,
    /// What was found, what was expected, and who minds.
    pub text: String,
}

/// Traces looked at, evenly spread, first and last included.
const TRACES: u64 = 256;
/// Findings of one kind about traces are told once.
type Demand = (u32, &'static str, fn(&Fields<'_>, &SegyVolume) -> Option<String>);

impl SegyVolume {
    /// The demands that the file does not meet; empty for a file that every common reader takes as it is.
    ///
    /// # Errors
    /// `Io`, `Truncated`.
    pub fn violations(&self) -> Result<Vec<Violation>> {
        let mut found = Vec::new();
        self.check_text(&mut found);
        self.check_binary(&mut found)?;
        self.check_positions(&mut found);
        self.check_traces(&mut found)?;
        Ok(found)
    }

    fn check_text(&self, found: &mut Vec<Violation>) {
        let text = &self.summary.text;
        let numbered = text.iter().filter(|line| line.starts_with('C') || line.starts_with('c')).count();
        if numbered < 40 {
            found.push(violation(
                1,
                format!("{numbered} of the 40 lines of the textual header begin with C, as all should"),
            ));
        }
        let last = text.get(39).map(|line| line.to_uppercase()).unwrap_or_default();
        let revision = self.layout.revision[0];
        if revision >= 1 && !(last.contains("END TEXTUAL HEADER") || last.contains("END EBCDIC")) {
            found.push(violation(
                3121,
                "line 40 of the textual header is not END TEXTUAL HEADER (or END EBCDIC), as revision 1 asks"
                    .to_owned(),
            ));
        }
    }

    fn check_binary(&self, found: &mut Vec<Violation>) -> Result<()> {
        let binary = self.binary_header()?;
        let layout = &self.layout;
        let fields = Fields::binary(&binary, layout.byte_order);
        let mut demand = |met: bool, byte: u32, text: String| {
            if !met {
                found.push(violation(byte, text));
            }
        };
        let revision = layout.revision[0];
        demand(
            revision >= 1,
            3501,
            "the revision is 0: readers then trust no byte position beyond 180".to_owned(),
        );
        demand(
            layout.byte_order == ByteOrder::Big || revision >= 2,
            3297,
            "numbers are not big-endian, which only revision 2 allows".to_owned(),
        );
        let code = layout.format.code();
        let allowed: &[u16] =
            if revision >= 2 { &[1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16] } else { &[1, 2, 3, 5, 8] };
        demand(
            allowed.contains(&code),
            3225,
            format!("sample format {code} is none of revision {revision}'s"),
        );
        demand(
            matches!(code, 1 | 2 | 3 | 5 | 8),
            3225,
            format!("sample format {code} is read by few programs; 1 (IBM) and 5 (IEEE) by all"),
        );
        self.check_sizes(&fields, found);
        Ok(())
    }

    fn check_sizes(&self, fields: &Fields<'_>, found: &mut Vec<Violation>) {
        let layout = &self.layout;
        let mut demand = |met: bool, byte: u32, text: String| {
            if !met {
                found.push(violation(byte, text));
            }
        };
        let fixed = fields.i16(3503);
        demand(
            layout.revision[0] == 0 || fixed == 1,
            3503,
            format!(
                "the fixed-length flag is {fixed}, expected 1: readers may look at every trace for its length"
            ),
        );
        let (samples, interval) = (fields.u16(3221), fields.i16(3217));
        demand(
            samples > 0 && usize::from(samples) == layout.samples,
            3221,
            format!(
                "the samples per trace are {samples} here, {} in truth: readers of revision 1 look here only",
                layout.samples
            ),
        );
        demand(
            layout.samples <= 32_767,
            3221,
            format!(
                "{} samples per trace are more than readers take that know signed numbers only",
                layout.samples
            ),
        );
        demand(
            interval > 0,
            3217,
            format!("the sample interval is {interval}, expected microseconds above 0"),
        );
        let units = fields.i16(3255);
        demand(
            matches!(units, 1 | 2),
            3255,
            format!("the measurement system is {units}, expected 1 (metres) or 2 (feet)"),
        );
    }

    fn check_positions(&self, found: &mut Vec<Violation>) {
        let (bytes, standard) = (self.summary.traces.bytes, HeaderBytes::default());
        let pairs = [
            (bytes.inline, standard.inline, "inline number"),
            (bytes.crossline, standard.crossline, "crossline number"),
            (bytes.x, standard.x, "x coordinate"),
            (bytes.y, standard.y, "y coordinate"),
        ];
        for (here, there, name) in pairs.into_iter().filter(|(here, there, _)| here != there) {
            found.push(violation(
                there.byte.into(),
                format!("the {name} is at bytes {here} of the trace header, not at {there}: each reader must be told"),
            ));
        }
        if self.grid.georef.is_none() {
            found.push(violation(
                181,
                "the coordinates span no plane: the survey has no place on the map".to_owned(),
            ));
        }
        let summary = &self.summary.traces;
        if summary.duplicates > 0 {
            found.push(violation(
                189,
                format!("{} traces share their line numbers with another", summary.duplicates),
            ));
        }
    }

    fn check_traces(&self, found: &mut Vec<Violation>) -> Result<()> {
        let demands: [Demand; 7] = [
            (1, "trace sequence number", |fields, _| wrong(fields.i32(1) <= 0, fields.i32(1), "above 0")),
            (29, "trace identification code", |fields, _| {
                wrong(!matches!(fields.i16(29), 1..=3), fields.i16(29), "1 (live), 2 (dead) or 3 (dummy)")
            }),
            (71, "coordinate scalar", |fields, _| {
                let usual = matches!(fields.i16(71).unsigned_abs(), 1 | 10 | 100 | 1000 | 10_000);
                wrong(!usual, fields.i16(71), "1, 10, 100, 1000 or 10000, positive or negative")
            }),
            (89, "coordinate units", |fields, _| {
                wrong(!matches!(fields.i16(89), 1..=4), fields.i16(89), "1 (length) to 4")
            }),
            (115, "number of samples", |fields, volume| {
                let stated = usize::from(fields.u16(115));
                let fits = stated == volume.layout.samples || volume.layout.samples > 65_535;
                wrong(!fits, stated, "that of the binary header")
            }),
            (117, "sample interval", |fields, volume| {
                let stated = f64::from(fields.i16(117));
                let fits = stated == volume.layout.interval || volume.layout.interval.fract() != 0.0;
                wrong(!fits, stated, "that of the binary header")
            }),
            (181, "pair of coordinates", |fields, _| {
                let [x, y] = [fields.i32(181), fields.i32(185)];
                wrong(fields.i16(29) != 2 && x == 0 && y == 0, "0, 0".to_owned(), "the bin's own")
            }),
        ];
        let traces = self.layout.traces;
        let looked = traces.min(TRACES);
        let mut first: [Option<(u64, String)>; 7] = Default::default();
        for k in 0..looked {
            let trace = if looked > 1 { k * (traces - 1) / (looked - 1) } else { 0 };
            let mut header = [0; TRACE_HEADER];
            self.file.read_at(&mut header, self.layout.trace_offset(trace))?;
            let fields = Fields::trace(&header, self.layout.byte_order);
            for (place, (_, _, demand)) in first.iter_mut().zip(&demands) {
                if place.is_none() {
                    *place = demand(&fields, self).map(|text| (trace, text));
                }
            }
        }
        for (place, (byte, name, _)) in first.into_iter().zip(demands) {
            if let Some((trace, text)) = place {
                found.push(violation(
                    byte,
                    format!("the {name} of trace {trace} (from 0, of {looked} looked at) {text}"),
                ));
            }
        }
        Ok(())
    }
}

fn violation(byte: u32, text: String) -> Violation {
    Violation { byte, text }
}

fn wrong(is_wrong: bool, found: impl std::fmt::Display, expected: &str) -> Option<String> {
    is_wrong.then(|| format!("is {found}, expected {expected}"))
}
