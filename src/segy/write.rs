//! Writing volumes: a file whose headers stand and whose samples come block by block, in any order.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::byte_order::ByteOrder;
use super::header::put;
use super::journal::{Journal, Stretch};
use super::layout::Layout;
use super::options::WriteOptions;
use super::read::SegyVolume;
use super::sample::Encoding;
use super::table::TraceTable;
use super::text::{self, TEXT_BYTES};
use crate::error::{IoContext, Result, fail};
use crate::output::OutputFile;
use crate::volume::{Block, LiveMask, SurveyGrid, VolumeSink};

/// A file being written; it has its name only after [`SegyWriter::finish`].
#[derive(Debug)]
pub struct SegyWriter {
    pub(super) output: OutputFile,
    pub(super) layout: Layout,
    pub(super) encoding: Encoding,
    pub(super) grid: SurveyGrid,
    pub(super) live: LiveMask,
    pub(super) table: TraceTable,
    /// Samples written of each position.
    pub(super) written: Vec<u32>,
    pub(super) journal: Option<Journal>,
}

/// Bytes of traces copied at once.
const COPY_BYTES: u64 = 4 << 20;
/// Traces that one thread encodes at a time.
const TASK: usize = 64;

impl SegyWriter {
    /// A file like `template`: same traces in the same order with the same headers byte for byte, except the sample format
    /// in the binary header (and, in a file whose byte pairs were swapped, that they no longer are). Traces that are not
    /// live get zeros.
    ///
    /// # Errors
    /// `InvalidArgument` when `path` is the template or for a scale that is none; `Unsupported` format; `Io` naming the
    /// folder or file.
    pub fn from_template(template: &SegyVolume, path: &Path, options: &WriteOptions) -> Result<Self> {
        if let (Ok(a), Ok(b)) = (template.path().canonicalize(), path.canonicalize())
            && a == b
        {
            fail!(InvalidArgument, "{} is the file that is read: write to another name", path.display());
        }
        let source = &template.layout;
        let byte_order = match source.byte_order {
            ByteOrder::Little => ByteOrder::Little,
            ByteOrder::Big | ByteOrder::PairSwapped => ByteOrder::Big,
        };
        let mut layout = Layout { format: options.format, byte_order, ..source.clone() };
        layout.file_bytes = layout.trace_offset(layout.traces) + layout.trailer_bytes;
        let encoding = Encoding { format: options.format, order: byte_order, scale: options.factor() };
        encoding.check()?;
        let output =
            if options.resume.is_some() { OutputFile::resume(path)? } else { OutputFile::create(path)? };
        let mut writer = Self {
            output,
            layout,
            encoding,
            grid: template.grid.clone(),
            live: template.live.clone(),
            table: template.table.clone(),
            written: vec![0; template.table.len()],
            journal: None,
        };
        if let Some(work) = &options.resume
            && writer.take_up(&identity(template, options, work))?
        {
            return Ok(writer);
        }
        writer.output.file().set_len(writer.layout.file_bytes).on("reserve space in", path)?;
        writer.copy_file_headers(template, options)?;
        writer.copy_trace_headers(template)?;
        writer.copy_trailer(template)?;
        if let Some(work) = &options.resume {
            let place = Journal::place(writer.output.temporary_path());
            let identity = identity(template, options, work);
            writer.journal = Some(Journal::open(place, &identity, true, writer.output.file())?);
        }
        Ok(writer)
    }

    /// Goes on with the unfinished file if its journal is of this work; else it is emptied.
    fn take_up(&mut self, identity: &str) -> Result<bool> {
        let place = Journal::place(self.output.temporary_path());
        let length =
            self.output.file().metadata().on("read the size of", self.output.temporary_path())?.len();
        let known = Journal::read(&place, identity).filter(|_| length == self.layout.file_bytes);
        let Some(stretches) = known else {
            self.output.file().set_len(0).on("empty", self.output.temporary_path())?;
            return Ok(false);
        };
        for position in stretches.into_iter().flat_map(Stretch::positions) {
            if let Some(written) = self.written.get_mut(position) {
                *written = self.layout.samples as u32;
            }
        }
        self.journal = Some(Journal::open(place, identity, false, self.output.file())?);
        Ok(true)
    }

    fn copy_file_headers(&self, template: &SegyVolume, options: &WriteOptions) -> Result<()> {
        let mut head = template.file_headers()?;
        text::forget_scale(&mut head[..TEXT_BYTES]);
        text::add_history(&mut head[..TEXT_BYTES], &options.lines());
        let order = self.layout.byte_order;
        let mut put = |position, word: [u8; 2]| put(&mut head[TEXT_BYTES..], 3201, position, word, order);
        put(3225, options.format.code().to_be_bytes());
        let stated = template.binary_header()?;
        let stated = super::header::Fields::binary(&stated, order);
        if let Ok(samples) = u16::try_from(self.layout.samples)
            && stated.u16(3221) != samples
            && !(self.layout.revision[0] >= 2 && stated.u32(3269) > 0)
        {
            put(3221, samples.to_be_bytes());
        }
        if template.layout.byte_order == ByteOrder::PairSwapped && stated.u32(3297) != 0 {
            head[3296..3300].copy_from_slice(&[1, 2, 3, 4]);
        }
        self.write_at(&head, 0)
    }

