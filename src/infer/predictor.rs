//! One network behind a checked forward pass: the only place of prediction that runs it.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Serialize;
use tch::{Device, Kind};

use crate::error::{ErrorKind, Result, fail};
use crate::model::{ModelFile, Network, Pass, StageRow};
use crate::tensor::{DeviceChoice, Precision, from_f32, precision_name, to_f32};

/// Where and how a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictorOptions {
    /// The device.
    pub device: DeviceChoice,
    /// The number format that the network computes in.
    pub precision: Precision,
    /// Most tiles per forward pass; `None`: 8 on a CPU, where more only takes memory, 32 on a GPU.
    pub batch: Option<usize>,
    /// One tile per forward pass, so that a tile's probabilities do not depend on its neighbours in a batch; slower (on a
    /// CPU by a fifth, on a GPU many times). Otherwise they may differ by rounding: below 1e-4 in float32, 2e-2 in bfloat16.
    pub deterministic: bool,
}

impl Default for PredictorOptions {
    fn default() -> Self {
        Self { device: DeviceChoice::Auto, precision: Precision::Auto, batch: None, deterministic: false }
    }
}

/// A loaded model, ready to predict. May be used from several threads; passes run one after the other.
#[derive(Debug, Serialize)]
pub struct Predictor {
    #[serde(flatten)]
    model: ModelFile,
    device: String,
    precision: String,
    parameters: usize,
    batch: usize,
    deterministic: bool,
    #[serde(skip)]
    place: (Device, Kind),
    #[serde(skip)]
    network: Mutex<Network>,
    #[serde(skip)]
    stages: OnceLock<Vec<StageRow>>,
}

/// A predictor in words and numbers.
#[derive(Debug, Serialize)]
pub struct Description<'a> {
    #[serde(flatten)]
    predictor: &'a Predictor,
    /// The network, stage by stage, for one tile.
    stages: &'a [StageRow],
}

impl Predictor {
    /// Reads a model file and puts its network on the device.
    ///
    /// # Errors
    /// As [`ModelFile::read`]; `DeviceUnavailable`; `InvalidArgument` for a batch of 0.
    pub fn load(path: &Path, options: &PredictorOptions) -> Result<Self> {
        Self::new(options, |device, kind| ModelFile::read_to_predict(path, device, kind))
    }

    /// The model that the library carries: `models/README.md` says what it was trained on and how good it is.
    ///
    /// # Errors
    /// As [`Predictor::load`], but for files.
    pub fn builtin(options: &PredictorOptions) -> Result<Self> {
        const MODEL: &[u8] = include_bytes!("../../models/diapir-fast.safetensors");
        Self::new(options, |device, kind| ModelFile::parse_to_predict(MODEL, device, kind))
    }

    fn new(
        options: &PredictorOptions,
        read: impl FnOnce(Device, Kind) -> Result<(ModelFile, Network)>,
    ) -> Result<Self> {
        if options.batch == Some(0) {
            fail!(InvalidArgument, "the batch is 0, expected at least 1 tile");
        }
        let device = options.device.resolve()?;
        let kind = options.precision.kind(device)?;
        let (model, network) = read(device, kind)?;
        Ok(Self {
            model,
            device: format!("{device:?}").to_lowercase(),
            precision: precision_name(kind).to_owned(),
            parameters: network.weights().parameter_count(),
            batch: options.batch.unwrap_or(if device == Device::Cpu { 8 } else { 32 }),
            deterministic: options.deterministic,
            place: (device, kind),
            network: Mutex::new(network),
            stages: OnceLock::new(),
        })
    }

    /// What the model file says.
    pub fn model(&self) -> &ModelFile {
        &self.model
    }

