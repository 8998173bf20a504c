//! Changes of all weights at once.

use tch::{Device, IValue, Tensor};

use super::script::Script;
use crate::error::Result;

static SCRIPT: Script = Script::new("fused optimizers", include_bytes!("optimizers.pt"));

/// A step of stochastic gradient descent, with PyTorch's names.
#[derive(Debug, Clone, Copy)]
pub struct SgdStep {
    /// The learning rate.
    pub rate: f64,
    /// L2 penalty.
    pub weight_decay: f64,
    /// Share of the last change that is kept, 0..1.
    pub momentum: f64,
    /// Looks ahead by the momentum.
    pub nesterov: bool,
}

/// A step of Adam.
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// The step's number, from 1.
    pub number: i32,
    /// The learning rate.
    pub rate: f64,
    /// L2 penalty, or the decoupled decay.
    pub weight_decay: f64,
    /// Whether the decay is decoupled from the gradient.
    pub decoupled: bool,
    /// Decays of the means of gradients and of squared gradients.
    pub betas: [f64; 2],
    /// Added to the denominator.
    pub epsilon: f64,
}

/// Changes `weights` and `velocities` (none without momentum) in place. The three tensors of a weight must have the same
/// strides: memory is read in its own order.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn fused_sgd(
    weights: Vec<Tensor>,
    gradients: Vec<Tensor>,
    velocities: Vec<Tensor>,
    step: &SgdStep,
) -> Result<()> {
    let lists = [weights, gradients, velocities].map(IValue::TensorList);
    let constants = [step.rate, step.weight_decay, step.momentum].map(IValue::Double);
    let arguments: Vec<IValue> =
        lists.into_iter().chain(constants).chain([IValue::Bool(step.nesterov)]).collect();
    SCRIPT.call("sgd", &arguments).map(drop)
}

/// Changes `weights`, `means` and `squares` in place. The four tensors of a weight must have the same strides.
///
/// # Errors
/// `Backend`, `OutOfMemory`.
pub fn fused_adam(
    weights: Vec<Tensor>,
    gradients: Vec<Tensor>,
    [means, squares]: [Vec<Tensor>; 2],
    step: &AdamStep,
) -> Result<()> {
    let device = weights.first().map_or(Device::Cpu, Tensor::device);
    let number = Tensor::from(step.number as f32).f_to_device(device)?;
    let numbers = weights.iter().map(|_| number.shallow_clone()).collect();
    let lists = [weights, gradients, means, squares, numbers].map(IValue::TensorList);
    let constants = [
        IValue::Double(step.rate),
        IValue::Double(step.weight_decay),
        IValue::DoubleList(step.betas.to_vec()),
        IValue::Double(step.epsilon),
    ];
    let arguments: Vec<IValue> = lists.into_iter().chain(constants).collect();
    SCRIPT.call(if step.decoupled { "adamw" } else { "adam" }, &arguments).map(drop)
}
