//! A SEG-Y file as a volume.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::file::SegyFile;
use super::header::{BINARY_HEADER, TRACE_HEADER};
use super::layout::Layout;
use super::sample;
use super::summary::Summary;
use super::table::TraceTable;
use super::text::TEXT_BYTES;
use crate::error::{Result, fail};
use crate::volume::{Block, LiveMask, SurveyGrid, VolumeSource};

/// An opened file: headers understood, geometry known, samples on demand. May be read from several threads.
#[derive(Debug)]
pub struct SegyVolume {
    pub(super) file: SegyFile,
    pub(super) layout: Layout,
    pub(super) grid: SurveyGrid,
    pub(super) live: Arc<LiveMask>,
    /// Shared with what is written after it.
    pub(super) table: Arc<TraceTable>,
    pub(super) summary: Summary,
    /// What samples are multiplied by after decoding: 1, or what this library's own integer files say.
    pub(super) factor: f32,
}

/// Bytes read at once: fits into a core's own cache, where they are decoded from.
const RUN_BYTES: u64 = 1 << 18;
/// Bytes between two wanted parts from which on they are read one by one.
const GAP_BYTES: u64 = 8192;
/// Work below this is not spread over threads.
const SMALL_BYTES: u64 = 256 << 10;

thread_local! {
    /// Raw bytes of one run, kept because fresh memory costs more than reading into it.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A trace of the file and the place for its samples.
type Wanted<'a> = (u64, &'a mut [f32]);

impl SegyVolume {
    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes of the file when it was opened.
    pub fn file_bytes(&self) -> u64 {
        self.file.length()
    }

    /// When the file was last changed, if the system tells.
    pub fn modified(&self) -> Option<std::time::SystemTime> {
        self.file.modified()
    }

    /// SHA-256 over some of its bytes, spread over the whole file: a cheap way to tell surveys of one size apart.
    ///
    /// # Errors
    /// `Io`, `Truncated`.
    pub fn probe(&self) -> Result<String> {
        self.file.probe()
    }

    /// What was found and assumed.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The trace (from 0, in file order) at a position of the grid, dead ones included.
    pub fn trace_number(&self, inline: usize, crossline: usize) -> Option<u64> {
        if crossline >= self.grid.crosslines.count {
            return None;
        }
        self.table.get(self.grid.bin(inline, crossline))
    }

    /// The 240 bytes of a trace header (trace from 0, in file order).
    ///
    /// # Errors
    /// `OutOfRange` when the file has no such trace; `Io`, `Truncated`.
    pub fn trace_header(&self, trace: u64) -> Result<[u8; TRACE_HEADER]> {
        if trace >= self.layout.traces {
            fail!(OutOfRange, "there is no trace {trace}, the file has {}", self.layout.traces);
        }
        let mut header = [0; TRACE_HEADER];
        self.file.read_at(&mut header, self.layout.trace_offset(trace))?;
        Ok(header)
    }

    /// Reads the samples `samples` of the traces at `positions` (inline and crossline index, any order, also repeated) into
    /// `out`, trace after trace; 0 where there is no live trace. The way to read a polyline or a well path.
    ///
    /// # Errors
    /// `OutOfRange` for a position or sample outside the grid, `InvalidArgument` for a buffer of another size, `Io`, `Truncated`.
    pub fn read_positions(
        &self,
        positions: &[(usize, usize)],
        samples: Range<usize>,
        out: &mut [f32],
    ) -> Result<()> {
        let [inlines, crosslines, count] = self.grid.shape();
        if samples.start > samples.end || samples.end > count {
            fail!(OutOfRange, "samples {samples:?}: the survey has {count}");
        }
        if let Some((i, x)) = positions.iter().find(|(i, x)| *i >= inlines || *x >= crosslines) {
            fail!(
                OutOfRange,
                "position {i}, {x}: the survey has {inlines} inlines and {crosslines} crosslines"
            );
        }
        if positions.len().checked_mul(samples.len()) != Some(out.len()) {
            fail!(
                InvalidArgument,
                "the buffer holds {} samples, {} traces of {} are to be read",
                out.len(),
                positions.len(),
                samples.len()
            );
        }
        self.fill(positions.iter().copied(), samples, out)
    }

