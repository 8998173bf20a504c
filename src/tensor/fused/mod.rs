//! Functions of libtorch that tch has none for: oneDNN's convolutions with what follows them fused, and optimizers that
//! change all weights in one pass over memory. TorchScript modules of a few lines hand the arguments on (made by
//! `scripts/fused.py`).

mod convolutions;
mod optimizers;

use std::sync::OnceLock;

use tch::{CModule, IValue};

pub use self::convolutions::{After, ConvSizes, can_fuse, fused_conv, fused_conv_add_relu, pack_kernel};
pub use self::optimizers::{AdamStep, SgdStep, fused_adam, fused_sgd};
use crate::error::{Result, fail};

/// A TorchScript module, loaded when it is first asked for.
struct Script {
    name: &'static str,
    bytes: &'static [u8],
    loaded: OnceLock<Option<CModule>>,
}

impl Script {
    const fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        Self { name, bytes, loaded: OnceLock::new() }
    }

    /// `None` where this libtorch lacks what it calls.
    fn module(&self) -> Option<&CModule> {
        let load = || {
            let loaded = CModule::load_data(&mut &*self.bytes);
            loaded.inspect_err(|error| log::warn!("no {}: {error}", self.name)).ok()
        };
        self.loaded.get_or_init(load).as_ref()
    }

    fn call(&self, method: &str, arguments: &[IValue]) -> Result<IValue> {
        match self.module() {
            Some(module) => Ok(module.method_is(method, arguments)?),
            None => fail!(Backend, "this libtorch has no {}: expected 2.11 with oneDNN", self.name),
        }
    }
}
