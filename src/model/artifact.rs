//! The model file: safetensors whose metadata carry the network, the input contract and how it was trained.
//!
//! Weights are data, never code. A file is believed only when its version is known, its sizes are possible and
//! the hash over its tensors is the one that was written.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use super::describe::StageRow;
use super::network::Network;
use super::spec::NetworkSpec;
use super::weights::{Form, NamedTensors, Weights};
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::output::write_file;
use crate::tensor::to_f32;
use crate::tiling::InputContract;

/// The version of the file's meaning; a reader refuses others.
const VERSION: u32 = 2;
/// Larger files are refused before anything is read.
pub(super) const MAX_BYTES: u64 = 4 << 30;

/// How a model came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Name of the recipe.
    pub recipe: String,
    /// Seed of initial weights, order and augmentation.
    pub seed: u64,
    /// Version of the library that trained it.
    pub library: String,
    /// SHA-256 over the training tiles and masks, in hexadecimal.
    pub data_hash: String,
    /// SHA-256 over the tensors of the model that the training started from, in hexadecimal, if from one.
    #[serde(default)]
    pub initial: Option<String>,
    /// Number of training tiles.
    pub tiles: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Validation figures of the weights kept, by name.
    pub metrics: BTreeMap<String, f64>,
}

/// What the metadata of a model file say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// The network.
    pub network: NetworkSpec,
    /// What its input must be.
    pub contract: InputContract,
    /// Probability above which a sample counts as salt.
    pub threshold: f32,
    /// Probabilities are those of logits divided by this, as fits the validation data best (Guo et al., ICML 2017); 1: as the network gives them.
    #[serde(default = "one")]
    pub temperature: f32,
    /// How it was trained.
    pub training: TrainingRecord,
}

fn one() -> f32 {
    1.0
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    sha256: String,
    #[serde(flatten)]
    model: ModelFile,
}

/// How the numbers of a model file are kept; they are read as float32 either way, and hashed as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberFormat {
    Float32,
    /// Kernels in float16: half the size. What has one number per channel, running variances above all, stays as it is.
    Halved,
}

impl NumberFormat {
    /// The format of a tensor, and its bytes in it.
    fn store<'b>(self, shape: &[usize], bytes: &'b [u8]) -> (Dtype, Cow<'b, [u8]>) {
        match self {
            Self::Halved if shape.len() > 1 => {
                (Dtype::F16, Cow::Owned(halves(bytes).flat_map(f16::to_le_bytes).collect()))
            }
            _ => (Dtype::F32, Cow::Borrowed(bytes)),
        }
    }
}

/// Named float32 tensors as bytes.
type Payload = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

impl ModelFile {
    /// Writes the file with the values of `weights`, whole or not at all.
    ///
    /// # Errors
    /// `Io` naming the file.
    pub fn write(&self, path: &Path, weights: &Weights) -> Result<()> {
        self.write_as(path, &payload_of(weights.all().iter().map(pair))?, NumberFormat::Float32)
    }

    fn write_as(&self, path: &Path, payload: &Payload, format: NumberFormat) -> Result<()> {
        let metadata = Metadata { version: VERSION, sha256: hash(payload), model: self.clone() };
        let text = serde_json::to_string(&metadata).map_err(|error| internal(&error))?;
        write_safetensors(path, payload, &text, format)
    }

    /// Writes a model file anew with its kernels rounded to float16: half the size.
    ///
    /// # Errors
    /// As [`ModelFile::read`]; `OutOfRange` for kernels that float16 cannot hold (beyond 65,504), naming the tensor; `Io`.
    pub fn halve(path: &Path, output: &Path) -> Result<()> {
        let (model, tensors) = Self::read_tensors(path)?;
        let mut payload = payload_of(&tensors)?;
        for (name, (_, bytes)) in payload.iter_mut().filter(|(_, (shape, _))| shape.len() > 1) {
            let rounded = halves(bytes).map(|value| value.is_finite().then(|| value.to_f32().to_le_bytes()));
            let Some(rounded) = rounded.collect::<Option<Vec<_>>>() else {
                fail!(OutOfRange, "{}: tensor {name} has values beyond float16's 65504", path.display());
            };
            *bytes = rounded.concat();
        }
        model.write_as(output, &payload, NumberFormat::Halved)
    }

    /// Reads the file and builds its network on `device`, to be trained on or looked at.
    ///
    /// # Errors
    /// `NotFound`, `Io`, `ModelMalformed`, `ModelVersion`; all name the file.
    pub fn read(path: &Path, device: Device) -> Result<(Self, Network)> {
        let (model, tensors) = Self::read_tensors(path)?;
        let network = model.build(Weights::given(device, Form::Training, tensors));
        Ok((model, network.map_err(|error| error.at(path))?))
    }

