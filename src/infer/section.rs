//! One section in memory, for viewers.

use std::sync::Arc;

use super::Ensemble;
use super::flow::{Ends, Flow};
use super::layout::Layout;
use super::options::PredictOptions;
use super::parts::{Done, Job};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::tiling::{AmplitudeMap, Scale, Section};
use crate::volume::{AmplitudeStats, Quantiles};

/// What a predicted section consists of, trace-major, 0 on traces that are not live.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionOutput {
    /// Salt probability, 0..=1.
    pub probability: Vec<f32>,
    /// Standard deviation of all predictions of a sample, if it was asked for.
    pub deviation: Option<Vec<f32>>,
}

/// Predicts one section. Amplitudes are scaled by the range that `amplitudes` gives (what becomes -1 and 1), or else by the quantiles of
/// this section: results of neighbouring sections fit together only with a common range.
///
/// # Errors
/// `InvalidArgument` for a range that is not one, or options that do not fit; `Geometry` when there is nothing to scale by;
/// `ModelMismatch`; `OutOfMemory`; `Cancelled`.
pub fn predict_section(
    ensemble: &Ensemble<'_>,
    section: Section,
    amplitudes: Option<[f32; 2]>,
    (options, deviation): (&PredictOptions, bool),
    control: &Control<'_>,
) -> Result<SectionOutput> {
    let maps = maps(ensemble, &section, amplitudes)?;
    ensemble.check(options)?;
    // How far the traces are apart nobody says here.
    let scale = match options.resample {
        true => ensemble.contracts()[0].scale(section.axis(), None),
        false => Scale::NONE,
    };
    let layout = Arc::new(Layout::new(ensemble, options, [section.traces(), section.samples()], scale)?);
    let total = layout.tile_count(section.live());
    let flow = Flow::new(ensemble, maps, *options, deviation);
    let mut section = Some(section);
    let mut next =
        |_| Ok(section.take().map(|section| Job { tag: 0, place: 0, section, layout: Arc::clone(&layout) }));
    let mut found = None;
    let mut take = |done: Done| {
        found = Some(SectionOutput { probability: done.probability, deviation: done.deviation });
        Ok(())
    };
    flow.run(&mut Ends { next: &mut next, take: &mut take, total }, control)?;
    found.ok_or_else(|| Error::new(ErrorKind::Internal, "the section did not come back".to_owned()))
}

/// How each contract scales amplitudes here.
fn maps(ensemble: &Ensemble<'_>, section: &Section, given: Option<[f32; 2]>) -> Result<Vec<AmplitudeMap>> {
    if let Some([low, high]) = given {
        if low >= high || !low.is_finite() || !high.is_finite() {
            fail!(InvalidArgument, "the amplitude range {low}..{high} is not an ascending pair of numbers");
        }
        let stats = AmplitudeStats { samples: 0, not_finite: 0, low, high };
        return Ok(vec![AmplitudeMap::new(&stats); ensemble.contracts().len()]);
    }
    let mut quantiles = Quantiles::default();
    for (trace, _) in section.live().iter().enumerate().filter(|(_, live)| **live) {
        let samples: Vec<f32> =
            section.trace(trace).iter().copied().filter(|&sample| sample != 0.0).collect();
        quantiles.add(&samples);
    }
    let map = |shares| Ok(AmplitudeMap::new(&AmplitudeStats::new(&quantiles, shares)?));
    ensemble
        .contracts()
        .iter()
        .map(|contract| map([contract.scaling.low_share, contract.scaling.high_share]))
        .collect()
}
