//! PyTorch's `.pth` files since version 1.6: a zip archive of a pickle and the tensors' numbers.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};

use tch::{Kind, Tensor};
use zip::ZipArchive;

use super::pickle::{self, Storage, StoredTensor, Value};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::model::artifact::MAX_BYTES;
use crate::model::weights::NamedTensors;

/// What to do with a file that is no plain dictionary of tensors.
pub(super) const SAVE_ADVICE: &str =
    "save the plain state dict again, with PyTorch: torch.save(model.state_dict(), \"weights.pth\")";

struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// The folder that all files of the archive are in.
    root: String,
    storages: HashMap<String, Tensor>,
}

/// The tensors of a state dict, as float32 on the CPU.
///
/// # Errors
/// `ModelMalformed` for anything but a dictionary of names and tensors.
pub(super) fn read(file: File) -> Result<NamedTensors> {
    let mut archive = Archive::open(file)?;
    let pickle = archive.entry("data.pkl")?;
    let entries = state_dict(pickle::read(&pickle, &mut 0).map_err(advised)?)?;
    let read = |(name, tensor): (String, StoredTensor)| {
        let value = view(&name, &tensor, &archive.storage(&name, &tensor.storage)?)?;
        Ok((name, value))
    };
    entries.into_iter().map(read).collect()
}

/// The same error with what to do about it.
pub(super) fn advised(error: Error) -> Error {
    Error::new(ErrorKind::ModelMalformed, format!("{}; {SAVE_ADVICE}", error.message()))
}

/// Names and tensors of a dictionary that holds nothing else, and not too much of them.
pub(super) fn state_dict(value: Value) -> Result<Vec<(String, StoredTensor)>> {
    let entries = match value {
        Value::Dict(entries) => entries,
        other => fail!(ModelMalformed, "it holds {}, expected a state dict; {SAVE_ADVICE}", other.what()),
    };
    let mut tensors = Vec::new();
    let mut bytes = 0i64;
    for (name, value) in entries {
        let (Value::Text(name), value) = (name, value) else {
            fail!(ModelMalformed, "a key of its dictionary is no text; {SAVE_ADVICE}");
        };
        let Value::Tensor(tensor) = value else {
            fail!(
                ModelMalformed,
                "{name:?} of its dictionary is {}, expected a tensor: this is a checkpoint or a whole module; {SAVE_ADVICE}",
                value.what()
            );
        };
        bytes = bytes.saturating_add(4 * count(&tensor.size)?);
        if bytes as u64 > MAX_BYTES {
            fail!(ModelMalformed, "its tensors have more than {MAX_BYTES} bytes");
        }
        tensors.push((name, tensor));
    }
    Ok(tensors)
}

/// A tensor of a storage whose numbers these are, as float32.
pub(super) fn view(name: &str, tensor: &StoredTensor, numbers: &Tensor) -> Result<Tensor> {
    let StoredTensor { storage, offset, size, stride } = tensor;
    let last = size.iter().zip(stride).try_fold(*offset, |last, (&length, &stride)| {
        last.checked_add((length - 1).max(0).checked_mul(stride)?)
    });
    let empty = size.contains(&0);
    let inside = size.len() == stride.len()
        && *offset >= 0
        && stride.iter().all(|&stride| stride >= 0)
        && (empty || last.is_some_and(|last| last < storage.count));
    if !inside {
        fail!(
            ModelMalformed,
            "tensor {name} of shape {size:?}, strides {stride:?} and offset {offset} does not lie in its {} numbers",
            storage.count
        );
    }
    Ok(numbers.f_as_strided(size, stride, *offset)?.f_contiguous()?.f_to_kind(Kind::Float)?)
}

/// The kind of a storage's numbers, and how many bytes each has.
pub(super) fn number(name: &str, storage: &Storage) -> Result<(Kind, i64)> {
    Ok(match storage.class.as_str() {
        "FloatStorage" => (Kind::Float, 4),
        "DoubleStorage" => (Kind::Double, 8),
        "HalfStorage" => (Kind::Half, 2),
        "BFloat16Storage" => (Kind::BFloat16, 2),
        "LongStorage" => (Kind::Int64, 8),
        "IntStorage" => (Kind::Int, 4),
        other => fail!(ModelMalformed, "tensor {name} is in a {other}, expected floats or counters"),
    })
}

/// The numbers of a storage.
pub(super) fn numbers(name: &str, storage: &Storage, bytes: &[u8]) -> Result<Tensor> {
    let (kind, width) = number(name, storage)?;
    if storage.count.checked_mul(width) != Some(bytes.len() as i64) {
        fail!(
            ModelMalformed,
            "tensor {name}: its storage has {} bytes, expected {} numbers of {width}",
            bytes.len(),
            storage.count
        );
    }
    Ok(Tensor::f_from_data_size(bytes, &[storage.count], kind)?)
}

impl Archive {
    fn open(file: File) -> Result<Self> {
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
        let names = zip.file_names().filter_map(std::result::Result::ok);
        let pickle = names.filter_map(|name| name.strip_suffix("data.pkl").map(str::to_owned)).next();
        let Some(root) = pickle else {
            fail!(ModelMalformed, "a zip archive without data.pkl: this was not written by PyTorch");
        };
        let mut archive = Self { zip, root, storages: HashMap::new() };
        let order = archive.entry("byteorder").unwrap_or_else(|_| b"little".to_vec());
        if order != b"little" {
            fail!(ModelMalformed, "its numbers are big-endian; {SAVE_ADVICE} on another machine");
        }
        Ok(archive)
    }

    /// The bytes of a file of the archive.
    fn entry(&mut self, name: &str) -> Result<Vec<u8>> {
        let path = format!("{}{name}", self.root);
        let mut entry = self.zip.by_name(&path).map_err(|error| damaged(&format!("{path}: {error}")))?;
        if entry.size() > MAX_BYTES {
            fail!(ModelMalformed, "{path} says it has {} bytes, expected at most {MAX_BYTES}", entry.size());
        }
        let mut bytes = Vec::new();
        // Read to its end, not into what it says its size is.
        entry.by_ref().take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        Ok(bytes)
    }

    fn storage(&mut self, name: &str, storage: &Storage) -> Result<Tensor> {
        if let Some(numbers) = self.storages.get(&storage.key) {
            return Ok(numbers.shallow_clone());
        }
        let bytes = self.entry(&format!("data/{}", storage.key))?;
        let numbers = numbers(name, storage, &bytes)?;
        self.storages.insert(storage.key.clone(), numbers.shallow_clone());
        Ok(numbers)
    }
}

/// Number of values of this shape.
fn count(size: &[i64]) -> Result<i64> {
    let product = size.iter().try_fold(
        1i64,
        |product, &length| {
            if length < 0 { None } else { product.checked_mul(length) }
        },
    );
    match product.filter(|&count| count <= i64::MAX / 8) {
        Some(count) => Ok(count),
        None => fail!(ModelMalformed, "a tensor has the impossible shape {size:?}"),
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::ModelMalformed, format!("the archive is damaged: {error}"))
}
