//! A loss as data: a weighted sum.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Hinge, bce, focal, lovasz_hinge, soft_dice, symmetric_lovasz};
use crate::error::{Result, fail};

/// What Dice and the Lovász hinges are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Each image, then the mean over the images.
    #[default]
    Image,
    /// All pixels of the batch (of each pass, where a batch is taken in several) as one.
    Batch,
}

/// Weights of the terms; those that are 0 are not computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossSpec {
    /// Weight of the binary cross-entropy.
    pub bce: f64,
    /// Weight of soft Dice.
    pub dice: f64,
    /// Weight of the focal loss.
    pub focal: f64,
    /// Exponent of the focal loss.
    pub gamma: f64,
    /// Weight of the Lovász hinge.
    pub lovasz: f64,
    /// Weight of the Lovász hinge of salt and of its absence, averaged.
    pub symmetric_lovasz: f64,
    /// The form of both Lovász hinges.
    pub hinge: Hinge,
    /// What Dice and both Lovász hinges are taken over.
    pub over: Over,
    /// Weight of the binary cross-entropy of the network's classifier: has the tile any salt?
    pub empty: f64,
    /// Weight of the mean of the same sum over the maps of a deeply supervised network.
    pub deep: f64,
    /// Label smoothing of the cross-entropies, 0..1: labels become `y (1 - s) + s / 2` (Szegedy et al., CVPR 2016, section 7).
    pub smoothing: f64,
}

impl Default for LossSpec {
    fn default() -> Self {
        Self {
            bce: 0.0,
            dice: 0.0,
            focal: 0.0,
            gamma: 2.0,
            lovasz: 0.0,
            symmetric_lovasz: 0.0,
            hinge: Hinge::EluPlusOne,
            over: Over::Image,
            empty: 0.0,
            deep: 0.0,
            smoothing: 0.0,
        }
    }
}

/// What a loss is computed from, logits and targets.
#[derive(Debug, Clone, Copy)]
pub struct Prediction<'a> {
    /// (n, 1, h, w).
    pub mask: &'a Tensor,
    /// (n, 1), if the network has a classifier.
    pub any_salt: Option<&'a Tensor>,
    /// (n, 1, h, w) each, if the network is supervised deeply.
    pub stages: &'a [Tensor],
}

/// What it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// 0 or 1, (n, 1, h, w).
    pub label: &'a Tensor,
    /// Whether a pixel has a label, (n, 1, h, w); `None`: all have. The others' labels must be 0; their logits are passed over.
    pub valid: Option<&'a Tensor>,
}

impl LossSpec {
    /// Refuses negative weights, a sum of nothing, and an exponent below 0.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check(&self) -> Result<()> {
        let masks = [
            ("bce", self.bce),
            ("dice", self.dice),
            ("focal", self.focal),
            ("lovasz", self.lovasz),
            ("symmetric_lovasz", self.symmetric_lovasz),
        ];
        let others = [
            ("gamma", self.gamma),
            ("empty", self.empty),
            ("deep", self.deep),
            ("smoothing", self.smoothing),
        ];
        for (name, weight) in masks.iter().chain(&others) {
            if !weight.is_finite() || *weight < 0.0 {
                fail!(InvalidArgument, "loss: {name} is {weight}, expected 0 or more");
            }
        }
        if self.smoothing >= 1.0 {
            fail!(InvalidArgument, "loss: smoothing is {}, expected below 1", self.smoothing);
        }
        if masks.iter().all(|(_, weight)| *weight == 0.0) {
            let names = masks.map(|(name, _)| name).join(", ");
            fail!(InvalidArgument, "loss: all of {names} are 0, expected a positive one");
        }
        Ok(())
    }

    /// The weighted sum, one number that gradients flow from.
    ///
    /// # Errors
    /// `Backend` for shapes that differ; `InvalidArgument` for a weight of a head that the network has not; `OutOfMemory`.
    pub fn of(&self, prediction: &Prediction<'_>, target: &Target<'_>) -> Result<Tensor> {
        let mut sum = self.of_mask(prediction.mask, target)?;
        if self.empty > 0.0 {
            let Some(any_salt) = prediction.any_salt else {
                fail!(InvalidArgument, "loss: empty is {}, the network has no classifier", self.empty);
            };
            let any = target.label.f_flatten(1, -1)?.f_amax([1i64].as_slice(), true)?;
            sum = sum.f_add(&bce(any_salt, &any, None)?.f_mul_scalar(self.empty)?)?;
        }
        if self.deep > 0.0 {
            if prediction.stages.is_empty() {
                fail!(InvalidArgument, "loss: deep is {}, the network is not supervised deeply", self.deep);
            }
            let share = self.deep / prediction.stages.len() as f64;
            for stage in prediction.stages {
                sum = sum.f_add(&self.of_mask(stage, target)?.f_mul_scalar(share)?)?;
            }
        }
        Ok(sum)
    }

    fn of_mask(&self, logits: &Tensor, target: &Target<'_>) -> Result<Tensor> {
        type Term<'a> = (f64, &'a dyn Fn() -> Result<Tensor>);
        let Target { label, valid } = *target;
        let soft = match self.smoothing > 0.0 {
            true => label.f_mul_scalar(1.0 - self.smoothing)?.f_add_scalar(0.5 * self.smoothing)?,
            false => label.shallow_clone(),
        };
        let together = |tensor: &Tensor| match self.over {
            Over::Image => Ok(tensor.shallow_clone()),
            Over::Batch => tensor.f_reshape([1, -1]),
        };
        let (all_logits, all_labels) = (together(logits)?, together(label)?);
        let all_valid = valid.map(together).transpose()?;
        let (all_logits, all_labels, all_valid) = (&all_logits, &all_labels, all_valid.as_ref());
        let terms: [Term<'_>; 5] = [
            (self.bce, &|| bce(logits, &soft, valid)),
            (self.dice, &|| soft_dice(all_logits, all_labels, all_valid)),
            (self.focal, &|| focal(logits, &soft, self.gamma, valid)),
            (self.lovasz, &|| lovasz_hinge(all_logits, all_labels, self.hinge, all_valid)),
            (self.symmetric_lovasz, &|| symmetric_lovasz(all_logits, all_labels, self.hinge, all_valid)),
        ];
        let mut sum = Tensor::f_zeros([], (Kind::Float, logits.device()))?;
        for (weight, term) in terms.into_iter().filter(|(weight, _)| *weight > 0.0) {
            sum = sum.f_add(&term()?.f_mul_scalar(weight)?)?;
        }
        Ok(sum)
    }
}
