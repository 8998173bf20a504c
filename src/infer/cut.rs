//! The first stage: from sections to network input.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use rayon::prelude::*;

use super::flow::Flow;
use super::layout::Layout;
use super::parts::{Batch, Head, Job, Tail};
use crate::error::Result;
use crate::tiling::{AmplitudeMap, Extent, Scale, Section, TilePosition, extract};

/// One of 255 steps of -1 to 1.
const GREY_LEVEL: f32 = 2.0 / 255.0;

impl<'a> Flow<'a> {
    /// Tiles per forward pass: fewer where they are larger than the models' own, so that a batch takes no more memory.
    pub(super) fn batch(&self, layout: &Layout<'_>) -> usize {
        let own = self.ensemble.contracts().iter().map(|contract| contract.padded * contract.padded).max();
        let here = layout.frames.iter().map(|frame| frame.padded.rows * frame.padded.columns).max();
        let (own, here) = (own.unwrap_or(1), here.unwrap_or(1).max(1));
        (self.ensemble.batch() * own / here).clamp(1, self.ensemble.batch())
    }

    /// Cuts each section into batches until no more come, or nobody takes them.
    pub(super) fn cut(&self, jobs: &Receiver<Job<'a>>, out: &SyncSender<Batch<'a>>) -> Result<()> {
        let mut number = 0;
        for Job { tag, place, section, layout } in jobs {
            let live = section.live().to_vec();
            let section = match layout.scale {
                Scale::NONE => section,
                scale => self.watches.tile.time(|| section.resampled(scale))?,
            };
            let (positions, blank) = self.watches.tile.time(|| self.positions(&section, &layout));
            let head = Arc::new(Head { tag, place, live, scaled_live: section.live().to_vec(), layout });
            let mut parts = positions.chunks(self.batch(&head.layout)).peekable();
            let mut section = Some(section);
            loop {
                let part = parts.next().unwrap_or_default();
                let Some(whole) = section.take() else { break };
                let inputs = self.watches.tile.time(|| self.inputs(&whole, part, &head.layout))?;
                let tail = if parts.peek().is_none() {
                    Some(Tail { blank, data: whole.into_data() })
                } else {
                    section = Some(whole);
                    None
                };
                let batch = Batch { number, head: Arc::clone(&head), positions: part.to_vec(), inputs, tail };
                number += 1;
                if out.send(batch).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The tiles to predict, and how many have nothing to see.
    fn positions(&self, section: &Section, layout: &Layout<'_>) -> (Vec<TilePosition>, u64) {
        let mut positions: Vec<TilePosition> = layout.plan.tiles(section).collect();
        let all = positions.len();
        if self.options.skip_blank {
            let blank =
                |position| self.maps.iter().all(|map| is_blank(section, position, layout.tile(), map));
            positions.retain(|&position| !blank(position));
        }
        let blank = (all - positions.len()) as u64;
        (positions, blank)
    }

    /// Network input of some tiles, of each contract.
    fn inputs(
        &self,
        section: &Section,
        part: &[TilePosition],
        layout: &Layout<'_>,
    ) -> Result<Vec<Arc<Vec<f32>>>> {
        let contracts = layout.frames.iter().zip(&self.maps);
        contracts
            .map(|(frame, map)| {
                let mut input = vec![0.0; part.len() * frame.input_len()];
                let tiles = input.par_chunks_exact_mut(frame.input_len()).zip(part);
                tiles.try_for_each(|(out, &position)| extract(section, position, *frame, map, out))?;
                Ok(Arc::new(input))
            })
            .collect()
    }
}

/// Whether a tile has nothing to see: live traces scaled as a network gets them differ by less than one of 255 levels of grey, which the tiles of the
/// training could not have shown. Water, mutes.
fn is_blank(section: &Section, position: TilePosition, tile: Extent, map: &AmplitudeMap) -> bool {
    let clip = |start: isize, len: usize, end: usize| {
        let stop = start.saturating_add_unsigned(len).clamp(0, end as isize) as usize;
        (start.max(0) as usize).min(stop)..stop
    };
    let rows = clip(position.sample, tile.rows, section.samples());
    let traces = clip(position.trace, tile.columns, section.traces());
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    let live = traces.filter(|&trace| section.live()[trace]);
    live.flat_map(|trace| &section.trace(trace)[rows.clone()]).all(|&sample| {
        let seen = map.apply(sample);
        (low, high) = (low.min(seen), high.max(seen));
        high - low < GREY_LEVEL
    })
}
