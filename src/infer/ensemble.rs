//! Networks whose predictions are averaged.

use super::Predictor;
use crate::error::{Result, fail};
use crate::tiling::InputContract;

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
            let [here, there] = [first, &member].map(|member| member.model().contract.tile);
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
}
