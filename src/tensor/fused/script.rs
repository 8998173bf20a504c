//! Embedded TorchScript.

use std::sync::OnceLock;

use tch::{CModule, IValue};

use crate::error::{Result, fail};

/// A TorchScript module, loaded when it is first asked for.
pub(super) struct Script {
    name: &'static str,
    bytes: &'static [u8],
    loaded: OnceLock<Option<CModule>>,
}

impl Script {
    pub(super) const fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        Self { name, bytes, loaded: OnceLock::new() }
    }

    /// `None` where this libtorch lacks what it calls.
    pub(super) fn module(&self) -> Option<&CModule> {
        let load = || {
            let loaded = CModule::load_data(&mut &*self.bytes);
            loaded.inspect_err(|error| log::warn!("no {}: {error}", self.name)).ok()
        };
        self.loaded.get_or_init(load).as_ref()
    }

    pub(super) fn call(&self, method: &str, arguments: &[IValue]) -> Result<IValue> {
        match self.module() {
            Some(module) => Ok(module.method_is(method, arguments)?),
            None => fail!(Backend, "this libtorch has no {}: expected 2.11 with oneDNN", self.name),
        }
    }
}
