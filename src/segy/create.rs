//! New files: a full set of valid headers of revision 1 or 2, without a template.

use std::path::Path;
use std::sync::Arc;

use super::byte_order::ByteOrder;
use super::header::{BINARY_HEADER, TRACE_HEADER, put};
use super::layout::{FILE_HEADER, Layout};
use super::options::WriteOptions;
use super::sample::Encoding;
use super::table::TraceTable;
use super::text;
use super::write::SegyWriter;
use crate::error::{IoContext, Result, fail};
use crate::output::OutputFile;
use crate::volume::{LiveMask, SampleUnit, SurveyGrid};

/// Trace headers written at once.
const BATCH: usize = 1024;

impl SegyWriter {
    /// A new file, big-endian, inline-sorted; positions that are not live have no trace. `text` are up to 38 lines.
    ///
    /// # Errors
    /// `Unsupported` format; `InvalidArgument` for a revision other than 1 and 2, or when the axes do not fit the headers;
    /// `Io` naming the folder or file.
    pub fn create(
        path: &Path,
        grid: &SurveyGrid,
        live: &LiveMask,
        text: &[String],
        options: &WriteOptions,
    ) -> Result<Self> {
        let encoding = Encoding { format: options.format, order: ByteOrder::Big, scale: options.factor() };
        encoding.check()?;
        let interval = interval(grid, options.revision)?;
        let traces = live.live_count() as u64;
        let mut table = TraceTable::empty(grid.bin_count());
        let is_live = |bin: &usize| live.is_live(bin / grid.crosslines.count, bin % grid.crosslines.count);
        for (trace, bin) in (0..).zip((0..grid.bin_count()).filter(is_live)) {
            table.push(bin, trace);
        }
        let mut layout = Layout {
            byte_order: ByteOrder::Big,
            revision: [options.revision, 0],
            format: options.format,
            samples: grid.samples.count,
            interval,
            first_trace: FILE_HEADER,
            header_bytes: TRACE_HEADER as u64,
            traces,
            trailer_bytes: 0,
            file_bytes: 0,
            assumptions: Vec::new(),
        };
        layout.file_bytes = layout.trace_offset(layout.traces);
        let written = Some(vec![0; table.len()]);
        let output = OutputFile::create(path)?;
        let writer = Self {
            output,
            layout,
            encoding,
            grid: grid.clone(),
            live: Arc::new(live.clone()),
            table: Arc::new(table),
            written,
        };
        writer.output.file().set_len(writer.layout.file_bytes).on("reserve space in", path)?;
        let lines: Vec<String> = text.iter().cloned().chain(options.lines()).collect();
        let mut head = text::encode(&lines, options.revision);
        head.extend(writer.new_binary_header());
        writer.write_at(&head, 0)?;
        writer.write_new_trace_headers()?;
        Ok(writer)
    }

    fn new_binary_header(&self) -> Vec<u8> {
        let mut binary = vec![0; BINARY_HEADER];
        let layout = &self.layout;
        let feet = self.grid.samples.unit == SampleUnit::Feet;
        let interval = short_interval(layout.interval);
        let fields: [(usize, i16); 10] = [
            (3213, 1),                           // traces per ensemble
            (3217, interval),                    // sample interval
            (3219, interval),                    // of the original recording
            (3225, layout.format.code() as i16), // sample format
            (3227, 1),                           // ensemble fold
            (3229, 4),                           // stacked
            (3255, if feet { 2 } else { 1 }),    // measurement system
            (3501, i16::from_be_bytes(layout.revision)),
            (3503, 1), // fixed trace length
            (3505, 0), // no extended textual headers
        ];
        let mut short = |position, word: [u8; 2]| put(&mut binary, 3201, position, word, ByteOrder::Big);
        for (position, value) in fields {
            short(position, value.to_be_bytes());
        }
        let samples = u16::try_from(layout.samples).unwrap_or(0);
        short(3221, samples.to_be_bytes());
        short(3223, samples.to_be_bytes());
        if layout.revision[0] >= 2 {
            let words = [(3269, layout.samples as u32), (3289, layout.samples as u32), (3297, 0x0102_0304)];
            for (position, value) in words {
                put(&mut binary, 3201, position, value.to_be_bytes(), ByteOrder::Big);
            }
            for position in [3273, 3281] {
                put(&mut binary, 3201, position, layout.interval.to_be_bytes(), ByteOrder::Big);
            }
            for (position, value) in [(3513, layout.traces), (3521, layout.first_trace)] {
                put(&mut binary, 3201, position, value.to_be_bytes(), ByteOrder::Big);
            }
        }
        binary
    }