    /// What can be said about the model and how it runs here.
    ///
    /// # Errors
    /// `OutOfMemory`; `Backend`.
    pub fn describe(&self) -> Result<Description<'_>> {
        let stages = match self.stages.get() {
            Some(stages) => stages,
            None => {
                let stages = self.model.stages()?;
                self.stages.get_or_init(|| stages)
            }
        };
        Ok(Description { predictor: self, stages })
    }

    /// Runs an empty batch, so that what libtorch prepares at the first pass does not delay the first prediction.
    ///
    /// # Errors
    /// `OutOfMemory` when not even one tile fits; `Backend`.
    pub fn warm_up(&self) -> Result<()> {
        let contract = &self.model.contract;
        let mut input = vec![0.0; self.batch * self.input_len()];
        let mut mask = vec![0.0; self.batch * contract.padded * contract.padded];
        self.forward(&mut input, false, &mut Outputs { mask: &mut mask, any_salt: None })
    }

    /// Most tiles per forward pass.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    /// Values of one tile's network input.
    pub(super) fn input_len(&self) -> usize {
        let contract = &self.model.contract;
        contract.channels.len() * contract.padded * contract.padded
    }

    /// Whether the network says if a tile has any salt.
    pub(super) fn classifies(&self) -> bool {
        self.model.network.heads.classifier.is_some()
    }

    /// Probabilities of inputs (n, channels, padded, padded); with `flip` the mean with those of the mirrored inputs, for which
    /// `input` is turned round in place. When memory runs out, halves of the batch are tried.
    pub(super) fn forward(&self, input: &mut [f32], flip: bool, out: &mut Outputs<'_>) -> Result<()> {
        self.forward_plain(input, out)?;
        if !flip {
            return Ok(());
        }
        let width = self.model.contract.padded;
        let mirror = |planes: &mut [f32]| planes.chunks_exact_mut(width).for_each(<[f32]>::reverse);
        let mut mask = vec![0.0; out.mask.len()];
        let mut any_salt = out.any_salt.as_ref().map(|any_salt| vec![0.0; any_salt.len()]);
        mirror(input);
        self.forward_plain(input, &mut Outputs { mask: &mut mask, any_salt: any_salt.as_deref_mut() })?;
        mirror(&mut mask);
        let mean = |out: &mut [f32], mirrored: &[f32]| {
            out.iter_mut().zip(mirrored).for_each(|(out, mirrored)| *out = 0.5 * (*out + mirrored));
        };
        mean(out.mask, &mask);
        if let (Some(out), Some(mirrored)) = (&mut out.any_salt, &any_salt) {
            mean(out, mirrored);
        }
        Ok(())
    }

    fn forward_plain(&self, input: &[f32], out: &mut Outputs<'_>) -> Result<()> {
        let count = input.len() / self.input_len();
        if self.deterministic && count > 1 {
            return (0..count).try_for_each(|tile| {
                let input = &input[tile * self.input_len()..][..self.input_len()];
                self.forward_once(input, 1, &mut out.part(tile, tile + 1, count))
            });
        }
        match self.forward_once(input, count, out) {
            Err(error) if error.kind() == ErrorKind::OutOfMemory && count > 1 => {
                log::warn!("{error}: going on with half the batch of {count}");
                let half = count / 2;
                let (first, second) = input.split_at(half * self.input_len());
                self.forward_plain(first, &mut out.part(0, half, count))?;
                self.forward_plain(second, &mut out.part(half, count, count))
            }
            other => other,
        }
    }

    fn forward_once(&self, input: &[f32], count: usize, out: &mut Outputs<'_>) -> Result<()> {
        let contract = &self.model.contract;
        let [n, c, side] = [count, contract.channels.len(), contract.padded].map(|length| length as i64);
        let (device, kind) = self.place;
        let network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        let _guard = tch::no_grad_guard();
        let x = from_f32(input, &[n, c, side, side], device)?.f_to_kind(kind)?;
        let logits = network.forward(&x, &Pass::predict())?;
        let probability = logits.mask.f_sigmoid()?;
        if probability.numel() != out.mask.len() {
            fail!(
                ModelMismatch,
                "the network gives {:?}, expected ({n}, 1, {side}, {side})",
                probability.size()
            );
        }
        to_f32(&probability, out.mask)?;
        match (&logits.any_salt, &mut out.any_salt) {
            (Some(any_salt), Some(out)) => to_f32(&any_salt.f_sigmoid()?, out),
            (None, Some(_)) => fail!(ModelMismatch, "the network does not say whether a tile has any salt"),
            (_, None) => Ok(()),
        }
    }
}

/// Where the probabilities of a batch go.
pub(super) struct Outputs<'a> {
    /// Salt per pixel, (n, padded, padded).
    pub(super) mask: &'a mut [f32],
    /// Any salt in the tile, (n), if it is asked for.
    pub(super) any_salt: Option<&'a mut [f32]>,
}

impl Outputs<'_> {
    /// The places of tiles `from..to` of `count`.
    fn part(&mut self, from: usize, to: usize, count: usize) -> Outputs<'_> {
        let pixels = self.mask.len() / count;
        Outputs {
            mask: &mut self.mask[from * pixels..to * pixels],
            any_salt: self.any_salt.as_mut().map(|any_salt| &mut any_salt[from..to]),
        }
    }
}