    /// Reads the file and builds its network to predict on `device`, computed in `kind`; the text is the SHA-256 over its tensors, in hexadecimal.
    ///
    /// # Errors
    /// As [`ModelFile::read`].
    pub fn read_to_predict(path: &Path, device: Device, kind: Kind) -> Result<(Self, Network, String)> {
        bounded_size(path)?;
        let bytes = std::fs::read(path).on("read", path)?;
        Self::parse_to_predict(&bytes, device, kind).map_err(|error| error.at(path))
    }

    /// The same of a model file in memory.
    ///
    /// # Errors
    /// As [`ModelFile::read`], without a file to name.
    pub fn parse_to_predict(bytes: &[u8], device: Device, kind: Kind) -> Result<(Self, Network, String)> {
        let (text, tensors) = parse_safetensors(bytes)?;
        let (model, digest) = parse_metadata(&text, &tensors)?;
        let network = model.build(Weights::given(device, Form::Prediction(kind), tensors))?;
        Ok((model, network, digest))
    }

    fn read_tensors(path: &Path) -> Result<(Self, NamedTensors)> {
        let (text, tensors) = read_safetensors(path)?;
        let (model, _) = parse_metadata(&text, &tensors).map_err(|error| error.at(path))?;
        Ok((model, tensors))
    }

    fn build(&self, weights: Weights) -> Result<Network> {
        Network::new(&self.network, self.contract.channels.len(), weights)
    }

    /// The values of a model file that a training is to start from, which must be of this network, and their SHA-256.
    ///
    /// # Errors
    /// As [`ModelFile::read`]; `ModelMismatch` when the file's network is another.
    pub fn read_initial(path: &Path, network: &NetworkSpec) -> Result<(NamedTensors, String)> {
        let (model, tensors) = Self::read_tensors(path)?;
        if model.network != *network {
            fail!(
                ModelMismatch,
                "{}: the recipe's network is not that of this model: take the recipe {:?}, or import the weights for this one",
                path.display(),
                model.training.recipe
            );
        }
        let digest = hash(&payload_of(&tensors)?);
        Ok((tensors, digest))
    }

    /// The network stage by stage, for one tile.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend`.
    pub fn stages(&self) -> Result<Vec<StageRow>> {
        self.build(Weights::blank(Device::Cpu))?.describe(self.contract.padded)
    }
}

/// The metadata, and the hash over the tensors, which is the one that they state.
fn parse_metadata(text: &str, tensors: &NamedTensors) -> Result<(ModelFile, String)> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| not_a_model(&error))?;
    match json.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => fail!(
            ModelVersion,
            "model file version is {version}, this library reads {VERSION}: {}",
            if version < u64::from(VERSION) {
                "train it again, or use the library version that wrote it"
            } else {
                "use the library version that wrote it, or a newer one"
            }
        ),
        None => fail!(ModelMalformed, "the metadata have no version: this is not a Diapir model"),
    }
    let Metadata { sha256, model, .. } = serde_json::from_value(json).map_err(|error| not_a_model(&error))?;
    let found = hash(&payload_of(tensors)?);
    if found != sha256 {
        fail!(
            ModelMalformed,
            "the tensors' SHA-256 is {found}, the file says {sha256}: the file is damaged, copy it again"
        );
    }
    model.contract.check()?;
    if !(0.0..=1.0).contains(&model.threshold) {
        fail!(ModelMalformed, "threshold is {}, expected 0..=1", model.threshold);
    }
    if !(0.01..=100.0).contains(&model.temperature) {
        fail!(ModelMalformed, "temperature is {}, expected 0.01..=100", model.temperature);
    }
    let about = |error: Error| Error::new(ErrorKind::ModelMalformed, error.message().to_owned());
    model.network.check(model.contract.padded, model.contract.channels.len()).map_err(about)?;
    Ok((model, sha256))
}

fn not_a_model(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::ModelMalformed, format!("the metadata are not those of a Diapir model: {error}"))
}

fn internal(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot encode a model file: {error}"))
}

/// A name with its tensor, as the tables of named tensors give them.
fn pair((name, tensor): &(String, Tensor)) -> (&String, &Tensor) {
    (name, tensor)
}

fn payload_of<'t>(tensors: impl IntoIterator<Item = (&'t String, &'t Tensor)>) -> Result<Payload> {
    let mut payload = Payload::new();
    for (name, tensor) in tensors {
        let mut values = vec![0.0f32; tensor.numel()];
        to_f32(tensor, &mut values)?;
        let shape = tensor.size().iter().map(|&length| length as usize).collect();
        payload.insert(name.clone(), (shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()));
    }
    Ok(payload)
}

