//! Writing volumes: trace for trace after a template, or a new file.

use std::os::unix::fs::FileExt;
use std::path::Path;

use super::header::{TRACE_HEADER, put};
use super::layout::{ByteOrder, Layout};
use super::options::WriteOptions;
use super::read::{SegyVolume, binary_header};
use super::sample;
use super::table::lookup;
use super::text::{self, TEXT_BYTES};
use crate::error::{IoContext, Result, fail};
use crate::output::OutputFile;
use crate::volume::{Block, LiveMask, SampleUnit, SurveyGrid, VolumeSink};

/// A file being written; it has its name only after [`SegyWriter::finish`].
#[derive(Debug)]
pub struct SegyWriter {
    output: OutputFile,
    layout: Layout,
    grid: SurveyGrid,
    live: LiveMask,
    table: Vec<u32>,
    /// Samples written of each position.
    written: Vec<u32>,
}

/// Traces copied at once.
const COPY_TRACES: u64 = 1024;

impl SegyWriter {
    /// A file like `template`: same traces in the same order with the same headers byte for byte, except the sample format
    /// in the binary header. Traces that are not live get zeros.
    ///
    /// # Errors
    /// `InvalidArgument` when `path` is the template; `Unsupported` format; `Io` naming the folder or file.
    pub fn from_template(template: &SegyVolume, path: &Path, options: &WriteOptions) -> Result<Self> {
        sample::check_writable(options.format)?;
        if let (Ok(a), Ok(b)) = (template.path().canonicalize(), path.canonicalize())
            && a == b
        {
            fail!(InvalidArgument, "{} is the file that is read: write to another name", path.display());
        }
        let source = template.layout();
        let mut layout = Layout { format: options.format, ..source.clone() };
        layout.file_bytes = layout.trace_offset(layout.traces);
        let writer = Self {
            output: OutputFile::create(path)?,
            layout,
            grid: crate::volume::VolumeSource::grid(template).clone(),
            live: crate::volume::VolumeSource::live(template).clone(),
            table: template.table().to_vec(),
            written: vec![0; template.table().len()],
        };
        writer.output.file().set_len(writer.layout.file_bytes).on("reserve space in", path)?;
        writer.copy_file_headers(template, options)?;
        writer.copy_trace_headers(template)?;
        Ok(writer)
    }

    fn copy_file_headers(&self, template: &SegyVolume, options: &WriteOptions) -> Result<()> {
        let mut head = vec![0; self.layout.first_trace as usize];
        template.read_at(&mut head, 0)?;
        text::add_history(&mut head[..TEXT_BYTES], &options.history);
        let mut binary = binary_header(template)?;
        put(&mut binary, 3201, 3225, options.format.code().to_be_bytes(), self.layout.byte_order);
        head[TEXT_BYTES..TEXT_BYTES + binary.len()].copy_from_slice(&binary);
        self.write_at(&head, 0)
    }

    fn copy_trace_headers(&self, template: &SegyVolume) -> Result<()> {
        let source = template.layout();
        let (from, to) = (source.trace_bytes() as usize, self.layout.trace_bytes() as usize);
        let header = source.header_bytes as usize;
        for first in (0..source.traces).step_by(COPY_TRACES as usize) {
            let count = COPY_TRACES.min(source.traces - first) as usize;
            let mut old = vec![0; count * from];
            template.read_at(&mut old, source.trace_offset(first))?;
            let mut new = vec![0; count * to];
            for (old, new) in old.chunks_exact(from).zip(new.chunks_exact_mut(to)) {
                new[..header].copy_from_slice(&old[..header]);
            }
            self.write_at(&new, self.layout.trace_offset(first))?;
        }
        Ok(())
    }

    /// A new revision 1 file, big-endian, inline-sorted; positions that are not live have no trace. `text` are up to 38 lines.
    ///
    /// # Errors
    /// `Unsupported` format; `InvalidArgument` when the axes do not fit the headers; `Io` naming the folder or file.
    pub fn create(
        path: &Path,
        grid: &SurveyGrid,
        live: &LiveMask,
        text: &[String],
        options: &WriteOptions,
    ) -> Result<Self> {
        sample::check_writable(options.format)?;
        let (Ok(samples), Ok(interval)) = (u16::try_from(grid.samples.count), interval(grid)) else {
            fail!(
                InvalidArgument,
                "{} samples at {} do not fit SEG-Y revision 1: at most 65535 samples and an interval of 0.001 to 32.767",
                grid.samples.count,
                grid.samples.step
            );
        };
        let mut next = 0;
        let positions = (0..grid.inlines.count).flat_map(|i| (0..grid.crosslines.count).map(move |x| (i, x)));
        let number = |(inline, crossline)| {
            if !live.is_live(inline, crossline) {
                return u32::MAX;
            }
            next += 1;
            next - 1
        };
        let table: Vec<u32> = positions.map(number).collect();
        let mut layout = Layout {
            byte_order: ByteOrder::Big,
            revision: [1, 0],
            format: options.format,
            samples: grid.samples.count,
            interval,
            first_trace: 3600,
            header_bytes: TRACE_HEADER as u64,
            traces: u64::from(next),
            file_bytes: 0,
        };
        layout.file_bytes = layout.trace_offset(layout.traces);
        let written = vec![0; table.len()];
        let writer = Self {
            output: OutputFile::create(path)?,
            layout,
            grid: grid.clone(),
            live: live.clone(),
            table,
            written,
        };
        writer.output.file().set_len(writer.layout.file_bytes).on("reserve space in", path)?;
        let lines: Vec<String> = text.iter().chain(&options.history).cloned().collect();
        let mut head = text::encode(&lines);
        head.extend(writer.new_binary_header(samples));
        writer.write_at(&head, 0)?;
        writer.write_new_trace_headers(samples)?;
        Ok(writer)
    }

