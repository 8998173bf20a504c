//! Whether a tile has any salt: global mean of the deepest feature, then fully connected layers.

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::model::blocks::global_mean;
use crate::model::pass::Pass;
use crate::model::spec::ClassifierSpec;
use crate::model::weights::Scope;

/// A fully connected layer: weight (outputs, inputs), bias (outputs).
#[derive(Debug)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

/// Hidden layers with ReLU, then one logit.
#[derive(Debug)]
pub(in crate::model) struct Classifier {
    layers: Vec<Linear>,
}

impl Classifier {
    pub(super) fn new(scope: &Scope<'_>, inputs: i64, spec: &ClassifierSpec) -> Result<Self> {
        let mut layers = Vec::new();
        let mut inputs = inputs;
        for (index, outputs) in spec.hidden.iter().copied().chain([1]).enumerate() {
            let scope = scope.sub(index);
            layers.push(Linear {
                weight: scope.he_normal("weight", &[outputs, inputs], inputs)?,
                bias: scope.constant("bias", &[outputs], 0.0)?,
            });
            inputs = outputs;
        }
        Ok(Self { layers })
    }

    /// (n, inputs, h, w) to float32 logits (n, 1).
    pub(super) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        // A few thousand values: float32 costs nothing here.
        let mut x = global_mean(x)?.f_flatten(1, -1)?.f_to_kind(Kind::Float)?;
        for (index, Linear { weight, bias }) in self.layers.iter().enumerate() {
            if index > 0 {
                x = x.f_relu_()?;
            }
            if let Some(recorder) = pass.recorder() {
                recorder.layer(weight.numel() + bias.numel(), 2 * weight.numel() as i64);
            }
            x = x.f_linear(weight, Some(bias))?;
        }
        Ok(x)
    }
}
