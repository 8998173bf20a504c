//! Files of weights: safetensors, and PyTorch's `.pth` where it holds tensors and nothing else.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::old_torch_file;
use super::torch_file::{self, SAVE_ADVICE};
use crate::error::{IoContext, Result, fail};
use crate::model::artifact::{bounded_size, parse_tensors};
use crate::model::weights::NamedTensors;

/// How a zip archive begins; PyTorch has written such since 1.6.
const ZIP: [u8; 4] = *b"PK\x03\x04";
/// How a bare pickle begins; PyTorch wrote several in a row until 1.5.
const PICKLE: [u8; 2] = [0x80, 0x02];

/// Reads the tensors of a safetensors or PyTorch file, as float32 on the CPU.
///
/// PyTorch's files are pickles, which are programs. Only what a state dict consists of is understood; nothing is run.
///
/// # Errors
/// `NotFound`, `Io`; `ModelMalformed` for anything but a dictionary of tensors; all name the file.
pub fn read_weights(path: &Path) -> Result<NamedTensors> {
    bounded_size(path)?;
    let mut start = [0u8; 4];
    let mut file = File::open(path).on("open", path)?;
    let length = file.read(&mut start).on("read", path)?;
    let tensors = if start == ZIP {
        torch_file::read(File::open(path).on("open", path)?)
    } else if start.starts_with(&PICKLE) {
        let bytes = std::fs::read(path).on("read", path)?;
        if !old_torch_file::is(&bytes) {
            fail!(
                ModelMalformed,
                "{} is a bare pickle that PyTorch did not write; load it in Python where you trust it and {SAVE_ADVICE}",
                path.display()
            );
        }
        old_torch_file::read(&bytes)
    } else if length < 4 {
        fail!(ModelMalformed, "{} has {length} bytes, expected safetensors or a PyTorch file", path.display())
    } else {
        let bytes = std::fs::read(path).on("read", path)?;
        parse_tensors(&bytes)
    };
    let tensors = tensors.map_err(|error| error.at(path))?;
    if tensors.is_empty() {
        fail!(ModelMalformed, "{} holds no tensor", path.display());
    }
    Ok(tensors)
}
