//! The weights that a training begins with: those of a model, those of an encoder trained elsewhere, or the seed's.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Recipe;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::model::import::{ImportPart, import_weights, read_weights};
use crate::model::{ModelFile, Network};

/// The folder that recipes look for weights in: `DIAPIR_WEIGHTS`, else `diapir/weights` below `XDG_DATA_HOME`, else below
/// `.local/share` of `HOME`; `None` where none of the three is an absolute path. `scripts/weights.sh` fills it.
pub fn weights_folder() -> Option<PathBuf> {
    let named =
        |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named("DIAPIR_WEIGHTS").or_else(|| {
        let data = named("XDG_DATA_HOME").or_else(|| Some(named("HOME")?.join(".local/share")))?;
        Some(data.join("diapir/weights"))
    })
}

/// Gives the network the values of `model`, or those that the recipe names, and says what they are: their SHA-256 in hexadecimal.
///
/// # Errors
/// Those of the file; `ModelMismatch` when it does not fit; `NotFound`, naming the folder of weights.
pub(super) fn begin(network: &Network, recipe: &Recipe, model: Option<&Path>) -> Result<Option<String>> {
    if let Some(path) = model {
        let (tensors, digest) = ModelFile::read_initial(path, &recipe.network)?;
        network.weights().copy_from(&tensors).map_err(|error| error.at(path))?;
        return Ok(Some(digest));
    }
    if recipe.initial.is_empty() {
        return Ok(None);
    }
    let path = place(&recipe.initial)?;
    let tensors = read_weights(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::new(
            ErrorKind::NotFound,
            format!(
                "{} is not there, and the recipe {} begins with its weights; scripts/weights.sh (`make weights`) fetches those that the \
                 library's recipes name; an empty `initial` begins with the seed's",
                path.display(),
                recipe.name
            ),
        ),
        _ => error,
    })?;
    import_weights(network, &tensors, ImportPart::Encoder, false).map_err(|error| error.at(&path))?;
    let bytes = std::fs::read(&path).on("read", &path)?;
    Ok(Some(format!("{:x}", Sha256::digest(bytes))))
}

fn place(name: &str) -> Result<PathBuf> {
    let name = Path::new(name);
    match weights_folder() {
        _ if name.is_absolute() => Ok(name.to_owned()),
        Some(folder) => Ok(folder.join(name)),
        None => fail!(
            NotFound,
            "the recipe begins with the weights {}, and there is no folder of weights: set DIAPIR_WEIGHTS to one",
            name.display()
        ),
    }
}
