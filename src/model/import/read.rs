//! Files of weights: safetensors, and PyTorch's `.pth` where it holds tensors and nothing else.

use std::io::Read;
use std::path::Path;

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::model::artifact::{bounded_size, parse_tensors};
use crate::model::weights::NamedTensors;

/// How a zip archive begins; PyTorch has written such since 1.6.
const ZIP: [u8; 4] = *b"PK\x03\x04";
/// How a bare pickle begins, as PyTorch wrote until 1.5.
const PICKLE: [u8; 2] = [0x80, 0x02];

/// What to do with a file that is no plain dictionary of tensors.
const SAVE_ADVICE: &str = "save the plain state dict again, with PyTorch: \
     torch.save({k: v for k, v in model.state_dict().items()}, \"weights.pth\")";

/// Reads the tensors of a safetensors or PyTorch file, as float32 on the CPU.
///
/// PyTorch's files are pickles, which are programs. They are read by libtorch's own loader, which knows tensors,
/// dictionaries, numbers and strings, and runs nothing.
///
/// # Errors
/// `NotFound`, `Io`; `ModelMalformed` for anything but a dictionary of tensors; all name the file.
pub fn read_weights(path: &Path) -> Result<NamedTensors> {
    bounded_size(path)?;
    let mut start = [0u8; 4];
    let mut file = std::fs::File::open(path).on("open", path)?;
    let length = file.read(&mut start).on("read", path)?;
    let tensors = if start == ZIP {
        read_torch(path)
    } else if start.starts_with(&PICKLE) {
        fail!(
            ModelMalformed,
            "{} is a bare pickle, as PyTorch wrote before version 1.6; load it in Python where you trust it and {SAVE_ADVICE}",
            path.display()
        )
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

fn read_torch(path: &Path) -> Result<NamedTensors> {
    let refused = |error: tch::TchError| {
        let text = Error::from(error).to_string();
        let reason = text.split(" Exception raised from").next().unwrap_or(&text);
        Error::new(
            ErrorKind::ModelMalformed,
            format!("not a plain dictionary of names and tensors ({reason}); {SAVE_ADVICE}"),
        )
    };
    let named = Tensor::loadz_multi(path).map_err(refused)?;
    named.into_iter().map(|(name, tensor)| Ok((name, tensor.f_to_kind(Kind::Float)?))).collect()
}
