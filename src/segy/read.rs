//! A SEG-Y file as a volume.

use std::fs::File;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::header::{BINARY_HEADER, TRACE_HEADER};
use super::layout::Layout;
use super::options::{HeaderBytes, OpenOptions};
use super::sample;
use super::scan::{Common, scan};
use super::table::{Lines, Positions, Sorting, lookup};
use super::text::{self, TEXT_BYTES};
use crate::control::Control;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::volume::{Block, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSource};

/// An opened file: headers understood, geometry known, samples on demand. May be read from several threads.
#[derive(Debug)]
pub struct SegyVolume {
    path: PathBuf,
    file: File,
    layout: Layout,
    grid: SurveyGrid,
    live: LiveMask,
    /// Trace number per position of the grid.
    table: Vec<u32>,
    summary: Summary,
}

/// What was found in a file, and what had to be assumed.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The file.
    pub path: PathBuf,
    /// Its structure.
    pub layout: Layout,
    /// Where line numbers and coordinates were read.
    pub bytes: HeaderBytes,
    /// Order of the traces.
    pub sorting: Sorting,
    /// Axes and map position.
    pub grid: SurveyGrid,
    /// Traces that hold data.
    pub live: usize,
    /// Positions of the grid without a trace.
    pub missing: usize,
    /// Traces marked dead or dummy.
    pub dead: usize,
    /// What a person should look at, one sentence each.
    pub warnings: Vec<String>,
    /// The 40 lines of the textual header.
    pub text: Vec<String>,
}

/// Traces read at once; bounds the buffer of raw bytes.
const RUN_BYTES: u64 = 8 << 20;

impl SegyVolume {
    /// Opens a file and reads all its trace headers.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Malformed`, `Truncated`, `Unsupported` for the file headers; `Geometry` when the traces form no
    /// 3-D grid; `Cancelled`. All name the file.
    pub fn open(path: &Path, options: &OpenOptions, control: &Control<'_>) -> Result<Self> {
        Self::open_inner(path, options, control).map_err(|error| error.at(path))
    }

    fn open_inner(path: &Path, options: &OpenOptions, control: &Control<'_>) -> Result<Self> {
        options.check()?;
        let kind = std::fs::metadata(path).on("open", path)?.file_type();
        if !kind.is_file() {
            let what = if kind.is_dir() {
                "a folder"
            } else if kind.is_fifo() {
                "a pipe"
            } else {
                "not a regular file"
            };
            fail!(InvalidArgument, "{what}: SEG-Y is read from regular files");
        }
        let file = File::open(path).on("open", path)?;
        refuse_compressed(&file)?;
        let layout = Layout::read(&file, path, options.byte_order)?;
        let (mut lines, mut positions) = (Lines::default(), Positions::default());
        let take = |trace, key: &_| {
            lines.add(key);
            positions.add(trace, key);
            Ok(())
        };
        let common = scan(&file, path, &layout, &options.bytes, (control, take))?;
        let mut warnings = Vec::new();
        let samples = sample_axis(&layout, &common, options, &mut warnings)?;
        let axes = lines.axes(&options.bytes)?;
        let georef = positions.georef(&lines, axes, options.crs.as_deref());
        let grid = SurveyGrid { inlines: axes[0], crosslines: axes[1], samples, georef };
        let table = lines.table(axes)?;
        let live = positions.live(LiveMask::empty(&grid), &lines, axes);
        warn_about_grid(&grid, &mut warnings);
        let missing = grid.bin_count() - layout.traces as usize;
        let dead = layout.traces as usize - live.live_count();
        let mut raw = vec![0; TEXT_BYTES];
        file.read_exact_at(&mut raw, 0).on("read", path)?;
        let summary = Summary {
            path: path.to_owned(),
            layout: layout.clone(),
            bytes: options.bytes,
            sorting: lines.sorting(),
            grid: grid.clone(),
            live: live.live_count(),
            missing,
            dead,
            warnings,
            text: text::decode(&raw),
        };
        Ok(Self { path: path.to_owned(), file, layout, grid, live, table, summary })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
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
        lookup(&self.table, self.grid.bin(inline, crossline))
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn table(&self) -> &[u32] {
        &self.table
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
        self.read_at(&mut header, self.layout.trace_offset(trace))?;
        Ok(header)
    }

    pub(super) fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_exact_at(bytes, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::new(
                ErrorKind::Truncated,
                format!("the file ends within {} bytes that its headers promised: it has shrunk since it was opened", bytes.len()),
            )
            .at(&self.path)
            .at_byte(offset),
            _ => Error::io(&error, "read", &self.path).at_byte(offset),
        })
    }

    /// Reads `wanted`, (trace number, place in the block) in file order without gaps, into the places' samples.
    fn read_run(&self, wanted: &[(u64, usize)], block: &Block, out: &[SamplePlace]) -> Result<()> {
        let (Some(&(first, _)), Some(&(last, _))) = (wanted.first(), wanted.last()) else { return Ok(()) };
        let width = self.layout.format.bytes();
        let skip = self.layout.header_bytes + (block.samples.start * width) as u64;
        let part = block.samples.len() * width;
        let stride = self.layout.trace_bytes() as usize;
        let mut bytes = vec![0; (last - first) as usize * stride + part];
        self.read_at(&mut bytes, self.layout.trace_offset(first) + skip)?;
        for (index, &(_, place)) in wanted.iter().enumerate() {
            let raw = &bytes[index * stride..index * stride + part];
            if let Ok(mut samples) = out[place].lock() {
                sample::decode(raw, self.layout.format, self.layout.byte_order, &mut samples);
            }
        }
        Ok(())
    }
}

