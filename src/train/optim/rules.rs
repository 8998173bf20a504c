//! The change of weights by each rule, as `torch.optim` computes it.

use tch::Tensor;

use super::spec::Rule;
use crate::error::{Result, fail};
use crate::tensor::{AdamStep, SgdStep, fused_adam, fused_sgd};

/// What a change is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Update {
    /// This step's number, from 1.
    pub(super) step: i32,
    pub(super) rate: f64,
    pub(super) weight_decay: f64,
}

/// Weights that one update changes; the tensors of a weight have the same place in each list, and the same strides.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) weights: Vec<Tensor>,
    pub(super) gradients: Vec<Tensor>,
    /// One list for each of [`Rule::slots`].
    pub(super) slots: Vec<Vec<Tensor>>,
}

impl Rule {
    /// Changes weights and slots in place.
    pub(super) fn apply(&self, lists: Lists, update: &Update) -> Result<()> {
        let Lists { weights, gradients, slots } = lists;
        let Update { step: number, rate, weight_decay } = *update;
        match *self {
            Self::Sgd { momentum, nesterov, .. } => {
                let velocities = slots.into_iter().next().unwrap_or_default();
                fused_sgd(weights, gradients, velocities, &SgdStep { rate, weight_decay, momentum, nesterov })
            }
            Self::Adam { betas, epsilon, .. } | Self::AdamW { betas, epsilon, .. } => {
                let decoupled = matches!(self, Self::AdamW { .. });
                let step = AdamStep { number, rate, weight_decay, decoupled, betas, epsilon };
                match <[Vec<Tensor>; 2]>::try_from(slots) {
                    Ok(slots) => fused_adam(weights, gradients, slots, &step),
                    Err(_) => fail!(Internal, "Adam without its two means"),
                }
            }
        }
    }
}
