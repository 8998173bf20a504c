//! Writing volumes: a file whose headers stand and whose samples come block by block, in any order.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::byte_order::ByteOrder;
use super::file::SegyFile;
use super::header::put;
use super::layout::Layout;
use super::options::WriteOptions;
use super::read::SegyVolume;
use super::sample::Encoding;
use super::summary::Summary;
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
    pub(super) live: Arc<LiveMask>,
    pub(super) table: Arc<TraceTable>,
    /// Samples written of each position, where this writer writes all.
    pub(super) written: Option<Vec<u32>>,
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
        refuse_template(template, path)?;
        let writer = Self::like(template, OutputFile::create(path)?, options)?;
        writer.lay_out_like(template, options)?;
        Ok(writer)
    }

    /// Makes the file `unfinished` with all headers of the one that [`SegyWriter::from_template`] would make, and zeros for samples. Any number
    /// of processes can then write to it.
    ///
    /// # Errors
    /// As [`SegyWriter::from_template`].
    pub fn lay_out(template: &SegyVolume, unfinished: &Path, options: &WriteOptions) -> Result<()> {
        refuse_template(template, unfinished)?;
        let output = OutputFile::kept(unfinished, unfinished)?;
        output.file().set_len(0).on("empty", unfinished)?;
        let writer = Self::like(template, output, options)?;
        writer.lay_out_like(template, options)?;
        writer.sync()
    }

    /// Opens a file that was laid out after this template with these options, to write samples to it. Which samples are written is for the
    /// caller to know: [`SegyWriter::finish`] gives it the name `path`, on the same file system, without asking.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Truncated` when it has another length.
    pub fn take_up(
        template: &SegyVolume,
        unfinished: &Path,
        path: &Path,
        options: &WriteOptions,
    ) -> Result<Self> {
        refuse_template(template, path)?;
        let length = std::fs::metadata(unfinished).on("open", unfinished)?.len();
        let output = OutputFile::kept(unfinished, path)?;
        // Several machines may write traces of their own: without a lock, a client of a network file system takes the liberty of writing whole pages.
        output.file().try_lock_shared().map_err(std::io::Error::from).on("lock", unfinished)?;
        let writer = Self { written: None, ..Self::like(template, output, options)? };
        if length != writer.layout.file_bytes {
            fail!(
                Truncated,
                "{} has {length} bytes, expected {}: begin anew",
                unfinished.display(),
                writer.layout.file_bytes
            );
        }
        Ok(writer)
    }

    /// Opens a file that was laid out after this template with these options, to read what was written to it.
    ///
    /// # Errors
    /// As opening; `Truncated` when it is shorter than it should be.
    pub fn read_back(template: &SegyVolume, unfinished: &Path, options: &WriteOptions) -> Result<SegyVolume> {
        let (layout, encoding) = layout_like(template, options);
        let file = SegyFile::open(unfinished)?;
        if file.length() != layout.file_bytes {
            fail!(
                Truncated,
                "{} has {} bytes, expected {}: begin anew",
                unfinished.display(),
                file.length(),
                layout.file_bytes
            );
        }
        let summary =
            Summary { path: unfinished.to_owned(), layout: layout.clone(), ..template.summary.clone() };
        Ok(SegyVolume {
            file,
            layout,
            grid: template.grid.clone(),
            live: Arc::clone(&template.live),
            table: Arc::clone(&template.table),
            summary,
            factor: encoding.scale.recip(),
        })
    }

    fn like(template: &SegyVolume, output: OutputFile, options: &WriteOptions) -> Result<Self> {
        let (layout, encoding) = layout_like(template, options);
        encoding.check()?;
        Ok(Self {
            output,
            layout,
            encoding,
            grid: template.grid.clone(),
            live: Arc::clone(&template.live),
            table: Arc::clone(&template.table),
            written: Some(vec![0; template.table.len()]),
        })
    }

    fn lay_out_like(&self, template: &SegyVolume, options: &WriteOptions) -> Result<()> {
        let length = self.layout.file_bytes;
        self.output.file().set_len(length).on("reserve space in", self.output.path())?;
        self.copy_file_headers(template, options)?;
        self.copy_trace_headers(template)?;
        self.copy_trailer(template)
    }

    /// Waits until all that was written is on disk.
    ///
    /// # Errors
    /// `Io` naming the file.
    pub fn sync(&self) -> Result<()> {
        self.output.file().sync_data().on("sync", self.output.path())
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

    /// Checks that every live trace was written, unless the file was taken up; syncs, and gives the file its name.
    ///
    /// # Errors
    /// `Internal` when samples of a live trace were never written; `Io`.
    pub fn finish(self) -> Result<()> {
        let samples = self.layout.samples as u32;
        let positions = (0..self.grid.inlines.count)
            .flat_map(|inline| (0..self.grid.crosslines.count).map(move |crossline| (inline, crossline)));
        for (inline, crossline) in positions {
            let bin = self.grid.bin(inline, crossline);
            if let Some(written) = self.written.as_ref().map(|written| written[bin])
                && self.live.is_live(inline, crossline)
                && written != samples
            {
                fail!(
                    Internal,
                    "{written} of {samples} samples were written at inline {}, crossline {}: the volume is incomplete",
                    self.grid.inlines.number(inline),
                    self.grid.crosslines.number(crossline)
                );
            }
        }
        self.output.commit()
    }
}

fn refuse_template(template: &SegyVolume, path: &Path) -> Result<()> {
    if let (Ok(a), Ok(b)) = (template.path().canonicalize(), path.canonicalize())
        && a == b
    {
        fail!(InvalidArgument, "{} is the file that is read: write to another name", path.display());
    }
    Ok(())
}

/// The layout and encoding of a file written after a template.
fn layout_like(template: &SegyVolume, options: &WriteOptions) -> (Layout, Encoding) {
    let source = &template.layout;
    let byte_order = match source.byte_order {
        ByteOrder::Little => ByteOrder::Little,
        ByteOrder::Big | ByteOrder::PairSwapped => ByteOrder::Big,
    };
    let mut layout = Layout { format: options.format, byte_order, ..source.clone() };
    layout.file_bytes = layout.trace_offset(layout.traces) + layout.trailer_bytes;
    (layout, Encoding { format: options.format, order: byte_order, scale: options.factor() })
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
                if let Some(written) = &mut self.written {
                    written[bin] = written[bin].saturating_add(n as u32);
                }
            }
        }
        traces.par_chunks(TASK).try_for_each_init(Vec::new, |bytes, traces| {
            traces.iter().try_for_each(|(offset, samples)| {
                bytes.clear();
                self.encoding.encode(samples, bytes);
                self.write_at(bytes, *offset)
            })
        })
    }
}
