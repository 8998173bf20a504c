//! Where the tiles of a section sit.

use serde::{Deserialize, Serialize};

use super::{Extent, Section, Window};
use crate::error::{Result, fail, reserve};

/// What tiles do at the borders of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeRule {
    /// Tiles stay inside the section. A section smaller than the tile gets one tile that hangs over evenly.
    Inside,
    /// Tiles hang over the borders by half the overlap, so that a sample at the border of the section lies as far
    /// from the border of some tile as a sample between two tiles does. What hangs over is mirrored.
    #[default]
    Extend,
}

/// How a section is cut into tiles and put together again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TilingOptions {
    /// Samples and traces that neighbouring tiles share at least; less than the tile.
    pub overlap: usize,
    /// What tiles do at the borders of a section.
    pub edge: EdgeRule,
    /// How the predictions of overlapping tiles are weighted.
    pub window: Window,
}

impl Default for TilingOptions {
    /// About a third of the 101-sample tile, hanging over the borders, blended by a cosine.
    fn default() -> Self {
        Self { overlap: 32, edge: EdgeRule::Extend, window: Window::Cosine }
    }
}

impl TilingOptions {
    /// Samples and traces by which tiles hang over a section.
    fn margin(&self) -> usize {
        match self.edge {
            EdgeRule::Inside => 0,
            EdgeRule::Extend => self.overlap / 2,
        }
    }
}

/// First trace and first sample of a tile; negative where it hangs over the section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TilePosition {
    /// Trace of the tile's first column.
    pub trace: isize,
    /// Sample of the tile's first row.
    pub sample: isize,
}

impl TilePosition {
    /// The first trace of the section that the tile touches: traces before it are finished
    /// once all earlier tiles of the plan are stitched.
    pub fn first_trace(&self) -> usize {
        usize::try_from(self.trace).unwrap_or(0)
    }
}

/// The tiles of all sections of one shape.
///
/// Along each axis there are as few tiles as the overlap allows, and their starts are spread evenly: each
/// is the even spacing rounded down, so that steps differ by at most 1 and the last tile ends where it must
/// (the even steps of nnU-Net, Isensee et al. 2021, `compute_steps_for_sliding_window`).
///
/// Order, everywhere: along the traces, and within a column of tiles downward. A stitcher can then give away
/// all traces before the next column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilePlan {
    traces: usize,
    samples: usize,
    tile: Extent,
    trace_starts: Vec<isize>,
    sample_starts: Vec<isize>,
}

impl TilePlan {
    /// The plan for sections of `traces` x `samples`, with tiles of this size.
    ///
    /// # Errors
    /// `InvalidArgument` when the section is empty, the tile is 0 or, where one does not suffice, the overlap is not less than it; `OutOfMemory`.
    pub fn new(
        traces: usize,
        samples: usize,
        tile: impl Into<Extent>,
        options: &TilingOptions,
    ) -> Result<Self> {
        let tile = tile.into();
        let (shorter, longer) = (tile.rows.min(tile.columns), tile.rows.max(tile.columns));
        if traces == 0 || samples == 0 {
            fail!(InvalidArgument, "a section of {traces} traces and {samples} samples has no tiles");
        }
        let margin = options.margin();
        let suffices =
            |side: usize, len: usize| side > options.overlap || side >= len.saturating_add(2 * margin);
        if shorter == 0 || !suffices(tile.columns, traces) || !suffices(tile.rows, samples) {
            fail!(
                InvalidArgument,
                "an overlap of {} does not fit tiles of {tile}: it must be less than the tile",
                options.overlap
            );
        }
        let longest = isize::MAX as usize / 4;
        if traces > longest || samples > longest || longer > longest {
            fail!(InvalidArgument, "a section of {traces} x {samples} in tiles of {tile} is too large");
        }
        Ok(Self {
            traces,
            samples,
            tile,
            trace_starts: starts(traces, tile.columns, options)?,
            sample_starts: starts(samples, tile.rows, options)?,
        })
    }

