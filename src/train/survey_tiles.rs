//! Training tiles cut from labelled surveys, read when they are needed: memory does not grow with the surveys.

use sha2::{Digest, Sha256};

use super::{LabelledTile, TileSource, TrainingSpec};
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tiling::{
    AmplitudeMap, EdgeRule, InputContract, Section, TileDepth, TilePlan, TilePosition, TilingOptions, Window,
    cut, extract_label,
};
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

    fn plan(&self, direction: Direction, tile: usize, options: &TilingOptions) -> Result<TilePlan> {
        let grid = self.seismic.grid();
        TilePlan::new(Section::trace_count(grid, direction), grid.samples.count, tile, options)
    }

    fn live(&self, direction: Direction, line: usize) -> Vec<bool> {
        self.seismic.live().of_block(&Block::section(self.seismic.grid(), direction, line))
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
pub struct SurveyTiles<'a> {
    areas: Vec<Area<'a>>,
    contract: InputContract,
    tiles: Vec<TileReference>,
    /// Label value that means "unlabelled".
    unlabelled: Option<f32>,
    data_hash: String,
}

impl<'a> SurveyTiles<'a> {
    /// Plans the tiles of all areas. Reads every sample once, for the hash that identifies the data.
    ///
    /// # Errors
    /// Read errors; `Cancelled`.
    pub fn new(
        areas: Vec<Area<'a>>,
        contract: InputContract,
        training: &TrainingSpec,
        control: &Control<'_>,
    ) -> Result<Self> {
        let spec = &training.tiles;
        let options = TilingOptions { overlap: spec.overlap, edge: EdgeRule::Inside, window: Window::Flat };
        let mut tiles = Vec::new();
        let mut hash = Sha256::new();
        for (index, area) in areas.iter().enumerate() {
            for direction in wide_enough(&spec.directions, area.seismic.grid(), contract.tile) {
                let plan = area.plan(direction, contract.tile, &options)?;
                for line in (0..Section::count(area.seismic.grid(), direction)).step_by(spec.line_step) {
                    let live = area.live(direction, line);
                    let positions = plan.tiles_on(&live);
                    let of = |position| TileReference { area: index, direction, line, position };
                    tiles.extend(positions.map(of));
                }
            }
            hash_volume(&mut hash, &area.seismic, control)?;
            hash_volume(&mut hash, &area.label, control)?;
        }
        let data_hash = format!("{:x}", hash.finalize());
        Ok(Self { areas, contract, tiles, unlabelled: training.unlabelled, data_hash })
    }
}

impl TileSource for SurveyTiles<'_> {
    fn len(&self) -> usize {
        self.tiles.len()
    }

    fn contract(&self) -> &InputContract {
        &self.contract
    }

    fn data_hash(&self) -> &str {
        &self.data_hash
    }

    fn name(&self, index: usize) -> String {
        let TileReference { area, direction, line, position } = self.tiles[index];
        let grid = self.areas[area].seismic.grid();
        let (name, across, [lines, traces]) = match direction {
            Direction::Inline => ("inline", "crossline", [grid.inlines, grid.crosslines]),
            Direction::Crossline => ("crossline", "inline", [grid.crosslines, grid.inlines]),
        };
        let trace = traces.number(position.trace.max(0) as usize);
        let z = grid.samples.value(position.sample.max(0) as usize);
        format!(
            "survey {}, {name} {}, {across} {trace}, {z} {}",
            area + 1,
            lines.number(line),
            grid.samples.unit.symbol()
        )
    }

    fn read(&self, index: usize, _: usize, shift: [isize; 2]) -> Result<LabelledTile> {
        let reference = self.tiles[index];
        let area = &self.areas[reference.area];
        let TileReference { direction, line, .. } = reference;
        let (tile, grid) = (self.contract.tile, area.seismic.grid());
        let [traces, samples] = [Section::trace_count(grid, direction), grid.samples.count];
        let whole = moved(reference.position, shift, [traces, samples], tile);
        let (traces, samples) = (needed(whole.trace, tile, traces), needed(whole.sample, tile, samples));
        let read = |volume| Section::read_window(volume, direction, line, traces.clone(), samples.clone());
        let (seismic, mut label) = (read(&area.seismic)?, read(&area.label)?);
        if let Some(unlabelled) = self.unlabelled {
            label.replace(unlabelled, f32::NAN);
        }
        let position = TilePosition {
            trace: whole.trace - traces.start as isize,
            sample: whole.sample - samples.start as isize,
        };
        let [mut amplitude, mut mask] = [0, 1].map(|_| vec![0.0; tile * tile]);
        cut(&seismic, position, tile, &area.map, &mut amplitude)?;
        let mut known = vec![false; tile * tile];
        extract_label(&label, &seismic, position, tile, &mut mask, &mut known)?;
        let valid: Vec<f32> = known.into_iter().map(|known| f32::from(u8::from(known))).collect();
        // Beyond the edge the label is mirrored; a pixel without a label must not count as salt in a loss.
        mask.iter_mut().zip(&valid).for_each(|(mask, valid)| *mask *= valid);
        let depth = TileDepth::of_axis(&grid.samples, whole.sample);
        Ok(LabelledTile { amplitude, label: mask, valid, depth })
    }
}

/// The position moved by `shift`, but not further out of the section than it was.
fn moved(
    position: TilePosition,
    shift: [isize; 2],
    [traces, samples]: [usize; 2],
    tile: usize,
) -> TilePosition {
    let limit = |start: isize, shift: isize, len: usize| {
        let last = len as isize - tile as isize;
        (start + shift).clamp(start.min(0), start.max(last).max(0))
    };
    TilePosition {
        trace: limit(position.trace, shift[0], traces),
        sample: limit(position.sample, shift[1], samples),
    }
}

/// The part of an axis of `len` traces or samples that a tile is cut from: its own, or all where it hangs over and is mirrored.
fn needed(start: isize, tile: usize, len: usize) -> std::ops::Range<usize> {
    match usize::try_from(start) {
        Ok(start) if start + tile <= len => start..start + tile,
        _ => 0..len,
    }
}

/// The directions whose sections fill at least half a tile; all of them where none does. The narrow sections
/// across a kept-back band of inlines would be mostly mirror images, and no measure of anything.
fn wide_enough(directions: &[Direction], grid: &SurveyGrid, tile: usize) -> Vec<Direction> {
    let wide = |direction: &Direction| 2 * Section::trace_count(grid, *direction) >= tile;
    let found: Vec<_> = directions.iter().copied().filter(wide).collect();
    if found.is_empty() { directions.to_vec() } else { found }
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
