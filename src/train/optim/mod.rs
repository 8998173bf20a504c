//! Optimizers whose state can be saved, which libtorch's through tch cannot.

mod rules;
mod spec;

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use self::rules::Update;
pub use self::spec::{OptimizerSpec, ParameterGroup, Rule};
use crate::error::{Result, fail};

/// Added to the norm that gradients are divided by, as `torch.nn.utils.clip_grad_norm_` does.
const CLIP_EPSILON: f64 = 1e-6;

/// A rule and what it remembers of each weight.
#[derive(Debug)]
pub struct Optimizer {
    spec: OptimizerSpec,
    steps: i32,
    slots: BTreeMap<String, Vec<Tensor>>,
}

impl Optimizer {
    /// Before the first step.
    pub fn new(spec: OptimizerSpec) -> Self {
        Self { spec, steps: 0, slots: BTreeMap::new() }
    }

    /// Changes the weights by their gradients with this learning rate. Weights without a gradient stay.
    ///
    /// # Errors
    /// `Diverged` when gradients are to be clipped and are not finite (nothing has changed then); `Backend`; `OutOfMemory`.
    pub fn step(&mut self, weights: &[(String, Tensor)], rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let gradients: Vec<Tensor> = weights.iter().map(|(_, weight)| weight.grad()).collect();
        if let Some(limit) = self.spec.clip {
            clip(&gradients, limit)?;
        }
        self.steps += 1;
        for ((name, weight), gradient) in weights.iter().zip(&gradients) {
            if gradient.defined() {
                self.change(name, weight, gradient, rate)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, name: &str, weight: &Tensor, gradient: &Tensor, rate: f64) -> Result<()> {
        if !self.slots.contains_key(name) {
            let zeros = self.spec.rule.slots().iter().map(|_| Ok(weight.f_zeros_like()?));
            self.slots.insert(name.to_owned(), zeros.collect::<Result<_>>()?);
        }
        let Some(slots) = self.slots.get_mut(name) else {
            fail!(Internal, "nothing is remembered of {name}");
        };
        let (share, weight_decay) = self.spec.of(name, weight.dim());
        let update = Update { step: self.steps, rate: rate * share, weight_decay };
        self.spec.rule.apply(weight, gradient, slots, &update)
    }

    /// Steps taken.
    pub fn steps(&self) -> i32 {
        self.steps
    }

    /// The state as named tensors, for a checkpoint.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let names = self.spec.rule.slots();
        let of_weight = |(name, slots): (&String, &Vec<Tensor>)| -> Vec<(String, Tensor)> {
            let slots = names.iter().zip(slots);
            slots.map(|(slot, tensor)| (format!("{slot}.{name}"), tensor.shallow_clone())).collect()
        };
        self.slots.iter().flat_map(of_weight).collect()
    }

    /// Takes back what [`Optimizer::state`] gave after `steps` steps; tensors go to the device of `weights`.
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
        self.slots.clear();
        let names = self.spec.rule.slots();
        for (name, weight) in weights {
            // A weight without a gradient, in a frozen stage, has no state; nor has any before the first step.
            if !names.iter().any(|slot| state.contains_key(&format!("{slot}.{name}"))) {
                continue;
            }
            let find = |slot: &&str| match state.get(&format!("{slot}.{name}")) {
                Some(tensor) if tensor.size() == weight.size() => Ok(tensor.f_to_device(weight.device())?),
                Some(tensor) => {
                    fail!(
                        ModelMalformed,
                        "optimizer state {slot}.{name} has shape {:?}, expected {:?}",
                        tensor.size(),
                        weight.size()
                    )
                }
                None => fail!(ModelMalformed, "optimizer state {slot}.{name} is missing"),
            };
            self.slots.insert(name.clone(), names.iter().map(find).collect::<Result<_>>()?);
        }
        Ok(())
    }
}

/// Scales gradients whose norm together exceeds `limit` down to it (Pascanu, Mikolov, Bengio, ICML 2013, algorithm 1).
fn clip(gradients: &[Tensor], limit: f64) -> Result<()> {
    let defined = || gradients.iter().filter(|gradient| gradient.defined());
    let squares = defined().map(|gradient| Ok(gradient.f_square()?.f_sum(Kind::Double)?));
    let squares = squares.collect::<Result<Vec<_>>>()?;
    if squares.is_empty() {
        return Ok(());
    }
    let norm = Tensor::f_stack(&squares, 0)?.f_sum(Kind::Double)?.f_double_value(&[])?.sqrt();
    if !norm.is_finite() {
        fail!(Diverged, "the gradients' norm became {norm}: lower the recipe's rate");
    }
    let share = limit / (norm + CLIP_EPSILON);
    if share < 1.0 {
        for gradient in defined() {
            let _ = gradient.shallow_clone().f_mul_scalar_(share)?;
        }
    }
    Ok(())
}