/// The samples of one trace of a block; each is written by one task.
type SamplePlace<'a> = std::sync::Mutex<&'a mut [f32]>;

impl VolumeSource for SegyVolume {
    fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    fn live(&self) -> &LiveMask {
        &self.live
    }

    fn read_block(&self, block: &Block, out: &mut [f32]) -> Result<()> {
        block.check(&self.grid, out.len())?;
        if block.is_empty() {
            return Ok(());
        }
        out.fill(0.0);
        let mut wanted = Vec::with_capacity(block.trace_count());
        let positions = block.inlines.clone().flat_map(|i| block.crosslines.clone().map(move |x| (i, x)));
        for (place, (inline, crossline)) in positions.enumerate() {
            if self.live.is_live(inline, crossline)
                && let Some(trace) = lookup(&self.table, self.grid.bin(inline, crossline))
            {
                wanted.push((trace, place));
            }
        }
        wanted.sort_unstable();
        let longest = (RUN_BYTES / self.layout.trace_bytes()).max(1) as usize;
        let runs: Vec<&[(u64, usize)]> = wanted
            .chunk_by(|left, right| left.0 + 1 == right.0)
            .flat_map(|run| run.chunks(longest))
            .collect();
        let places: Vec<SamplePlace<'_>> =
            out.chunks_exact_mut(block.samples.len()).map(SamplePlace::new).collect();
        if runs.len() < 2 {
            return runs.iter().try_for_each(|run| self.read_run(run, block, &places));
        }
        runs.par_iter().try_for_each(|run| self.read_run(run, block, &places))
    }
}

/// Says what a compressed file is, instead of complaining about its headers.
fn refuse_compressed(file: &File) -> Result<()> {
    let mut start = [0; 4];
    if file.read_exact_at(&mut start, 0).is_ok() {
        let tool = match start {
            [0x1f, 0x8b, ..] => "gunzip",
            [0x28, 0xb5, 0x2f, 0xfd] => "unzstd",
            _ => return Ok(()),
        };
        fail!(Unsupported, "the file is compressed: decompress it with {tool} first");
    }
    Ok(())
}

/// The vertical axis; the interval is microseconds in time, and by the same convention thousandths of a metre
/// or foot in depth (binary header bytes 3217-3218, trace header bytes 117-118).
fn sample_axis(
    layout: &Layout,
    common: &Common,
    options: &OpenOptions,
    warnings: &mut Vec<String>,
) -> Result<SampleAxis> {
    let unit = options.sample_unit.unwrap_or(SampleUnit::Milliseconds);
    if usize::from(common.samples) != layout.samples && common.samples != 0 {
        warnings.push(format!(
            "trace headers (bytes 115-116) say {} samples, the binary header {}: the file's size agrees with the latter",
            common.samples, layout.samples
        ));
    }
    let stated = match (layout.interval, common.interval) {
        (file @ 1.., trace) => {
            if trace > 0 && trace != file {
                warnings.push(format!("the sample interval is {file} in the binary header and {trace} in the traces: {file} is taken"));
            }
            Some(file)
        }
        (_, trace @ 1..) => {
            warnings.push(format!(
                "the binary header has no sample interval: the first trace's {trace} is taken"
            ));
            Some(trace)
        }
        _ => None,
    };
    let step = match (options.sample_interval, stated) {
        (Some(step), _) => step,
        (None, Some(stated)) => f64::from(stated) / 1000.0,
        (None, None) => fail!(
            Malformed,
            "neither the binary header (bytes 3217-3218) nor the first trace (bytes 117-118) has a sample interval: state it"
        ),
    };
    SampleAxis::new(common.delay, step, layout.samples, unit)
}

fn warn_about_grid(grid: &SurveyGrid, warnings: &mut Vec<String>) {
    match &grid.georef {
        None => warnings.push("the coordinates span no plane: results will have no map position".to_owned()),
        Some(georef) => {
            let [a, b] = georef.bin_size();
            if georef.residual > 0.25 * a.min(b) {
                warnings.push(format!(
                    "coordinates deviate from a regular grid by {:.1} on average, bins are {a:.1} x {b:.1}: look at the byte positions",
                    georef.residual
                ));
            }
        }
    }
}

/// The binary file header of a volume, to be changed and written.
pub(super) fn binary_header(volume: &SegyVolume) -> Result<[u8; BINARY_HEADER]> {
    let mut binary = [0; BINARY_HEADER];
    volume.read_at(&mut binary, TEXT_BYTES as u64)?;
    Ok(binary)
}