    fn fill(
        &self,
        positions: impl Iterator<Item = (usize, usize)>,
        samples: Range<usize>,
        out: &mut [f32],
    ) -> Result<()> {
        if samples.is_empty() {
            return Ok(());
        }
        let mut wanted: Vec<Wanted<'_>> = Vec::with_capacity(out.len() / samples.len());
        for ((inline, crossline), place) in positions.zip(out.chunks_exact_mut(samples.len())) {
            match self.table.get(self.grid.bin(inline, crossline)) {
                Some(trace) if self.live.is_live(inline, crossline) => wanted.push((trace, place)),
                _ => place.fill(0.0),
            }
        }
        self.read_traces(wanted, &samples)
    }

    fn read_traces(&self, mut wanted: Vec<Wanted<'_>>, samples: &Range<usize>) -> Result<()> {
        wanted.sort_unstable_by_key(|(trace, _)| *trace);
        let trace = self.layout.trace_bytes();
        let part = (samples.len() * self.layout.format.bytes()) as u64;
        let together = trace - part <= GAP_BYTES;
        let longest = (RUN_BYTES / trace).max(1) as usize;
        let total = wanted.len() as u64 * if together { trace } else { part };
        let tasks: Vec<&mut [Wanted<'_>]> = wanted
            .chunk_by_mut(|left, right| together && left.0 + 1 == right.0)
            .flat_map(|run| run.chunks_mut(longest))
            .collect();
        if total <= SMALL_BYTES || tasks.len() < 2 {
            return tasks.into_iter().try_for_each(|run| self.read_run(run, samples));
        }
        // Tasks of a few traces each go out in bundles.
        let bundle = (tasks.len() as u64 * SMALL_BYTES / 4).div_ceil(total.max(1)).max(1) as usize;
        tasks.into_par_iter().with_min_len(bundle).try_for_each(|run| self.read_run(run, samples))
    }

    /// Reads consecutive traces.
    fn read_run(&self, run: &mut [Wanted<'_>], samples: &Range<usize>) -> Result<()> {
        let Some(&(first, _)) = run.first() else { return Ok(()) };
        let layout = &self.layout;
        let width = layout.format.bytes();
        let skip = layout.header_bytes + (samples.start * width) as u64;
        let part = samples.len() * width;
        let stride = layout.trace_bytes() as usize;
        let length = (run.len() - 1) * stride + part;
        let decode = |bytes: &mut Vec<u8>| {
            if bytes.len() < length {
                bytes.resize(length, 0);
            }
            self.file.read_at(&mut bytes[..length], layout.trace_offset(first) + skip)?;
            for (raw, (_, place)) in bytes[..length].chunks(stride).zip(run) {
                sample::decode(&raw[..part], layout.format, layout.byte_order, layout.revision, place);
                if self.factor != 1.0 {
                    place.iter_mut().for_each(|sample| *sample *= self.factor);
                }
            }
            Ok(())
        };
        if length as u64 > 2 * RUN_BYTES {
            // One huge trace: not kept.
            return decode(&mut Vec::new());
        }
        BUFFER.with_borrow_mut(decode)
    }

    /// The textual and the binary file header and all that follows before the first trace.
    pub(super) fn file_headers(&self) -> Result<Vec<u8>> {
        let mut head = vec![0; self.layout.first_trace as usize];
        self.file.read_at(&mut head, 0)?;
        Ok(head)
    }

    /// The binary file header.
    pub(super) fn binary_header(&self) -> Result<[u8; BINARY_HEADER]> {
        let mut binary = [0; BINARY_HEADER];
        self.file.read_at(&mut binary, TEXT_BYTES as u64)?;
        Ok(binary)
    }
}

impl VolumeSource for SegyVolume {
    fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    fn live(&self) -> &LiveMask {
        &self.live
    }

    fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()> {
        block.check(&self.grid, out.len())?;
        let positions = block.inlines.clone().flat_map(|i| block.crosslines.clone().map(move |x| (i, x)));
        self.fill(positions, block.samples.clone(), out)
    }
}
