//! How sections are cut.

use super::Ensemble;
use super::options::PredictOptions;
use crate::error::Result;
use crate::tiling::{Extent, Frame, Scale, TilePlan, Window};

/// How sections of one shape are cut.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// Traces and samples of the sections themselves.
    pub(super) shape: [usize; 2],
    pub(super) scale: Scale,
    /// Those of the scaled sections, which are cut.
    pub(super) traces: usize,
    pub(super) samples: usize,
    pub(super) plan: TilePlan,
    pub(super) window: Window,
    /// Of each contract.
    pub(super) frames: Vec<Frame<'a>>,
}

impl<'a> Layout<'a> {
    /// Of sections of this shape (traces, samples).
    pub(super) fn new(
        ensemble: &Ensemble<'a>,
        options: &PredictOptions,
        shape: [usize; 2],
        scale: Scale,
    ) -> Result<Self> {
        scale.check()?;
        let [traces, samples] = scale.of(shape);
        let mut strides = vec![1; ensemble.contracts().len()];
        for (member, contract) in ensemble.with_contracts() {
            strides[contract] = strides[contract].max(member.model().network.stride());
        }
        let contracts = ensemble.contracts().iter().zip(strides);
        let frames: Vec<_> = contracts
            .map(|(contract, stride)| options.frame(contract, stride, [traces, samples]))
            .collect::<Result<_>>()?;
        let Frame { contract, tile, .. } = frames[0];
        let plan = TilePlan::new(traces, samples, tile, &options.tiling(contract, tile))?;
        Ok(Self { shape, scale, traces, samples, plan, window: options.window, frames })
    }

    /// Tiles of a section with these live traces, those in which nothing is to be seen too.
    pub(super) fn tile_count(&self, live: &[bool]) -> u64 {
        self.plan.tiles_on(&self.scale.live(live)).count() as u64
    }

    pub(super) fn tile(&self) -> Extent {
        self.plan.tile()
    }
}
