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
use crate::tensor::from_f32;

/// A tensor of the network and whether training changes it by its gradient.
#[derive(Debug)]
struct Entry {
    tensor: Tensor,
    trainable: bool,
}

/// All tensors of one network, by name.
#[derive(Debug)]
pub struct Weights {
    device: Device,
    seed: u64,
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
        Self { device, seed, entries: RefCell::default() }
    }

    /// The root of the name tree.
    pub fn root(&self) -> Scope<'_> {
        Scope { weights: self, prefix: String::new() }
    }

    /// The device that the tensors are on.
    pub fn device(&self) -> Device {
        self.device
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
        self.trainable().iter().map(|(_, tensor)| tensor.numel()).sum()
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
    pub fn copy_from(&self, source: &BTreeMap<String, Tensor>) -> Result<()> {
        let entries = self.entries.borrow();
        if let Some(name) = source.keys().find(|name| !entries.contains_key(*name)) {
            fail!(ModelMalformed, "tensor {name} does not belong to this network");
        }
        for (name, entry) in entries.iter() {
            let Some(tensor) = source.get(name) else {
                fail!(ModelMalformed, "tensor {name} is missing");
            };
            if tensor.size() != entry.tensor.size() {
                fail!(
                    ModelMalformed,
                    "tensor {name} has shape {:?}, the network needs {:?}",
                    tensor.size(),
                    entry.tensor.size()
                );
            }
            tch::no_grad(|| entry.tensor.shallow_clone().f_copy_(tensor).map(|_| ()))?;
        }
        Ok(())
    }
}

impl Scope<'_> {
    /// The place `name` below this one.
    #[must_use]
    pub fn sub(&self, name: impl std::fmt::Display) -> Self {
        Self { weights: self.weights, prefix: self.join(name) }
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
        let name = self.join(name);
        let mut hash = Sha256::new();
        hash.update(self.weights.seed.to_le_bytes());
        hash.update(name.as_bytes());
        let mut rng = ChaCha8Rng::from_seed(hash.finalize().into());
        let count = shape.iter().product::<i64>().max(0) as usize;
        let values: Vec<f32> = (0..count)
            .map(|_| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                (normal * scale) as f32
            })
            .collect();
        self.insert(name, from_f32(&values, shape, self.weights.device)?, true)
    }

    /// A trainable tensor filled with `value`.
    ///
    /// # Errors
    /// `Internal` for a name used twice; `OutOfMemory`.
    pub fn constant(&self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        self.insert(self.join(name), self.filled(shape, value)?, true)
    }

    /// A tensor that training changes otherwise than by gradients (running statistics), filled with `value`.
    ///
    /// # Errors
    /// `Internal` for a name used twice; `OutOfMemory`.
    pub fn buffer(&self, name: &str, shape: &[i64], value: f64) -> Result<Tensor> {
        self.insert(self.join(name), self.filled(shape, value)?, false)
    }

    fn filled(&self, shape: &[i64], value: f64) -> Result<Tensor> {
        Ok(Tensor::f_full(shape, value, (Kind::Float, self.weights.device))?)
    }

    fn insert(&self, name: String, tensor: Tensor, trainable: bool) -> Result<Tensor> {
        let mut entries = self.weights.entries.borrow_mut();
        if entries.contains_key(&name) {
            fail!(Internal, "two tensors of the network are named {name}");
        }
        let tensor = tensor.f_set_requires_grad(trainable)?;
        entries.insert(name, Entry { tensor: tensor.shallow_clone(), trainable });
        Ok(tensor)
    }
}