    fn copy_trace_headers(&self, template: &SegyVolume) -> Result<()> {
        let source = &template.layout;
        let (from, to) = (source.trace_bytes() as usize, self.layout.trace_bytes() as usize);
        let header = source.header_bytes as usize;
        let count = (COPY_BYTES / source.trace_bytes()).max(1);
        let firsts: Vec<u64> = (0..source.traces).step_by(count as usize).collect();
        firsts.into_par_iter().try_for_each_init(
            || (Vec::new(), Vec::new()),
            |(old, new), first| {
                let count = count.min(source.traces - first) as usize;
                // The last trace's samples are neither read nor written: they may be beyond any sensible buffer.
                old.resize((count - 1) * from + header, 0);
                new.clear();
                new.resize((count - 1) * to + header, 0);
                template.file.read_at(old, source.trace_offset(first))?;
                for (old, new) in old.chunks(from).zip(new.chunks_mut(to)) {
                    new[..header].copy_from_slice(&old[..header]);
                }
                self.write_at(new, self.layout.trace_offset(first))
            },
        )
    }

    fn copy_trailer(&self, template: &SegyVolume) -> Result<()> {
        let source = &template.layout;
        let (from, to) = (source.trace_offset(source.traces), self.layout.trace_offset(self.layout.traces));
        let mut bytes = vec![0; TEXT_BYTES];
        for record in (0..source.trailer_bytes).step_by(TEXT_BYTES) {
            template.file.read_at(&mut bytes, from + record)?;
            self.write_at(&bytes, to + record)?;
        }
        Ok(())
    }

    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
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
        self.output.commit()?;
        self.journal.map_or(Ok(()), Journal::remove)
    }

    /// Notes the traces of a block that is finished along the vertical axis.
    fn note(&mut self, block: &Block) -> Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        if block.samples != (0..self.layout.samples) {
            return Ok(());
        }
        if block.crosslines.len() == 1 {
            let first = self.grid.bin(block.inlines.start, block.crosslines.start);
            let step = self.grid.crosslines.count;
            return journal.add(Stretch { first, step, count: block.inlines.len() });
        }
        for inline in block.inlines.clone() {
            let first = self.grid.bin(inline, block.crosslines.start);
            journal.add(Stretch { first, step: 1, count: block.crosslines.len() })?;
        }
        Ok(())
    }
}

/// What must be equal for a file to be gone on with: the survey as it is, how it is written, and the caller's work.
fn identity(template: &SegyVolume, options: &WriteOptions, work: &str) -> String {
    let modified = template.file.modified().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut hash = Sha256::new();
    hash.update(template.path().as_os_str().as_encoded_bytes());
    let rest = (
        template.file.length(),
        modified,
        options.format,
        options.factor().to_bits(),
        &options.history,
        work,
    );
    hash.update(format!("{rest:?} {:?}", template.summary.traces.bytes).as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl VolumeSink for SegyWriter {
    fn write_block(&mut self, block: &Block, data: &[f32]) -> Result<()> {
        block.check(&self.grid, data.len())?;
        let n = block.samples.len();
        if n == 0 {
            return Ok(());
        }
        let skip = self.layout.header_bytes + (block.samples.start * self.encoding.format.bytes()) as u64;
        let positions = block.inlines.clone().flat_map(|i| block.crosslines.clone().map(move |x| (i, x)));
        let mut traces: Vec<(u64, &[f32])> = Vec::with_capacity(block.trace_count());
        for ((inline, crossline), samples) in positions.zip(data.chunks_exact(n)) {
            let bin = self.grid.bin(inline, crossline);
            if self.live.is_live(inline, crossline)
                && let Some(trace) = self.table.get(bin)
            {
                traces.push((self.layout.trace_offset(trace) + skip, samples));
                // A trace that an earlier run finished may be written again, with its section.
                if self.written[bin] < self.layout.samples as u32 {
                    self.written[bin] = self.written[bin].saturating_add(n as u32);
                }
            }
        }
        traces.par_chunks(TASK).try_for_each_init(Vec::new, |bytes, traces| {
            traces.iter().try_for_each(|(offset, samples)| {
                bytes.clear();
                self.encoding.encode(samples, bytes);
                self.write_at(bytes, *offset)
            })
        })?;
        self.note(block)
    }

    fn has(&self, block: &Block) -> bool {
        let samples = self.layout.samples as u32;
        let mut positions = block.inlines.clone().flat_map(|i| block.crosslines.clone().map(move |x| (i, x)));
        self.journal.is_some()
            && positions
                .all(|(i, x)| !self.live.is_live(i, x) || self.written[self.grid.bin(i, x)] == samples)
    }
}
