//! Adam (Kingma, Ba, ICLR 2015, algorithm 1), as `torch.optim.Adam` computes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::{Result, fail};

/// Adam's constants; the learning rate comes from the schedule at each step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamOptions {
    /// Decay of the mean of gradients.
    pub beta1: f64,
    /// Decay of the mean of squared gradients.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// L2 penalty, added to the gradient.
    pub weight_decay: f64,
}

impl Default for AdamOptions {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

#[derive(Debug)]
struct Moments {
    mean: Tensor,
    square: Tensor,
}

/// The optimizer and its state.
#[derive(Debug)]
pub struct Adam {
    options: AdamOptions,
    steps: i32,
    moments: BTreeMap<String, Moments>,
}

impl Adam {
    /// Before the first step.
    pub fn new(options: AdamOptions) -> Self {
        Self { options, steps: 0, moments: BTreeMap::new() }
    }

    /// Changes the weights by their gradients, each with the learning rate that `rate` gives for its name. Weights without a
    /// gradient stay.
    ///
    /// # Errors
    /// `Backend`, `OutOfMemory`.
    pub fn step(&mut self, weights: &[(String, Tensor)], rate: impl Fn(&str) -> f64) -> Result<()> {
        self.steps += 1;
        let _guard = tch::no_grad_guard();
        for (name, weight) in weights {
            let gradient = weight.grad();
            if gradient.defined() {
                self.update(name, weight, &gradient, rate(name))?;
            }
        }
        Ok(())
    }

    fn update(&mut self, name: &str, weight: &Tensor, gradient: &Tensor, rate: f64) -> Result<()> {
        let AdamOptions { beta1, beta2, epsilon, weight_decay } = self.options;
        if !self.moments.contains_key(name) {
            let zeros = || weight.f_zeros_like();
            self.moments.insert(name.to_owned(), Moments { mean: zeros()?, square: zeros()? });
        }
        let Some(Moments { mean, square }) = self.moments.get_mut(name) else {
            fail!(Internal, "no moments for {name}");
        };
        let decayed;
        let gradient = if weight_decay > 0.0 {
            decayed = gradient.f_add(&weight.f_mul_scalar(weight_decay)?)?;
            &decayed
        } else {
            gradient
        };
        let _ = mean.f_lerp_(gradient, 1.0 - beta1)?;
        let _ = square.f_mul_scalar_(beta2)?.f_add_(&gradient.f_square()?.f_mul_scalar(1.0 - beta2)?)?;
        let correction1 = 1.0 - beta1.powi(self.steps);
        let correction2 = (1.0 - beta2.powi(self.steps)).sqrt();
        let denominator = square.f_sqrt()?.f_div_scalar_(correction2)?.f_add_scalar_(epsilon)?;
        let change = mean.f_div(&denominator)?.f_mul_scalar_(-rate / correction1)?;
        let _ = weight.shallow_clone().f_add_(&change)?;
        Ok(())
    }

    /// Steps taken.
    pub fn steps(&self) -> i32 {
        self.steps
    }

    /// The state as named tensors, for a checkpoint.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let pairs = self.moments.iter().flat_map(|(name, moments)| {
            [(format!("mean.{name}"), &moments.mean), (format!("square.{name}"), &moments.square)]
        });
        pairs.map(|(name, tensor)| (name, tensor.shallow_clone())).collect()
    }

    /// Takes back what [`Adam::state`] gave after `steps` steps; tensors go to the device of `weights`.
    ///
    /// # Errors
    /// `ModelMalformed` naming a tensor that is missing or of another shape.
    pub fn restore(
        &mut self,
        steps: i32,
        weights: &[(String, Tensor)],
        state: &BTreeMap<String, Tensor>,
    ) -> Result<()> {
        self.steps = steps;
        self.moments.clear();
        if steps == 0 {
            return Ok(());
        }
        for (name, weight) in weights {
            // A weight without a gradient, in a frozen stage, has no moments.
            if !state.contains_key(&format!("mean.{name}")) && !state.contains_key(&format!("square.{name}"))
            {
                continue;
            }
            let find = |kind: &str| match state.get(&format!("{kind}.{name}")) {
                Some(tensor) if tensor.size() == weight.size() => Ok(tensor.f_to_device(weight.device())?),
                Some(tensor) => {
                    fail!(
                        ModelMalformed,
                        "optimizer state {kind}.{name} has shape {:?}, expected {:?}",
                        tensor.size(),
                        weight.size()
                    )
                }
                None => fail!(ModelMalformed, "optimizer state {kind}.{name} is missing"),
            };
            self.moments.insert(name.clone(), Moments { mean: find("mean")?, square: find("square")? });
        }
        Ok(())
    }
}
