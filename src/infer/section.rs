//! One section through the network and back together.

use std::ops::Range;

use rayon::prelude::*;

use super::Predictor;
use super::predictor::Outputs;
use super::report::{StageSeconds, timed};
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tiling::{AmplitudeMap, Section, Stitcher, TilePlan, TilePosition, TilingOptions, crop, extract};
use crate::volume::{AmplitudeStats, Direction, Quantiles};

/// How a volume or section is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PredictOptions {
    /// Which sections a volume is cut into.
    pub direction: Direction,
    /// Samples and traces that neighbouring tiles share; `None` is [`TilingOptions::default`]'s, or half the model's
    /// tile where that is less.
    pub overlap: Option<usize>,
    /// Average with the mirrored tile (test-time augmentation); twice the time.
    pub flip: bool,
}

impl PredictOptions {
    pub(super) fn tiling(&self, tile: usize) -> TilingOptions {
        let default = TilingOptions::default();
        TilingOptions { overlap: self.overlap.unwrap_or(default.overlap.min(tile / 2)), ..default }
    }
}

/// What one section needs besides itself.
pub(super) struct SectionWork<'a> {
    pub predictor: &'a Predictor,
    pub plan: &'a TilePlan,
    pub map: AmplitudeMap,
    pub options: PredictOptions,
}

impl SectionWork<'_> {
    /// Predicts the section; `take` gets finished traces (trace range, probabilities trace-major), each once, in order.
    /// Gives the number of tiles.
    pub(super) fn run(
        &self,
        section: &Section,
        seconds: &mut StageSeconds,
        control: &Control<'_>,
        mut take: impl FnMut(Range<usize>, &[f32]) -> Result<()>,
    ) -> Result<u64> {
        let contract = &self.predictor.model().contract;
        let tile = contract.tile;
        let mut stitcher =
            Stitcher::new(section.traces(), section.samples(), tile, self.options.tiling(tile).window)?;
        let positions: Vec<TilePosition> = self.plan.tiles(section).collect();
        let mut probability = vec![0.0; tile * tile];
        for part in positions.chunks(self.predictor.batch()) {
            control.check("predict")?;
            let padded = self.forward(section, part, seconds)?;
            for (&position, padded) in part.iter().zip(padded.chunks_exact(contract.padded * contract.padded))
            {
                if let Some((traces, slab)) = stitcher.take_finished(position.first_trace()) {
                    take(traces, &slab)?;
                }
                timed(&mut seconds.stitch, || {
                    crop(padded, contract, &mut probability)?;
                    stitcher.add(position, &probability)
                })?;
            }
        }
        if let Some((traces, slab)) = stitcher.finish() {
            take(traces, &slab)?;
        }
        if stitcher.not_finite() > 0 {
            fail!(
                ModelMismatch,
                "the network gave {} values that are not numbers: the model is damaged or does not fit the data",
                stitcher.not_finite()
            );
        }
        Ok(positions.len() as u64)
    }

    /// Probabilities (n, padded, padded) of some tiles.
    fn forward(
        &self,
        section: &Section,
        part: &[TilePosition],
        seconds: &mut StageSeconds,
    ) -> Result<Vec<f32>> {
        let contract = &self.predictor.model().contract;
        let (len, pixels) = (self.predictor.input_len(), contract.padded * contract.padded);
        let mut input = vec![0.0; part.len() * len];
        timed(&mut seconds.tile, || {
            let tiles = input.par_chunks_exact_mut(len).zip(part);
            tiles.try_for_each(|(out, &position)| extract(section, position, contract, &self.map, out))
        })?;
        timed(&mut seconds.forward, || {
            let mut out = vec![0.0; part.len() * pixels];
            let mut outputs = Outputs { mask: &mut out, any_salt: None };
            self.predictor.forward(&mut input, self.options.flip, &mut outputs)?;
            Ok(out)
        })
    }
}

/// Predicts one section in memory: `probability` (trace-major, sample fastest) gets 0..1, and 0 on dead traces.
/// `amplitudes` are the survey's two quantiles of the model's contract; `None` takes the section's own.
///
/// # Errors
/// `InvalidArgument` for a buffer of another size or an overlap as large as the tile; `Geometry` when every sample is 0;
/// `ModelMismatch`; `OutOfMemory`; `Cancelled`. Nothing is written to `probability` then.
pub fn predict_section(
    predictor: &Predictor,
    section: &Section,
    amplitudes: Option<[f32; 2]>,
    options: &PredictOptions,
    control: &Control<'_>,
    probability: &mut [f32],
) -> Result<()> {
    if probability.len() != section.data().len() {
        fail!(
            InvalidArgument,
            "the buffer holds {} samples, the section has {}",
            probability.len(),
            section.data().len()
        );
    }
    let contract = &predictor.model().contract;
    let plan =
        TilePlan::new(section.traces(), section.samples(), contract.tile, &options.tiling(contract.tile))?;
    let map = AmplitudeMap::new(&section_stats(predictor, section, amplitudes)?);
    let work = SectionWork { predictor, plan: &plan, map, options: *options };
    let mut result = vec![0.0; probability.len()];
    let samples = section.samples();
    control.step("predict", 0, 1)?;
    work.run(section, &mut StageSeconds::default(), control, |traces, slab| {
        result[traces.start * samples..traces.end * samples].copy_from_slice(slab);
        Ok(())
    })?;
    control.step("predict", 1, 1)?;
    for (trace, &live) in section.live().iter().enumerate() {
        if !live {
            result[trace * samples..(trace + 1) * samples].fill(0.0);
        }
    }
    probability.copy_from_slice(&result);
    Ok(())
}

fn section_stats(
    predictor: &Predictor,
    section: &Section,
    given: Option<[f32; 2]>,
) -> Result<AmplitudeStats> {
    if let Some([low, high]) = given {
        if low >= high || !low.is_finite() || !high.is_finite() {
            fail!(InvalidArgument, "the amplitude range {low}..{high} is not an ascending pair of numbers");
        }
        return Ok(AmplitudeStats { samples: 0, not_finite: 0, low, high });
    }
    let scaling = predictor.model().contract.scaling;
    let mut quantiles = Quantiles::default();
    for (trace, _) in section.live().iter().enumerate().filter(|(_, live)| **live) {
        let samples: Vec<f32> =
            section.trace(trace).iter().copied().filter(|&sample| sample != 0.0).collect();
        quantiles.add(&samples);
    }
    let ends = [scaling.low_share, scaling.high_share].map(|share| quantiles.quantile(share));
    let [Some(low), Some(high)] = ends else {
        fail!(Geometry, "no live trace has a finite non-zero sample: there is nothing to scale by");
    };
    Ok(AmplitudeStats { samples: quantiles.count(), not_finite: quantiles.not_finite(), low, high })
}
