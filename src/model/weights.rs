//! The named tensors of a network: made with seeded values, saved and loaded by name.
//!
//! Initial values come from a ChaCha stream per tensor name, not from libtorch's process-wide generator, so
//! that a host's random numbers are left alone and the same seed gives the same network everywhere.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use crate::error::{Result, fail};
use crate::tensor::{channels_last, from_f32};

/// Tensors by name.
pub type NamedTensors = BTreeMap<String, Tensor>;

/// What the tensors of a network are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// To be trained: float32, as stored.
    Training,
    /// To predict: normalisation folded into convolutions, kernels in the memory order and the kind that
    /// the network computes in.
    Prediction(Kind),
}

/// A tensor of the network and whether training changes it by its gradient.
#[derive(Debug)]
struct Entry {
    tensor: Tensor,
    count: usize,
    trainable: bool,
}

/// Where values come from.
#[derive(Debug)]
enum Source {
    /// Drawn from this seed.
    Seed(u64),
    /// Kernels are 0: to be overwritten.
    Blank,
    /// Given; a name that no part of the network asks for is an error.
    Given(NamedTensors),
}

/// All tensors of one network, by name.
#[derive(Debug)]
pub struct Weights {
    device: Device,
    form: Form,
    source: Source,
    entries: RefCell<BTreeMap<String, Entry>>,
}

/// A place in the name tree, such as `encoder.stages.0`.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    weights: &'a Weights,
    prefix: String,
}

impl Weights {
    /// No tensor yet; those made will live on `device` with values drawn from `seed`.
    pub fn new(device: Device, seed: u64) -> Self {
        Self { device, form: Form::Training, source: Source::Seed(seed), entries: RefCell::default() }
    }

    /// No tensor yet; those made will live on `device`, kernels filled with 0.
    pub fn blank(device: Device) -> Self {
        Self { device, form: Form::Training, source: Source::Blank, entries: RefCell::default() }
    }

    /// No tensor yet; those made will have the values of `source`, live on `device` and be of this form.
    pub fn given(device: Device, form: Form, source: NamedTensors) -> Self {
        Self { device, form, source: Source::Given(source), entries: RefCell::default() }
    }

    /// The root of the name tree.
    pub fn root(&self) -> Scope<'_> {
        Scope { weights: self, prefix: String::new() }
    }

    /// The device that the tensors are on.
    pub fn device(&self) -> Device {
        self.device
    }

    /// What they are for.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Names and tensors that training changes by gradients, in name order.
    pub fn trainable(&self) -> Vec<(String, Tensor)> {
        self.collect(|entry| entry.trainable)
    }

    /// Names and tensors, running statistics included, in name order.
    pub fn all(&self) -> Vec<(String, Tensor)> {
        self.collect(|_| true)
    }

    /// Number of trainable values.
    pub fn parameter_count(&self) -> usize {
        self.entries.borrow().values().filter(|entry| entry.trainable).map(|entry| entry.count).sum()
    }

    fn collect(&self, keep: impl Fn(&Entry) -> bool) -> Vec<(String, Tensor)> {
        let entries = self.entries.borrow();
        let kept = entries.iter().filter(|(_, entry)| keep(entry));
        kept.map(|(name, entry)| (name.clone(), entry.tensor.shallow_clone())).collect()
    }

    /// Takes the values of `source` for every tensor here.
    ///
    /// # Errors
    /// `ModelMalformed` naming the first tensor that is missing, unexpected or of another shape.
    pub fn copy_from(&self, source: &NamedTensors) -> Result<()> {
        self.check_names(source)?;
        let entries = self.entries.borrow();
        for (name, entry) in entries.iter() {
            let tensor = find(source, name, &entry.tensor.size())?;
            tch::no_grad(|| entry.tensor.shallow_clone().f_copy_(tensor).map(|_| ()))?;
        }
        Ok(())
    }

    /// Forgets given values, once the network is built from them.
    ///
    /// # Errors
    /// `ModelMalformed` naming a tensor that no part of the network has asked for.
    pub(super) fn settle(&mut self) -> Result<()> {
        if let Source::Given(source) = &mut self.source {
            let source = std::mem::take(source);
            self.check_names(&source)?;
            if !self.form.is_training() {
                // What layers keep is in the kind and order that they compute in.
                self.entries.borrow_mut().values_mut().for_each(|entry| entry.tensor = Tensor::new());
            }
        }
        Ok(())
    }

    fn check_names(&self, source: &NamedTensors) -> Result<()> {
        let entries = self.entries.borrow();
        match source.keys().find(|name| !entries.contains_key(*name)) {
            Some(name) => fail!(ModelMalformed, "tensor {name} does not belong to this network"),
            None => Ok(()),
        }
    }
}

