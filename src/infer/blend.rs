//! The last stage: tiles back to sections.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use super::flow::Flow;
use super::parts::{Done, Head, Passed};
use crate::error::{Result, fail};
use crate::metrics::{SeamFigure, SectionView};
use crate::tiling::{Scale, Stitcher, TilePosition, clear_empty, crop, resample_back};
use crate::volume::clear_dead;

impl<'a> Flow<'a> {
    /// Puts batches together in the order in which they were cut, until no more come or nobody takes the sections.
    pub(super) fn blend(&self, passed: &Receiver<Passed<'a>>, out: &SyncSender<Done>) -> Result<()> {
        let mut early = BTreeMap::new();
        let mut next = 0;
        let mut open: Option<OpenSection<'a>> = None;
        for batch in passed {
            early.insert(batch.number, batch);
            while let Some(batch) = early.remove(&next) {
                next += 1;
                let Some(done) = self.watches.stitch.time(|| self.add(&mut open, batch))? else { continue };
                if out.send(done).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Gives the section when it is whole.
    fn add(&self, open: &mut Option<OpenSection<'a>>, batch: Passed<'a>) -> Result<Option<Done>> {
        let mut section = match open.take() {
            Some(section) => section,
            None => OpenSection::new(Arc::clone(&batch.head), self.deviation)?,
        };
        for (turn, &position) in batch.positions.iter().enumerate() {
            section.add(turn, position, &batch.passes)?;
        }
        let blank = batch.tail.as_ref().map_or(0, |tail| tail.blank);
        self.tiles.fetch_add(batch.positions.len() as u64 + blank, Ordering::Relaxed);
        let Some(tail) = batch.tail else {
            *open = Some(section);
            return Ok(None);
        };
        let mut done = section.finish(&tail.data)?;
        (done.blank, done.spare) = (tail.blank, tail.data);
        Ok(Some(done))
    }
}

/// Squares are taken from here, where they are smallest and lose the least.
const MIDDLE: f32 = 0.5;
/// Variances below this (standard deviations below 0.0005) cannot be told from rounding.
const ROUNDING: f32 = 2.5e-7;

/// Sums of the tiles of one section so far.
struct OpenSection<'a> {
    head: Arc<Head<'a>>,
    mean: Blended,
    square: Option<Blended>,
    tiles: u64,
    /// One tile, mean over the passes, and mean of the squared distances from the middle.
    tile: [Vec<f32>; 2],
    /// One pass of it.
    pass: Vec<f32>,
}

impl<'a> OpenSection<'a> {
    fn new(head: Arc<Head<'a>>, deviation: bool) -> Result<Self> {
        let layout = &head.layout;
        let pixels = layout.tile().rows * layout.tile().columns;
        let mean = Blended::new(&head)?;
        let square = deviation.then(|| Blended::new(&head)).transpose()?;
        let squares = if deviation { pixels } else { 0 };
        let tile = [vec![0.0; pixels], vec![0.0; squares]];
        Ok(Self { head, mean, square, tiles: 0, tile, pass: vec![0.0; pixels] })
    }

    /// Adds tile number `turn` of the batch.
    fn add(&mut self, turn: usize, position: TilePosition, passes: &[(usize, Vec<f32>)]) -> Result<()> {
        let frames = &self.head.layout.frames;
        let [mean, square] = &mut self.tile;
        let share = 1.0 / passes.len().max(1) as f32;
        for (number, (contract, values)) in passes.iter().enumerate() {
            let frame = frames[*contract];
            let pixels = frame.padded.rows * frame.padded.columns;
            crop(&values[turn * pixels..][..pixels], frame, &mut self.pass)?;
            let gain = |so_far: f32, value: f32| if number == 0 { value } else { so_far + value };
            mean.iter_mut().zip(&self.pass).for_each(|(mean, &p)| *mean = gain(*mean, p));
            let squares = self.pass.iter().map(|&p| (p - MIDDLE) * (p - MIDDLE));
            square.iter_mut().zip(squares).for_each(|(square, value)| *square = gain(*square, value));
        }
        if passes.len() > 1 {
            mean.iter_mut().chain(square.iter_mut()).for_each(|value| *value *= share);
        }
        self.tiles += 1;
        self.mean.add(position, mean)?;
        if let Some(blended) = &mut self.square {
            blended.add(position, square)?;
        }
        Ok(())
    }

    /// `data` are the samples that the tiles were cut from.
    fn finish(self, data: &[f32]) -> Result<Done> {
        let Self { head, mean, square, tiles, .. } = self;
        let layout = &head.layout;
        let mut probability = mean.finish(&head.scaled_live, layout.samples)?;
        let mut deviation = match square {
            None => None,
            Some(square) => {
                let mut square = square.finish(&head.scaled_live, layout.samples)?;
                for (square, mean) in square.iter_mut().zip(&probability) {
                    let variance = *square - (mean - MIDDLE) * (mean - MIDDLE);
                    *square = if variance > ROUNDING { variance.sqrt() } else { 0.0 };
                }
                Some(square)
            }
        };
        for values in std::iter::once(&mut probability).chain(&mut deviation) {
            clear_empty(values, data, layout.samples);
        }
        let mut seams = SeamFigure::default();
        let view = SectionView { samples: layout.samples, live: &head.scaled_live, data: &probability };
        seams.add(&view, &layout.plan.trace_borders(), &layout.plan.sample_borders())?;
        let live = head.live.clone();
        let back = |values| unscaled(values, &head);
        let (probability, deviation) = (back(probability)?, deviation.map(back).transpose()?);
        Ok(Done { tag: head.tag, live, probability, deviation, tiles, blank: 0, seams, spare: Vec::new() })
    }
}

/// At the section's own scale again, 0 on traces that are not live.
fn unscaled(values: Vec<f32>, head: &Head<'_>) -> Result<Vec<f32>> {
    let layout = &head.layout;
    if layout.scale == Scale::NONE {
        return Ok(values);
    }
    let mut values = resample_back(values, &head.scaled_live, layout.samples, layout.shape)?;
    clear_dead(&mut values, &head.live, layout.shape[1]);
    Ok(values)
}

/// A stitcher and what it has given away.
struct Blended {
    stitcher: Stitcher,
    values: Vec<f32>,
}

impl Blended {
    fn new(head: &Head<'_>) -> Result<Self> {
        let layout = &head.layout;
        let stitcher = Stitcher::new(layout.traces, layout.samples, layout.tile(), layout.window)?;
        Ok(Self { stitcher, values: Vec::with_capacity(layout.traces * layout.samples) })
    }

    fn add(&mut self, position: TilePosition, tile: &[f32]) -> Result<()> {
        if let Some((_, slab)) = self.stitcher.take_finished(position.first_trace()) {
            self.values.extend(slab);
        }
        self.stitcher.add(position, tile)
    }

    /// All values, 0 on traces that are not live.
    fn finish(mut self, live: &[bool], samples: usize) -> Result<Vec<f32>> {
        if let Some((_, slab)) = self.stitcher.finish() {
            self.values.extend(slab);
        }
        if self.stitcher.not_finite() > 0 {
            fail!(
                ModelMismatch,
                "the network gave {} values that are not numbers: the model is damaged or does not fit the data",
                self.stitcher.not_finite()
            );
        }
        clear_dead(&mut self.values, live, samples);
        Ok(self.values)
    }
}
