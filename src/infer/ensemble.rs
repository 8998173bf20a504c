//! Networks whose predictions are averaged.

use super::Predictor;
use super::options::PredictOptions;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::tiling::InputContract;
use crate::volume::{AmplitudeStats, Direction, Quantiles, VolumeSource};

/// Each pass of a batch is kept until the last is done.
const MAX_DROPOUT_PASSES: usize = 1000;

/// One or more networks that see the same tiles, each with its own channels, padding and scaling.
#[derive(Debug, Clone)]
pub struct Ensemble<'a> {
    members: Vec<&'a Predictor>,
    /// Contracts, each once.
    contracts: Vec<&'a InputContract>,
    /// Of each member, its contract.
    contract_of: Vec<usize>,
}

impl<'a> From<&'a Predictor> for Ensemble<'a> {
    fn from(member: &'a Predictor) -> Self {
        Self { members: vec![member], contracts: vec![&member.model().contract], contract_of: vec![0] }
    }
}

impl<'a> Ensemble<'a> {
    /// # Errors
    /// `InvalidArgument` without a member; `ModelMismatch` when their tiles differ in size.
    pub fn new(members: &[&'a Predictor]) -> Result<Self> {
        let [first, others @ ..] = members else {
            fail!(InvalidArgument, "an ensemble needs at least one model");
        };
        let mut ensemble = Self::from(*first);
        for &member in others {
            let contract = &member.model().contract;
            let [(here, window), (there, other)] =
                [first, &member].map(|member| (member.model().contract.tile, member.model().contract.window));
            if window != other {
                fail!(
                    ModelMismatch,
                    "the models ask for other windows ({window:?}, {other:?}): predict with each and fuse the results"
                );
            }
            if here != there {
                fail!(
                    ModelMismatch,
                    "one model's tiles have {here} x {here} pixels, another's {there} x {there}: predict with each and fuse the results"
                );
            }
            let known = ensemble.contracts.iter().position(|known| *known == contract);
            ensemble.contract_of.push(known.unwrap_or(ensemble.contracts.len()));
            if known.is_none() {
                ensemble.contracts.push(contract);
            }
            ensemble.members.push(member);
        }
        Ok(ensemble)
    }

    /// The networks, at least one.
    pub fn members(&self) -> &[&'a Predictor] {
        &self.members
    }

    /// Refuses, before any work, what the networks cannot do.
    ///
    /// # Errors
    /// `InvalidArgument` for draws of dropout from a network that has none, or too many; when models that were trained at different intervals are to get
    /// resampled sections.
    pub(super) fn check(&self, options: &PredictOptions) -> Result<()> {
        let fixed = self.members().iter().find(|member| !member.model().network.has_dropout());
        if let (Some(member), true) = (fixed, options.dropout_passes > 0) {
            fail!(
                InvalidArgument,
                "{} passes with dropout: the network of {:?} has none, ask for 0",
                options.dropout_passes,
                member.model().training.recipe
            );
        }
        if options.dropout_passes > MAX_DROPOUT_PASSES {
            fail!(
                InvalidArgument,
                "{} passes with dropout, expected at most {MAX_DROPOUT_PASSES}",
                options.dropout_passes
            );
        }
        if options.resample {
            let [first, others @ ..] = self.contracts() else { return Ok(()) };
            let grid = |contract: &InputContract| (contract.sample_interval, contract.trace_spacing);
            if let Some(other) = others.iter().find(|other| grid(other) != grid(first)) {
                fail!(
                    InvalidArgument,
                    "models that were trained at other sample intervals or trace spacings ({:?}, {:?}) cannot be resampled for together",
                    grid(first),
                    grid(other)
                );
            }
        }
        Ok(())
    }

    /// The input contracts, each once.
    pub(super) fn contracts(&self) -> &[&'a InputContract] {
        &self.contracts
    }

    /// The networks, each with the number of its contract.
    pub(super) fn with_contracts(&self) -> impl Iterator<Item = (&'a Predictor, usize)> + '_ {
        self.members.iter().copied().zip(self.contract_of.iter().copied())
    }

    /// Most tiles per forward pass.
    pub(super) fn batch(&self) -> usize {
        self.members.iter().map(|member| member.batch()).min().unwrap_or(1)
    }

    /// Streams a survey for the amplitudes that each input contract scales by. Progress stage "statistics", in inlines.
    ///
    /// # Errors
    /// `Geometry` when no live trace has a finite non-zero sample; read errors; `Cancelled`.
    pub fn amplitudes(
        &self,
        source: &dyn VolumeSource,
        control: &Control<'_>,
    ) -> Result<Vec<AmplitudeStats>> {
        let quantiles = Quantiles::of(source, control)?;
        let shares = |contract: &InputContract| [contract.scaling.low_share, contract.scaling.high_share];
        self.contracts().iter().map(|contract| AmplitudeStats::new(&quantiles, shares(contract))).collect()
    }

    /// Tells what differs between a survey and what the models were trained on.
    pub fn warn_about(
        &self,
        source: &dyn VolumeSource,
        directions: &[Direction],
        resample: bool,
        control: &Control<'_>,
    ) {
        if self.members().iter().any(|member| member.model().training.epochs == 0) {
            control.warn(
                "this model has no training on record: its weights are imported, its input contract is a guess",
            );
        }
        let grid = source.grid();
        let mut differences = Vec::new();
        for (contract, direction) in
            self.contracts().iter().flat_map(|contract| directions.iter().map(move |way| (contract, way)))
        {
            differences.extend(contract.differences(&grid.samples, grid.trace_spacing(*direction)));
        }
        differences.dedup();
        if resample && self.contracts().iter().all(|contract| contract.sample_interval.is_none()) {
            control
                .warn("the model does not say which sample interval it was trained at: nothing is resampled");
        }
        for difference in differences {
            // Units cannot be brought together by resampling.
            match resample && !difference.contains(" data, ") {
                true => control.info(&format!("{difference}: sections are resampled")),
                false => control.warn(&format!("{difference}: the prediction may be poor")),
            }
        }
    }
}