    /// Number of traces of the section.
    pub fn traces(&self) -> usize {
        self.traces
    }

    /// Samples per trace.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Rows and columns of a tile.
    pub fn tile(&self) -> Extent {
        self.tile
    }

    /// First traces of the columns of tiles, ascending.
    pub fn trace_starts(&self) -> &[isize] {
        &self.trace_starts
    }

    /// First samples of the rows of tiles, ascending.
    pub fn sample_starts(&self) -> &[isize] {
        &self.sample_starts
    }

    /// Number of tiles, those on dead traces included.
    pub fn len(&self) -> usize {
        self.trace_starts.len() * self.sample_starts.len()
    }

    /// Never: a plan has at least one tile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All tiles, column by column.
    pub fn positions(&self) -> impl Iterator<Item = TilePosition> + '_ {
        let rows = &self.sample_starts;
        self.trace_starts
            .iter()
            .flat_map(move |&trace| rows.iter().map(move |&sample| TilePosition { trace, sample }))
    }

    /// The tiles that hold a live trace of this section, column by column.
    pub fn tiles<'a>(&'a self, section: &'a Section) -> impl Iterator<Item = TilePosition> + 'a {
        self.tiles_on(section.live())
    }

    /// The tiles that hold a live trace, by one flag per trace; traces without a flag are dead.
    pub fn tiles_on<'a>(&'a self, live: &'a [bool]) -> impl Iterator<Item = TilePosition> + 'a {
        let has_live = move |start: isize| {
            let end = start.saturating_add_unsigned(self.tile.columns).clamp(0, live.len() as isize) as usize;
            let start = start.clamp(0, end as isize) as usize;
            live[start..end].contains(&true)
        };
        let columns = self.trace_starts.iter().copied().filter(move |&start| has_live(start));
        let rows = &self.sample_starts;
        columns.flat_map(move |trace| rows.iter().map(move |&sample| TilePosition { trace, sample }))
    }

    /// Traces `b` such that a tile begins or ends between `b - 1` and `b`; ascending, borders of the section left out.
    pub fn trace_borders(&self) -> Vec<usize> {
        borders(&self.trace_starts, self.tile.columns, self.traces)
    }

    /// Samples `b` such that a tile begins or ends between `b - 1` and `b`; ascending, borders of the section left out.
    pub fn sample_borders(&self) -> Vec<usize> {
        borders(&self.sample_starts, self.tile.rows, self.samples)
    }
}

/// Tile starts along an axis of `len`.
fn starts(len: usize, tile: usize, options: &TilingOptions) -> Result<Vec<isize>> {
    let margin = options.margin();
    let covered = len + 2 * margin;
    let Some(span) = covered.checked_sub(tile) else {
        // One tile suffices: the section in its middle.
        return Ok(vec![-(((tile - len) / 2) as isize)]);
    };
    let steps = if span == 0 { 0 } else { span.div_ceil(tile - options.overlap) };
    let start = |k: usize| match steps {
        0 => 0,
        // k * span may exceed 64 bits only for absurd sections, but costs nothing to get right.
        _ => (k as u128 * span as u128 / steps as u128) as isize,
    };
    let mut found = Vec::new();
    reserve(&mut found, steps.saturating_add(1), || {
        format!("no memory for the tiles of a section of {len} traces or samples")
    })?;
    found.extend((0..=steps).map(|k| start(k) - margin as isize));
    Ok(found)
}

/// First and one-past-last indices of tiles, as far as they lie strictly inside 0..len.
fn borders(starts: &[isize], tile: usize, len: usize) -> Vec<usize> {
    let ends = starts.iter().map(|start| start.saturating_add_unsigned(tile));
    let mut found: Vec<usize> = starts
        .iter()
        .copied()
        .chain(ends)
        .filter_map(|border| usize::try_from(border).ok())
        .filter(|&border| border > 0 && border < len)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
