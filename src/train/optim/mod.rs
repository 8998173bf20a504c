//! Optimizers whose state can be saved, which libtorch's through tch cannot.

mod rules;
mod spec;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tch::{Kind, Tensor};

use self::rules::{Lists, Update};
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

    /// Changes the weights by their gradients with this learning rate. A weight whose gradient is not defined stays.
    ///
    /// # Errors
    /// `Diverged` when gradients are to be clipped and are not finite (nothing has changed then); `Backend`; `OutOfMemory`.
    pub fn step(&mut self, weights: &[(String, Tensor)], gradients: Vec<Tensor>, rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let gradients = match self.spec.clip {
            Some(limit) => clip(gradients, limit)?,
            None => gradients,
        };
        self.steps += 1;
        for (update, lists) in self.updates(weights, gradients, rate)? {
            self.spec.rule.apply(lists, &update)?;
        }
        Ok(())
    }

    /// The weights that have a gradient, by what they are changed with.
    fn updates(
        &mut self,
        weights: &[(String, Tensor)],
        gradients: Vec<Tensor>,
        rate: f64,
    ) -> Result<Vec<(Update, Lists)>> {
        let count = self.spec.rule.slots().len();
        let mut updates: Vec<(Update, Lists)> = Vec::new();
        for ((name, weight), gradient) in weights.iter().zip(gradients) {
            if !gradient.defined() {
                continue;
            }
            let (share, weight_decay) = self.spec.of(name, weight.dim());
            let update = Update { step: self.steps, rate: rate * share, weight_decay };
            let place = updates.iter().position(|(other, _)| *other == update).unwrap_or_else(|| {
                let slots = (0..count).map(|_| Vec::new()).collect();
                updates.push((update, Lists { slots, ..Lists::default() }));
                updates.len() - 1
            });
            let lists = &mut updates[place].1;
            lists.gradients.push(in_order_of(weight, gradient)?);
            lists.weights.push(weight.shallow_clone());
            for (list, slot) in lists.slots.iter_mut().zip(slots_of(&mut self.slots, name, weight, count)?) {
                list.push(slot.shallow_clone());
            }
        }
        Ok(updates)
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
                Some(tensor) if tensor.size() == weight.size() => {
                    in_order_of(weight, tensor.f_to_device(weight.device())?)
                }
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

/// What is remembered of a weight; zeros at first.
fn slots_of<'a>(
    slots: &'a mut BTreeMap<String, Vec<Tensor>>,
    name: &str,
    weight: &Tensor,
    count: usize,
) -> Result<&'a [Tensor]> {
    Ok(match slots.entry(name.to_owned()) {
        Entry::Occupied(there) => there.into_mut(),
        Entry::Vacant(place) => {
            place.insert((0..count).map(|_| Ok(weight.f_zeros_like()?)).collect::<Result<_>>()?)
        }
    })
}

/// The same values with the strides of `weight`.
fn in_order_of(weight: &Tensor, tensor: Tensor) -> Result<Tensor> {
    let steps = |tensor: &Tensor| -> Vec<i64> {
        let sized = tensor.size().into_iter().zip(tensor.stride());
        sized.filter(|(size, _)| *size > 1).map(|(_, stride)| stride).collect()
    };
    if steps(&tensor) == steps(weight) {
        return Ok(tensor);
    }
    let mut ordered = weight.f_empty_like()?;
    ordered.f_copy_(&tensor)?;
    Ok(ordered)
}

/// Scales gradients whose norm together exceeds `limit` down to it (Pascanu, Mikolov, Bengio, ICML 2013, algorithm 1).
fn clip(gradients: Vec<Tensor>, limit: f64) -> Result<Vec<Tensor>> {
    let defined = gradients.iter().filter(|gradient| gradient.defined());
    let squares = defined.map(|gradient| Ok(gradient.f_square()?.f_sum(Kind::Double)?));
    let squares = squares.collect::<Result<Vec<_>>>()?;
    if squares.is_empty() {
        return Ok(gradients);
    }
    let norm = Tensor::f_stack(&squares, 0)?.f_sum(Kind::Double)?.f_double_value(&[])?.sqrt();
    if !norm.is_finite() {
        fail!(Diverged, "the gradients' norm became {norm}: lower the recipe's rate");
    }
    let share = limit / (norm + CLIP_EPSILON);
    if share >= 1.0 {
        return Ok(gradients);
    }
    // Not in place: two gradients may share their memory.
    let scaled = gradients.into_iter().map(|gradient| match gradient.defined() {
        true => Ok(gradient.f_mul_scalar(share)?),
        false => Ok(gradient),
    });
    scaled.collect()
}
