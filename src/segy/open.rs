//! Opening: from a path to a volume whose geometry is known.

use std::path::Path;
use std::sync::Arc;

use super::file::SegyFile;
use super::geometry::Geometry;
use super::guess::guess;
use super::index;
use super::layout::{FILE_HEADER, Layout};
use super::options::{Field, HeaderBytes, NamedBytes, OpenOptions};
use super::read::SegyVolume;
use super::scan::{self, Common, Found, Wanted, scan};
use super::summary::{Summary, TraceSummary};
use super::text::{self, TEXT_BYTES};
use crate::control::Control;
use crate::error::{ErrorKind, Result, fail};
use crate::volume::{GeoReference, SampleAxis, SampleUnit};

impl SegyVolume {
    /// Opens a file and reads all its trace headers.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Malformed`, `Truncated`, `Unsupported` for the file headers; `Geometry` when the traces form no
    /// 3-D grid; `Cancelled`. All name the file.
    pub fn open(path: &Path, options: &OpenOptions, control: &Control<'_>) -> Result<Self> {
        open(path, options, control).map_err(|error| error.at(path))
    }
}

fn open(path: &Path, options: &OpenOptions, control: &Control<'_>) -> Result<SegyVolume> {
    options.check()?;
    let mut file = SegyFile::open(path)?;
    let layout = Layout::read(&mut file, options.byte_order)?;
    let common = scan::common(&file, &layout)?;
    let (samples, mut assumed) = sample_axis(&layout, &common, options)?;
    let angles = match common.coordinate_units {
        2 => Some("seconds of arc"),
        3 => Some("degrees"),
        4 => Some("degrees, minutes and seconds"),
        _ => None,
    };
    if let Some(angles) = angles {
        assumed.push(format!(
            "coordinates are {angles} (bytes 89-90 are {}): they become degrees, and so do bin sizes",
            common.coordinate_units
        ));
    }
    let known = if options.index { index::read(&file, &layout, options) } else { None };
    let from_index = known.is_some();
    let (geometry, mut traces) = match known {
        Some(known) => known,
        None => {
            let found = survey(&file, &layout, options, control)?;
            if options.index {
                index::write(&file, options, &found, control);
            }
            found
        }
    };
    let mut raw = vec![0; TEXT_BYTES];
    file.read_at(&mut raw, 0)?;
    let text = text::decode(&raw);
    let scale = text::stated_scale(&text).filter(|_| !layout.format.is_float());
    if let Some(scale) = scale {
        assumed.push(format!("samples are integers and are divided by {scale}, as the textual header says"));
    }
    let mut assumptions = layout.assumptions.clone();
    assumptions.extend(assumed);
    assumptions.append(&mut traces.assumptions);
    traces.assumptions = assumptions;
    let mut grid = geometry.grid(samples);
    // The reference system is the caller's, whatever the index remembers.
    grid.georef = grid.georef.map(|georef| GeoReference { crs: options.crs.clone(), ..georef });
    let summary = Summary {
        path: path.to_owned(),
        layout: layout.clone(),
        grid: grid.clone(),
        traces,
        from_index,
        text,
        extended_text: extended_text(&file, &layout)?,
    };
    Ok(SegyVolume {
        file,
        layout,
        grid,
        live: Arc::new(geometry.live),
        table: Arc::new(geometry.table),
        summary,
        factor: scale.map_or(1.0, f32::recip),
    })
}

/// Most bytes of extended textual headers that are kept.
const MAX_TEXT: u64 = 1 << 20;

fn extended_text(file: &SegyFile, layout: &Layout) -> Result<Vec<String>> {
    let bytes = (layout.first_trace - FILE_HEADER).min(MAX_TEXT);
    let mut raw = vec![0; bytes as usize];
    file.read_at(&mut raw, FILE_HEADER)?;
    let mut lines: Vec<String> = raw.chunks_exact(TEXT_BYTES).flat_map(text::decode).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines)
}

/// Scans the headers, at the positions named or standard, and where these hold no grid at those that the evidence is for.
fn survey(
    file: &SegyFile,
    layout: &Layout,
    options: &OpenOptions,
    control: &Control<'_>,
) -> Result<(Geometry, TraceSummary)> {
    let mut bytes = options.bytes.or_standard();
    let mut reasons = Vec::new();
    let wanted = |bytes| Wanted { bytes, offset: options.offset };
    let mut found = scan(file, layout, &wanted(bytes), control)?;
    let mut geometry = Geometry::new(&found, &bytes, options);
    let is_prestack = found.offsets.is_some_and(|[least, most]| least != most);
    if let Some(open) = open_question(&geometry, options)
        && !is_prestack
        && let Some(guess) = guess(file, layout, &open)?
        && guess.bytes != bytes
    {
        let second = scan(file, layout, &wanted(guess.bytes), control)?;
        let better = Geometry::new(&second, &guess.bytes, options);
        if better.is_ok() {
            (found, geometry, bytes, reasons) = (second, better, guess.bytes, guess.reasons);
        }
    }
    if let Err(error) = &geometry
        && error.kind() == ErrorKind::Geometry
        && !found.fit.has_extent()
        && options.bytes.x.is_none()
    {
        // Older files have coordinates of sources only; they tell at least what the file is instead.
        bytes = HeaderBytes { x: Field::int32(73), y: Field::int32(77), ..bytes };
        found = scan(file, layout, &wanted(bytes), control)?;
        geometry = Geometry::new(&found, &bytes, options);
    }
    let geometry = geometry?;
    let traces = summary(&found, &geometry, bytes, reasons);
    Ok((geometry, traces))
}

