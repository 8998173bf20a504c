//! PyTorch's `.pth` files before version 1.6: pickles in a row, then the numbers. In order: a magic number, the version 1001, what
//! the machine was like, the state dict, the keys of its storages; then, in the order of the keys, each storage as the count of
//! its numbers (64 bits) and the numbers. From `_legacy_save` of `torch/serialization.py`.

use std::collections::HashMap;

use super::pickle::{self, Storage, StoredTensor, Value};
use super::torch_file::{SAVE_ADVICE, advised, number, numbers, state_dict, view};
use crate::error::{Result, fail};
use crate::model::weights::NamedTensors;

/// The pickles of 0x1950a86a20f9469cfc6c and of 1001.
const START: [u8; 21] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";

/// Whether the file begins as PyTorch's did.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&START)
}

/// The tensors of a state dict, as float32 on the CPU.
///
/// # Errors
/// `ModelMalformed` for anything but a dictionary of names and tensors.
pub(super) fn read(bytes: &[u8]) -> Result<NamedTensors> {
    let mut at = START.len();
    let mut next = || pickle::read(bytes, &mut at).map_err(advised);
    let machine = next()?;
    let little = (Value::Text("little_endian".to_owned()), Value::Bool(true));
    if !matches!(&machine, Value::Dict(entries) if entries.contains(&little)) {
        fail!(ModelMalformed, "its numbers are not little-endian; {SAVE_ADVICE} on another machine");
    }
    let entries = state_dict(next()?)?;
    let Value::List(keys) = next()? else {
        fail!(ModelMalformed, "its list of storages is missing; {SAVE_ADVICE}");
    };
    // The keys say nothing of how long their numbers are: the tensors do.
    let known: HashMap<&str, &Storage> =
        entries.iter().map(|(_, tensor)| (tensor.storage.key.as_str(), &tensor.storage)).collect();
    let mut storages = HashMap::new();
    for key in &keys {
        let Value::Text(key) = key else {
            fail!(ModelMalformed, "{} is in its list of storages, expected texts", key.what());
        };
        let Some(storage) = known.get(key.as_str()) else {
            fail!(ModelMalformed, "the numbers {key:?} belong to no tensor; {SAVE_ADVICE}");
        };
        let name = format!("with the numbers {key:?}");
        let width = number(&name, storage)?.1;
        let count = take(bytes, &mut at, 8)?.try_into().map(i64::from_le_bytes).unwrap_or(-1);
        let length = count.checked_mul(width).and_then(|length| usize::try_from(length).ok());
        let found = take(bytes, &mut at, length.unwrap_or(usize::MAX))?;
        storages.insert(key.as_str(), numbers(&name, storage, found)?);
    }
    let tensor = |(name, tensor): &(String, StoredTensor)| match storages.get(tensor.storage.key.as_str()) {
        Some(numbers) => Ok((name.clone(), view(name, tensor, numbers)?)),
        None => fail!(ModelMalformed, "the numbers of tensor {name} are missing"),
    };
    entries.iter().map(tensor).collect()
}

/// The next `count` bytes from `at`, which goes behind them.
fn take<'a>(bytes: &'a [u8], at: &mut usize, count: usize) -> Result<&'a [u8]> {
    let taken = at.checked_add(count).and_then(|end| bytes.get(*at..end));
    let Some(taken) = taken else {
        fail!(ModelMalformed, "the file ends too early: at byte {} of {}", at, bytes.len());
    };
    *at += count;
    Ok(taken)
}
