//! An optimizer as data.

use serde::{Deserialize, Serialize};

use crate::error::{Result, fail};

/// How gradients change the weights; the learning rate comes from the stage and its schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSpec {
    /// The rule.
    pub rule: Rule,
    /// Largest Euclidean norm of all gradients together; longer ones are scaled down to it.
    pub clip: Option<f64>,
    /// Weights that are treated otherwise; the first group that a weight belongs to counts.
    pub groups: Vec<ParameterGroup>,
}

/// The rule, with PyTorch's names and constants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Stochastic gradient descent with momentum (Sutskever, Martens, Dahl, Hinton, ICML 2013, as PyTorch writes it).
    Sgd {
        /// Share of the last change that is kept, 0..1.
        #[serde(default)]
        momentum: f64,
        /// Looks ahead by the momentum.
        #[serde(default)]
        nesterov: bool,
        /// L2 penalty, added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam (Kingma, Ba, ICLR 2015, algorithm 1).
    Adam {
        /// Decays of the means of gradients and of squared gradients.
        #[serde(default = "betas")]
        betas: [f64; 2],
        /// Added to the denominator.
        #[serde(default = "epsilon")]
        epsilon: f64,
        /// L2 penalty, added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov, Hutter, ICLR 2019, algorithm 2).
    #[serde(rename = "adamw")]
    AdamW {
        /// As Adam's.
        #[serde(default = "betas")]
        betas: [f64; 2],
        /// As Adam's.
        #[serde(default = "epsilon")]
        epsilon: f64,
        /// The share of each weight lost per step and unit of learning rate.
        #[serde(default = "adamw_decay")]
        weight_decay: f64,
    },
}

fn betas() -> [f64; 2] {
    [0.9, 0.999]
}

fn epsilon() -> f64 {
    1e-8
}

fn adamw_decay() -> f64 {
    1e-2
}

/// Weights with a learning rate or a decay of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParameterGroup {
    /// The beginning of the names, such as "encoder."; empty: all.
    pub prefix: String,
    /// Only weights of one dimension: biases and the scales of norms.
    pub vectors: bool,
    /// Their learning rate as a share of the stage's.
    pub rate: f64,
    /// Their weight decay; `None`: the rule's.
    pub weight_decay: Option<f64>,
}

impl Default for OptimizerSpec {
    fn default() -> Self {
        Self {
            rule: Rule::Adam { betas: betas(), epsilon: epsilon(), weight_decay: 0.0 },
            clip: None,
            groups: Vec::new(),
        }
    }
}

impl Default for ParameterGroup {
    fn default() -> Self {
        Self { prefix: String::new(), vectors: false, rate: 1.0, weight_decay: None }
    }
}

impl Rule {
    /// The rule's weight decay.
    pub(super) fn weight_decay(&self) -> f64 {
        match *self {
            Self::Sgd { weight_decay, .. }
            | Self::Adam { weight_decay, .. }
            | Self::AdamW { weight_decay, .. } => weight_decay,
        }
    }

    /// The names of what is remembered of each weight.
    pub(super) fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd { momentum, .. } if *momentum == 0.0 => &[],
            Self::Sgd { .. } => &["velocity"],
            Self::Adam { .. } | Self::AdamW { .. } => &["mean", "square"],
        }
    }
}

impl OptimizerSpec {
    /// Refuses constants that no step can be made with.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        let below_one = |name: &str, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => fail!(InvalidArgument, "optimizer: {name} is {value}, expected 0 or more, below 1"),
        };
        match self.rule {
            Rule::Sgd { momentum, nesterov, .. } => {
                below_one("momentum", momentum)?;
                if nesterov && momentum == 0.0 {
                    fail!(InvalidArgument, "optimizer: nesterov needs a momentum above 0");
                }
            }
            Rule::Adam { betas, epsilon, .. } | Rule::AdamW { betas, epsilon, .. } => {
                below_one("betas.0", betas[0])?;
                below_one("betas.1", betas[1])?;
                if !(epsilon.is_finite() && epsilon > 0.0) {
                    fail!(InvalidArgument, "optimizer: epsilon is {epsilon}, expected above 0");
                }
            }
        }
        let decays = self.groups.iter().filter_map(|group| group.weight_decay);
        for decay in decays.chain([self.rule.weight_decay()]) {
            if !(decay.is_finite() && decay >= 0.0) {
                fail!(InvalidArgument, "optimizer: weight_decay is {decay}, expected 0 or more");
            }
        }
        if let Some(clip) = self.clip
            && !(clip.is_finite() && clip > 0.0)
        {
            fail!(InvalidArgument, "optimizer: clip is {clip}, expected above 0");
        }
        for ParameterGroup { prefix, rate, .. } in &self.groups {
            if !(rate.is_finite() && *rate >= 0.0) {
                fail!(
                    InvalidArgument,
                    "optimizer: the rate of group {prefix:?} is {rate}, expected 0 or more"
                );
            }
        }
        Ok(())
    }

    /// Share of the learning rate and weight decay of a weight.
    pub(super) fn of(&self, name: &str, dimensions: usize) -> (f64, f64) {
        let group = self
            .groups
            .iter()
            .find(|group| name.starts_with(&group.prefix) && (!group.vectors || dimensions == 1));
        let decay = self.rule.weight_decay();
        group.map_or((1.0, decay), |group| (group.rate, group.weight_decay.unwrap_or(decay)))
    }
}
