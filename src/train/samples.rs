//! Training tiles cut from labelled surveys, read when they are needed: memory does not grow with the surveys.

use sha2::{Digest, Sha256};

use super::TileSpec;
use super::step::Change;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tiling::{
    AmplitudeMap, EdgeRule, InputContract, Section, TilePlan, TilePosition, TilingOptions, Window,
};
use crate::tiling::{extract, extract_label};
use crate::volume::{AmplitudeStats, Block, Direction, InlinePart, SurveyGrid, VolumeSource};

/// A seismic volume and its label (at least 0.5 is salt) on the same grid.
#[derive(Clone, Copy)]
pub struct LabelledSurvey<'a> {
    /// The amplitudes.
    pub seismic: &'a dyn VolumeSource,
    /// The interpretation.
    pub label: &'a dyn VolumeSource,
}

/// Part of a labelled survey that tiles are cut from, with the amplitude map of the whole survey.
pub struct Area<'a> {
    seismic: InlinePart<'a>,
    label: InlinePart<'a>,
    map: AmplitudeMap,
}

impl<'a> Area<'a> {
    /// The inlines `inlines` (indices) of a survey whose amplitudes have these statistics.
    ///
    /// # Errors
    /// `Dataset` when the label has another grid; `OutOfRange`.
    pub fn new(
        survey: LabelledSurvey<'a>,
        inlines: std::ops::Range<usize>,
        amplitudes: &AmplitudeStats,
    ) -> Result<Self> {
        let (seismic, label) = (survey.seismic.grid(), survey.label.grid());
        let axes = |grid: &SurveyGrid| (grid.inlines, grid.crosslines, grid.samples.count);
        if axes(seismic) != axes(label) {
            fail!(
                Dataset,
                "seismic and label are not on the same grid: {:?} against {:?}; cut or resample one of them",
                axes(seismic),
                axes(label)
            );
        }
        Ok(Self {
            seismic: InlinePart::new(survey.seismic, inlines.clone())?,
            label: InlinePart::new(survey.label, inlines)?,
            map: AmplitudeMap::new(amplitudes),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct TileReference {
    area: usize,
    direction: Direction,
    line: usize,
    position: TilePosition,
}

/// All tiles of some areas, by number.
pub struct TileSet<'a> {
    areas: Vec<Area<'a>>,
    contract: InputContract,
    tiles: Vec<TileReference>,
    data_hash: String,
}

impl<'a> TileSet<'a> {
    /// Plans the tiles of all areas. Reads every sample once, for the hash that identifies the data.
    ///
    /// # Errors
    /// Read errors; `Cancelled`.
    pub fn new(
        areas: Vec<Area<'a>>,
        contract: InputContract,
        spec: &TileSpec,
        control: &Control<'_>,
    ) -> Result<Self> {
        let options = TilingOptions { overlap: spec.overlap, edge: EdgeRule::Inside, window: Window::Flat };
        let mut tiles = Vec::new();
        let mut hash = Sha256::new();
        for (index, area) in areas.iter().enumerate() {
            for direction in wide_enough(&spec.directions, area.seismic.grid(), contract.tile) {
                add_tiles(&mut tiles, index, area, direction, (contract.tile, spec.line_step, &options))?;
            }
            hash_volume(&mut hash, &area.seismic, control)?;
            hash_volume(&mut hash, &area.label, control)?;
        }
        let data_hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { areas, contract, tiles, data_hash })
    }

    /// Number of tiles.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Whether there is no tile.
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// What the tiles look like to the network.
    pub fn contract(&self) -> &InputContract {
        &self.contract
    }

    /// SHA-256 over all samples and labels of the areas, in hexadecimal.
    pub fn data_hash(&self) -> &str {
        &self.data_hash
    }

    /// Reads one tile: network input (channels, padded, padded), and label and validity (tile, tile), rows are samples.
    pub(super) fn load(
        &self,
        index: usize,
        change: Change,
        input: &mut [f32],
        target: &mut [f32],
        valid: &mut [f32],
    ) -> Result<()> {
        let tile = self.tiles[index];
        let area = &self.areas[tile.area];
        let seismic = Section::read(&area.seismic, tile.direction, tile.line, Vec::new())?;
        let label = Section::read(&area.label, tile.direction, tile.line, Vec::new())?;
        let position = moved(tile.position, change.shift, &seismic, self.contract.tile);
        extract(&seismic, position, &self.contract, &area.map, input)?;
        let mut known = vec![false; valid.len()];
        extract_label(&label, &seismic, position, self.contract.tile, target, &mut known)?;
        for ((value, target), known) in valid.iter_mut().zip(&mut *target).zip(known) {
            *value = f32::from(u8::from(known));
            // Beyond the edge the label is mirrored; a pixel without a label must not count as salt in a loss.
            *target *= *value;
        }
        if change.flip {
            input.chunks_exact_mut(self.contract.padded).for_each(<[f32]>::reverse);
            target.chunks_exact_mut(self.contract.tile).for_each(<[f32]>::reverse);
            valid.chunks_exact_mut(self.contract.tile).for_each(<[f32]>::reverse);
        }
        Ok(())
    }
}

/// The position moved by `shift`, but not further out of the section than it was.
fn moved(position: TilePosition, shift: [isize; 2], section: &Section, tile: usize) -> TilePosition {
    let limit = |start: isize, shift: isize, len: usize| {
        let last = len as isize - tile as isize;
        (start + shift).clamp(start.min(0), start.max(last).max(0))
    };
    TilePosition {
        trace: limit(position.trace, shift[0], section.traces()),
        sample: limit(position.sample, shift[1], section.samples()),
    }
}

/// The directions whose sections fill at least half a tile; all of them where none does. The narrow sections
/// across a kept-back band of inlines would be mostly mirror images, and no measure of anything.
fn wide_enough(directions: &[Direction], grid: &SurveyGrid, tile: usize) -> Vec<Direction> {
    let wide = |direction: &Direction| 2 * Section::trace_count(grid, *direction) >= tile;
    let found: Vec<_> = directions.iter().copied().filter(wide).collect();
    if found.is_empty() { directions.to_vec() } else { found }
}

fn add_tiles(
    tiles: &mut Vec<TileReference>,
    index: usize,
    area: &Area<'_>,
    direction: Direction,
    cut: (usize, usize, &TilingOptions),
) -> Result<()> {
    let (tile, line_step, options) = cut;
    let grid = area.seismic.grid();
    let plan = TilePlan::new(Section::trace_count(grid, direction), grid.samples.count, tile, options)?;
    for line in (0..Section::count(grid, direction)).step_by(line_step) {
        let live = area.seismic.live().of_block(&Block::section(grid, direction, line));
        let positions = plan.tiles_on(&live);
        tiles.extend(positions.map(|position| TileReference { area: index, direction, line, position }));
    }
    Ok(())
}

fn hash_volume(hash: &mut Sha256, source: &dyn VolumeSource, control: &Control<'_>) -> Result<()> {
    let grid = source.grid();
    let mut samples = Vec::new();
    let mut bytes = Vec::new();
    for line in 0..grid.inlines.count {
        control.check("hashing the training data")?;
        let block = Block::section(grid, Direction::Inline, line);
        samples.resize(block.len(), 0.0f32);
        source.read_block(&block, &mut samples)?;
        bytes.clear();
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        hash.update(&bytes);
    }
    Ok(())
}
