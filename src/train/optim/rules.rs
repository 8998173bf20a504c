//! One weight's change by each rule, as `torch.optim` computes it.

use tch::Tensor;

use super::spec::Rule;
use crate::error::{Result, fail};

/// What a change is made with.
pub(super) struct Update {
    /// This step's number, from 1.
    pub(super) step: i32,
    pub(super) rate: f64,
    pub(super) weight_decay: f64,
}

impl Rule {
    /// Changes `weight` in place; `slots` are those of [`Rule::slots`].
    pub(super) fn apply(
        &self,
        weight: &Tensor,
        gradient: &Tensor,
        slots: &mut [Tensor],
        update: &Update,
    ) -> Result<()> {
        match (self, slots) {
            (Self::Sgd { momentum, nesterov, .. }, slots) => {
                sgd(weight, gradient, slots.first_mut(), (*momentum, *nesterov), update)
            }
            (Self::Adam { betas, epsilon, .. }, [mean, square]) => {
                let gradient = penalised(weight, gradient, update.weight_decay)?;
                adam(weight, &gradient, [mean, square], (*betas, *epsilon), update)
            }
            (Self::AdamW { betas, epsilon, .. }, [mean, square]) => {
                let kept = 1.0 - update.rate * update.weight_decay;
                let _ = weight.shallow_clone().f_mul_scalar_(kept)?;
                adam(weight, gradient, [mean, square], (*betas, *epsilon), update)
            }
            _ => fail!(Internal, "Adam without its two means"),
        }
    }
}

/// The gradient of the loss with the L2 penalty.
fn penalised(weight: &Tensor, gradient: &Tensor, weight_decay: f64) -> Result<Tensor> {
    if weight_decay == 0.0 {
        return Ok(gradient.shallow_clone());
    }
    Ok(gradient.f_add(&weight.f_mul_scalar(weight_decay)?)?)
}

fn sgd(
    weight: &Tensor,
    gradient: &Tensor,
    velocity: Option<&mut Tensor>,
    (momentum, nesterov): (f64, bool),
    update: &Update,
) -> Result<()> {
    let mut change = penalised(weight, gradient, update.weight_decay)?;
    if let Some(velocity) = velocity {
        let _ = velocity.f_mul_scalar_(momentum)?.f_add_(&change)?;
        change = match nesterov {
            true => change.f_add(&velocity.f_mul_scalar(momentum)?)?,
            false => velocity.shallow_clone(),
        };
    }
    let _ = weight.shallow_clone().f_add_(&change.f_mul_scalar(-update.rate)?)?;
    Ok(())
}

fn adam(
    weight: &Tensor,
    gradient: &Tensor,
    [mean, square]: [&mut Tensor; 2],
    ([beta1, beta2], epsilon): ([f64; 2], f64),
    update: &Update,
) -> Result<()> {
    let _ = mean.f_lerp_(gradient, 1.0 - beta1)?;
    let _ = square.f_lerp_(&gradient.f_square()?, 1.0 - beta2)?;
    if update.rate == 0.0 {
        return Ok(());
    }
    // weight -= rate (mean / c1) / (sqrt(square) / c2 + epsilon), with the factors in the denominator: fewer passes over memory.
    let correction1 = 1.0 - beta1.powi(update.step);
    let correction2 = (1.0 - beta2.powi(update.step)).sqrt();
    let factor = -correction1 / update.rate;
    let denominator =
        square.f_sqrt()?.f_mul_scalar_(factor / correction2)?.f_add_scalar_(factor * epsilon)?;
    let _ = weight.shallow_clone().f_addcdiv_(mean, &denominator)?;
    Ok(())
}