fn hash(payload: &Payload) -> String {
    let mut hash = Sha256::new();
    for (name, (shape, bytes)) in payload {
        hash.update(name.as_bytes());
        hash.update(format!("{shape:?}").as_bytes());
        hash.update(bytes);
    }
    format!("{:x}", hash.finalize())
}

/// Float32 values as bytes, rounded to float16.
fn halves(bytes: &[u8]) -> impl Iterator<Item = f16> + '_ {
    bytes.as_chunks().0.iter().map(|value| f16::from_f32(f32::from_le_bytes(*value)))
}

/// Writes named tensors and one metadata text; also the form of training checkpoints.
pub(crate) fn save_tensors(path: &Path, tensors: &[(String, Tensor)], text: &str) -> Result<()> {
    write_safetensors(path, &payload_of(tensors.iter().map(pair))?, text, NumberFormat::Float32)
}

/// Writes named tensors and nothing else, for other software.
pub(super) fn save_plain(path: &Path, tensors: &[(String, Tensor)]) -> Result<()> {
    let payload = payload_of(tensors.iter().map(pair))?;
    write_file(path, &encode(&payload, None, NumberFormat::Float32)?)
}

fn write_safetensors(path: &Path, payload: &Payload, text: &str, format: NumberFormat) -> Result<()> {
    let about = HashMap::from([("diapir".to_owned(), text.to_owned())]);
    write_file(path, &encode(payload, Some(about), format)?)
}

fn encode(
    payload: &Payload,
    metadata: Option<HashMap<String, String>>,
    format: NumberFormat,
) -> Result<Vec<u8>> {
    let stored: Vec<_> =
        payload.iter().map(|(name, (shape, bytes))| (name, shape, format.store(shape, bytes))).collect();
    let mut views = Vec::new();
    for (name, shape, (dtype, bytes)) in &stored {
        let view = TensorView::new(*dtype, (*shape).clone(), bytes).map_err(|error| internal(&error))?;
        views.push((name.as_str(), view));
    }
    safetensors::serialize(views, metadata).map_err(|error| internal(&error))
}

/// Reads what [`save_tensors`] wrote: the metadata text and the float32 tensors, on the CPU.
pub(crate) fn read_safetensors(path: &Path) -> Result<(String, NamedTensors)> {
    bounded_size(path)?;
    let bytes = std::fs::read(path).on("read", path)?;
    parse_safetensors(&bytes).map_err(|error| error.at(path))
}

/// Refuses what is no file, and files larger than any model.
pub(super) fn bounded_size(path: &Path) -> Result<()> {
    let size = std::fs::metadata(path).on("open", path)?;
    if !size.is_file() {
        fail!(InvalidArgument, "{} is not a file; name a file of weights", path.display());
    }
    if size.len() > MAX_BYTES {
        fail!(
            ModelMalformed,
            "{} has {} bytes; files of weights have at most {MAX_BYTES}",
            path.display(),
            size.len()
        );
    }
    Ok(())
}

fn not_safetensors(error: &safetensors::SafeTensorError) -> Error {
    Error::new(ErrorKind::ModelMalformed, format!("not a safetensors file: {error}"))
}

fn parse_safetensors(bytes: &[u8]) -> Result<(String, NamedTensors)> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| not_safetensors(&error))?;
    let text = header.metadata().as_ref().and_then(|map| map.get("diapir")).cloned();
    let Some(text) = text else {
        fail!(ModelMalformed, "a safetensors file without Diapir's metadata: not a Diapir model");
    };
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| not_safetensors(&error))?;
    let is_known = |dtype| matches!(dtype, Dtype::F32 | Dtype::F16);
    if let Some((name, view)) = tensors.iter().find(|(_, view)| !is_known(view.dtype())) {
        fail!(ModelMalformed, "tensor {name} is {:?}, expected F32 or F16", view.dtype());
    }
    Ok((text, parse_tensors(bytes)?))
}

/// The tensors of a safetensors file in memory, as float32 on the CPU; whole numbers (counters) too.
pub(super) fn parse_tensors(bytes: &[u8]) -> Result<NamedTensors> {
    let mut tensors = NamedTensors::new();
    for (name, view) in SafeTensors::deserialize(bytes).map_err(|error| not_safetensors(&error))?.iter() {
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F64 => Kind::Double,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::I64 => Kind::Int64,
            Dtype::I32 => Kind::Int,
            other => {
                fail!(ModelMalformed, "tensor {name} is {other:?}, expected F32, F64, F16, BF16, I64 or I32")
            }
        };
        let shape: Vec<i64> = view.shape().iter().map(|&length| length as i64).collect();
        let tensor = Tensor::f_from_data_size(view.data(), &shape, kind)?;
        tensors.insert(name.to_owned(), tensor.f_to_kind(Kind::Float)?);
    }
    Ok(tensors)
}