/// What may be looked for elsewhere: line numbers when there is no grid, coordinates when they fit none.
fn open_question(geometry: &Result<Geometry>, options: &OpenOptions) -> Option<NamedBytes> {
    if !options.guess {
        return None;
    }
    match geometry {
        Err(error) if error.kind() == ErrorKind::Geometry => {
            (options.bytes.inline.is_none() && options.bytes.crossline.is_none()).then_some(options.bytes)
        }
        Ok(geometry) if options.bytes.x.is_none() && options.bytes.y.is_none() => {
            let misfits = geometry.georef.as_ref().is_none_or(misfits);
            let HeaderBytes { inline, crossline, .. } = options.bytes.or_standard();
            misfits.then_some(NamedBytes {
                inline: Some(inline),
                crossline: Some(crossline),
                ..options.bytes
            })
        }
        _ => None,
    }
}

fn misfits(georef: &GeoReference) -> bool {
    let [a, b] = georef.bin_size();
    georef.residual > 0.25 * a.min(b)
}

fn summary(found: &Found, geometry: &Geometry, bytes: HeaderBytes, reasons: Vec<String>) -> TraceSummary {
    let mut warnings = Vec::new();
    match &geometry.georef {
        None => warnings.push(format!(
            "the coordinates (bytes {} and {}) span no plane: results will have no map position",
            bytes.x, bytes.y
        )),
        Some(georef) if misfits(georef) => {
            let [a, b] = georef.bin_size();
            warnings.push(format!(
                "coordinates deviate from a regular grid by {:.1} on average, bins are {a:.1} x {b:.1}: look at the byte positions",
                georef.residual
            ));
        }
        Some(_) => {}
    }
    if let Some([least, most]) = found.delays
        && least < most
    {
        warnings.push(format!(
            "delay recording times (bytes 109-110) run from {least} to {most} ms: the first trace's is taken for all"
        ));
    }
    if geometry.duplicates > 0 {
        warnings.push(format!("{} traces are left out: others are at their positions", geometry.duplicates));
    }
    let live = geometry.live.live_count() as u64;
    let positions = geometry.table.len() as u64;
    TraceSummary {
        bytes,
        sorting: geometry.sorting,
        live,
        missing: positions - (geometry.traces - geometry.duplicates),
        dead: geometry.dead,
        duplicates: geometry.duplicates,
        offsets: found.offsets,
        assumptions: reasons,
        warnings,
    }
}

/// The vertical axis, and what was assumed for it; the interval is microseconds in time, and by the same convention thousandths
/// of a metre or foot in depth (binary header bytes 3217-3218, trace header bytes 117-118).
fn sample_axis(layout: &Layout, common: &Common, options: &OpenOptions) -> Result<(SampleAxis, Vec<String>)> {
    let mut assumptions = Vec::new();
    let unit = options.sample_unit.unwrap_or(if common.depth {
        assumptions.push(
            "the first trace is in the depth domain (bytes 29-30 are 25): samples are in metres".to_owned(),
        );
        SampleUnit::Metres
    } else {
        SampleUnit::Milliseconds
    });
    if common.samples != 0 && usize::from(common.samples) != layout.samples && layout.samples <= 65_535 {
        assumptions.push(format!(
            "the first trace (bytes 115-116) says {} samples, the file is read with {}: its size agrees with that",
            common.samples, layout.samples
        ));
    }
    let in_trace = f64::from(common.interval);
    let stated = match (layout.interval > 0.0, in_trace > 0.0) {
        (true, differs) => {
            if differs && (in_trace - layout.interval).abs() > 0.5 {
                assumptions.push(format!(
                    "the sample interval is {} in the binary header and {in_trace} in the first trace: {} is taken",
                    layout.interval, layout.interval
                ));
            }
            Some(layout.interval)
        }
        (false, true) => {
            assumptions.push(format!(
                "the binary header has no sample interval: the first trace's {in_trace} is taken"
            ));
            Some(in_trace)
        }
        _ => None,
    };
    let step = match (options.sample_interval, stated) {
        (Some(step), _) => step,
        (None, Some(stated)) => stated / 1000.0,
        (None, None) => fail!(
            Malformed,
            "neither the binary header (bytes 3217-3218) nor the first trace (bytes 117-118) has a sample interval: state it"
        ),
    };
    Ok((SampleAxis::new(common.delay, step, layout.samples, unit)?, assumptions))
}