    fn write_new_trace_headers(&self) -> Result<()> {
        let stride = self.layout.trace_bytes() as usize;
        // Headers of short traces go out together with the zeros between them, long ones alone.
        let batch = ((4 << 20) / stride).clamp(1, BATCH);
        let mut bytes = Vec::new();
        let mut first = 0;
        for (trace, bin) in (0u64..).zip(self.table.occupied()) {
            if bytes.is_empty() {
                first = trace;
            }
            bytes.resize((trace - first) as usize * stride, 0);
            let columns = self.grid.crosslines.count;
            bytes.extend(self.new_trace_header(bin / columns, bin % columns, trace)?);
            if (trace - first) as usize + 1 == batch {
                self.write_at(&bytes, self.layout.trace_offset(first))?;
                bytes.clear();
            }
        }
        self.write_at(&bytes, self.layout.trace_offset(first))
    }

    fn new_trace_header(&self, inline: usize, crossline: usize, trace: u64) -> Result<Vec<u8>> {
        let mut header = vec![0; TRACE_HEADER];
        let sequence = (trace + 1).min(i32::MAX as u64) as i32;
        let mut wide = vec![
            (1, sequence),
            (5, sequence),
            (9, self.grid.inlines.number(inline)),
            (21, self.grid.crosslines.number(crossline)),
            (189, self.grid.inlines.number(inline)),
            (193, self.grid.crosslines.number(crossline)),
        ];
        if let Some(georef) = &self.grid.georef {
            let [x, y] =
                georef.position(inline as f64, crossline as f64).map(|value| (value * 100.0).round());
            if x.abs().max(y.abs()) > f64::from(i32::MAX) {
                fail!(
                    InvalidArgument,
                    "the coordinates {x}, {y} (in hundredths) do not fit the trace header"
                );
            }
            let (x, y) = (x as i32, y as i32);
            wide.extend([(73, x), (77, y), (81, x), (85, y), (181, x), (185, y)]);
        }
        for (position, value) in wide {
            put(&mut header, 1, position, value.to_be_bytes(), ByteOrder::Big);
        }
        let delay = self.grid.samples.first.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16;
        // Trace 1 of its ensemble, live, coordinates in hundredths of a unit of length, delay, interval.
        let narrow: [(usize, i16); 8] = [
            (25, 1),
            (27, 1),
            (29, 1),
            (69, 1),
            (71, -100),
            (89, 1),
            (109, delay),
            (117, short_interval(self.layout.interval)),
        ];
        for (position, value) in narrow {
            put(&mut header, 1, position, value.to_be_bytes(), ByteOrder::Big);
        }
        let samples = u16::try_from(self.layout.samples).unwrap_or(0);
        put(&mut header, 1, 115, samples.to_be_bytes(), ByteOrder::Big);
        if self.layout.revision[0] >= 2 {
            header[232..240].copy_from_slice(b"SEG00000");
        }
        Ok(header)
    }
}

/// The interval as headers hold it: microseconds, or thousandths of the depth unit.
fn interval(grid: &SurveyGrid, revision: u8) -> Result<f64> {
    let value = grid.samples.step * 1000.0;
    match revision {
        1 => {
            let whole = value.round();
            let fits = (1.0..=f64::from(i16::MAX)).contains(&whole) && (whole - value).abs() < 1e-6 * value;
            if !fits || grid.samples.count > usize::from(u16::MAX) {
                fail!(
                    InvalidArgument,
                    "{} samples at {} do not fit SEG-Y revision 1: at most 65535 samples, and an interval of 0.001 to 32.767 in steps of 0.001; write revision 2",
                    grid.samples.count,
                    grid.samples.step
                );
            }
            Ok(whole)
        }
        2 => {
            if u32::try_from(grid.samples.count).is_err() {
                fail!(InvalidArgument, "{} samples per trace do not fit SEG-Y", grid.samples.count);
            }
            Ok(value)
        }
        other => fail!(InvalidArgument, "SEG-Y is written in revision 1 or 2, not {other}"),
    }
}

/// The 16 bits of the interval; 0 where it does not fit, and revision 2's double says it.
fn short_interval(interval: f64) -> i16 {
    if (1.0..=f64::from(i16::MAX)).contains(&interval) && interval.fract() == 0.0 {
        interval as i16
    } else {
        0
    }
}