    fn new_binary_header(&self, samples: u16) -> Vec<u8> {
        let mut binary = vec![0; super::header::BINARY_HEADER];
        let feet = self.grid.samples.unit == SampleUnit::Feet;
        let fields: [(usize, i16); 10] = [
            (3213, 1),                                // traces per ensemble
            (3217, self.layout.interval),             // sample interval
            (3219, self.layout.interval),             // of the original recording
            (3225, self.layout.format.code() as i16), // sample format
            (3227, 1),                                // ensemble fold
            (3229, 4),                                // stacked
            (3255, if feet { 2 } else { 1 }),         // measurement system
            (3501, 0x0100),                           // revision 1.0
            (3503, 1),                                // fixed trace length
            (3505, 0),                                // no extended textual headers
        ];
        for (position, value) in fields {
            put(&mut binary, 3201, position, value.to_be_bytes(), ByteOrder::Big);
        }
        for position in [3221, 3223] {
            put(&mut binary, 3201, position, samples.to_be_bytes(), ByteOrder::Big);
        }
        binary
    }

    fn write_new_trace_headers(&self, samples: u16) -> Result<()> {
        for inline in 0..self.grid.inlines.count {
            for crossline in 0..self.grid.crosslines.count {
                if let Some(trace) = lookup(&self.table, self.grid.bin(inline, crossline)) {
                    let header = self.new_trace_header(inline, crossline, (trace, samples))?;
                    self.write_at(&header, self.layout.trace_offset(trace))?;
                }
            }
        }
        Ok(())
    }

    fn new_trace_header(
        &self,
        inline: usize,
        crossline: usize,
        (trace, samples): (u64, u16),
    ) -> Result<Vec<u8>> {
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
        let narrow: [(usize, i16); 7] =
            [(25, 1), (27, 1), (29, 1), (69, 1), (71, -100), (89, 1), (109, delay)];
        for (position, value) in narrow {
            put(&mut header, 1, position, value.to_be_bytes(), ByteOrder::Big);
        }
        put(&mut header, 1, 115, samples.to_be_bytes(), ByteOrder::Big);
        put(&mut header, 1, 117, self.layout.interval.to_be_bytes(), ByteOrder::Big);
        Ok(header)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.output.file().write_all_at(bytes, offset).on("write", self.output.path())
    }

    /// Checks that every live trace was written, syncs, and gives the file its name.
    ///
    /// # Errors
    /// `Internal` when samples of a live trace were never written; `Io`.
    pub fn finish(self) -> Result<()> {
        let samples = self.layout.samples as u32;
        for inline in 0..self.grid.inlines.count {
            for crossline in 0..self.grid.crosslines.count {
                let written = self.written[self.grid.bin(inline, crossline)];
                if self.live.is_live(inline, crossline) && written != samples {
                    fail!(
                        Internal,
                        "{written} of {samples} samples were written at inline {}, crossline {}: the volume is incomplete",
                        self.grid.inlines.number(inline),
                        self.grid.crosslines.number(crossline)
                    );
                }
            }
        }
        self.output.commit()
    }
}

/// The interval as headers hold it: microseconds, or thousandths of the depth unit.
fn interval(grid: &SurveyGrid) -> std::result::Result<i16, ()> {
    let value = (grid.samples.step * 1000.0).round();
    if (1.0..=f64::from(i16::MAX)).contains(&value) { Ok(value as i16) } else { Err(()) }
}

impl VolumeSink for SegyWriter {
    fn write_block(&mut self, block: &Block, data: &[f32]) -> Result<()> {
        block.check(&self.grid, data.len())?;
        let n = block.samples.len();
        if n == 0 {
            return Ok(());
        }
        let width = self.layout.format.bytes();
        let skip = self.layout.header_bytes + (block.samples.start * width) as u64;
        let mut bytes = Vec::with_capacity(n * width);
        let positions = block.inlines.clone().flat_map(|i| block.crosslines.clone().map(move |x| (i, x)));
        for ((inline, crossline), samples) in positions.zip(data.chunks_exact(n)) {
            if !self.live.is_live(inline, crossline) {
                continue;
            }
            let bin = self.grid.bin(inline, crossline);
            let Some(trace) = lookup(&self.table, bin) else { continue };
            bytes.clear();
            sample::encode(samples, self.layout.format, self.layout.byte_order, &mut bytes);
            self.write_at(&bytes, self.layout.trace_offset(trace) + skip)?;
            self.written[bin] = self.written[bin].saturating_add(n as u32);
        }
        Ok(())
    }
}