/// The tensor `name` of `source`, which must have this shape.
fn find<'a>(source: &'a NamedTensors, name: &str, shape: &[i64]) -> Result<&'a Tensor> {
    match source.get(name) {
        None => fail!(ModelMalformed, "tensor {name} is missing"),
        Some(tensor) if tensor.size() == shape => Ok(tensor),
        Some(tensor) => {
            fail!(ModelMalformed, "tensor {name} has shape {:?}, the network needs {shape:?}", tensor.size())
        }
    }
}

impl Form {
    /// Whether layers stay as they are stored.
    pub(super) fn is_training(self) -> bool {
        self == Self::Training
    }

    /// A convolution's kernel for this form.
    pub(super) fn kernel(self, kernel: &Tensor) -> Result<Tensor> {
        match self {
            Self::Training => Ok(kernel.shallow_clone()),
            Self::Prediction(kind) => channels_last(&kernel.f_to_kind(kind)?),
        }
    }

    /// A bias for this form.
    pub(super) fn vector(self, vector: &Tensor) -> Result<Tensor> {
        match self {
            Self::Training => Ok(vector.shallow_clone()),
            Self::Prediction(kind) => Ok(vector.f_to_kind(kind)?),
        }
    }
}

impl Scope<'_> {
    /// The place `name` below this one.
    #[must_use]
    pub fn sub(&self, name: impl std::fmt::Display) -> Self {
        Self { weights: self.weights, prefix: self.join(name) }
    }

    /// What the tensors are for.
    pub(super) fn form(&self) -> Form {
        self.weights.form
    }

    fn join(&self, name: impl std::fmt::Display) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }

    /// A trainable tensor with He-normal values: mean 0, variance 2 / `fan_in`
    /// (He, Zhang, Ren, Sun, ICCV 2015, eq. 10).
    ///
    /// # Errors
    /// `Internal` for a name used twice; `OutOfMemory`.
    pub fn he_normal(&self, name: &str, shape: &[i64], fan_in: i64) -> Result<Tensor> {
        let scale = (2.0 / fan_in.max(1) as f64).sqrt();
        self.tensor(name, shape, true, |name, shape| {
            let Source::Seed(seed) = self.weights.source else {
                return self.filled(shape, 0.0);
            };
            let mut hash = Sha256::new();
            hash.update(seed.to_le_bytes());
            hash.update(name.as_bytes());
            let mut rng = ChaCha8Rng::from_seed(hash.finalize().into());
            let count = shape.iter().product::<i64>().max(0) as usize;
            let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
            let values: Vec<f32> = (0..count).map(|_| (normal(&mut rng) * scale) as f32).collect();
            from_f32(&values, shape, self.weights.device)
        })
    }

    /// A trainable tensor filled with `value`.
    ///
    /// # Errors
    /// `Internal` for a name used twice; `OutOfMemory`.
    pub fn constant(&self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        self.tensor(name, shape, true, |_, shape| self.filled(shape, value))
    }

    /// A tensor that training changes otherwise than by gradients (running statistics), filled with `value`.
    ///
    /// # Errors
    /// `Internal` for a name used twice; `OutOfMemory`.
    pub fn buffer(&self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        self.tensor(name, shape, false, |_, shape| self.filled(shape, value))
    }

    fn filled(&self, shape: &[i64], value: f64) -> Result<Tensor> {
        Ok(Tensor::f_full(shape, value, (Kind::Float, self.weights.device))?)
    }

    /// The tensor `name`: made by `draw` from the seed, or taken from what is given.
    fn tensor(
        &self,
        name: &str,
        shape: &[i64],
        trainable: bool,
        draw: impl FnOnce(&str, &[i64]) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let name = self.join(name);
        let tensor = match &self.weights.source {
            Source::Seed(_) | Source::Blank => draw(&name, shape)?,
            Source::Given(source) => find(source, &name, shape)?.f_to_device(self.weights.device)?,
        };
        let training = self.form().is_training();
        // Kernels with channels innermost keep images so, from the first convolution to the last gradient.
        let tensor = if training && shape.len() == 4 { channels_last(&tensor)? } else { tensor };
        let tensor = tensor.f_set_requires_grad(trainable && training)?;
        let mut entries = self.weights.entries.borrow_mut();
        if entries.contains_key(&name) {
            fail!(Internal, "two tensors of the network are named {name}");
        }
        entries.insert(name, Entry { tensor: tensor.shallow_clone(), count: tensor.numel(), trainable });
        Ok(tensor)
    }
}
