//! One network behind a checked forward pass: the only place of prediction that runs it.

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Serialize;
use tch::{Device, Kind, Tensor};

use super::report::Stopwatches;
use crate::error::{ErrorKind, Result, fail};
use crate::model::{ModelFile, Network, Pass, StageRow};
use crate::tensor::{DeviceChoice, Precision, from_f32_pinned, precision_name, to_f32};
use crate::tiling::Extent;

/// Where and how a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictorOptions {
    /// The device; [`DeviceChoice::Auto`] takes all GPUs that are there.
    pub device: DeviceChoice,
    /// Networks per device that work at the same time; a second one on a CPU takes memory and gains nothing.
    pub replicas: usize,
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
        Self {
            device: DeviceChoice::Auto,
            replicas: 1,
            precision: Precision::Auto,
            batch: None,
            deterministic: false,
        }
    }
}

/// A loaded model, ready to predict. May be used from several threads; the passes of one network run one after the other.
#[derive(Debug, Serialize)]
pub struct Predictor {
    #[serde(flatten)]
    model: ModelFile,
    /// Over the tensors.
    sha256: String,
    device: String,
    precision: String,
    parameters: usize,
    batch: usize,
    deterministic: bool,
    #[serde(skip)]
    kind: Kind,
    #[serde(skip)]
    replicas: Vec<Replica>,
    #[serde(skip)]
    stages: OnceLock<Vec<StageRow>>,
}

/// The network on one device.
#[derive(Debug)]
struct Replica {
    device: Device,
    network: Mutex<Network>,
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
        read: impl Fn(Device, Kind) -> Result<(ModelFile, Network, String)>,
    ) -> Result<Self> {
        if options.batch == Some(0) {
            fail!(InvalidArgument, "the batch is 0, expected at least 1 tile");
        }
        if !(1..=64).contains(&options.replicas) {
            fail!(InvalidArgument, "{} networks per device, expected 1..=64", options.replicas);
        }
        let devices = options.device.resolve_all()?;
        let first = devices[0];
        let kind = options.precision.kind(first)?;
        let (model, network, sha256) = read(first, kind)?;
        let parameters = network.weights().parameter_count();
        let mut replicas = vec![Replica { device: first, network: Mutex::new(network) }];
        let places = std::iter::repeat_n(&devices, options.replicas).flatten();
        for &device in places.skip(1) {
            replicas.push(Replica { device, network: Mutex::new(read(device, kind)?.1) });
        }
        let names: Vec<String> = devices.iter().map(|device| format!("{device:?}").to_lowercase()).collect();
        Ok(Self {
            model,
            sha256,
            device: names.join(", "),
            precision: precision_name(kind).to_owned(),
            parameters,
            batch: options.batch.unwrap_or(if first == Device::Cpu { 8 } else { 32 }),
            deterministic: options.deterministic,
            kind,
            replicas,
            stages: OnceLock::new(),
        })
    }

    /// What the model file says.
    pub fn model(&self) -> &ModelFile {
        &self.model
    }

    /// SHA-256 over the tensors, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.sha256
    }

    /// Where the network runs: "cpu", "cuda:0", or several.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// What it computes in: "float32", "bfloat16", "float16".
    pub fn precision(&self) -> &str {
        &self.precision
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

    /// Runs an empty batch on each device, so that what libtorch prepares at the first pass does not delay the first prediction.
    ///
    /// # Errors
    /// `OutOfMemory` when not even one tile fits; `Backend`.
    pub fn warm_up(&self) -> Result<()> {
        let size = Extent::from(self.model.contract.padded);
        let input = vec![0.0; self.batch * self.input_len(size)];
        let mut mask = vec![0.0; self.batch * size.rows * size.columns];
        (0..self.replicas.len()).try_for_each(|replica| {
            let mut out = Outputs { mask: &mut mask, any_salt: None };
            self.forward(&Passage::plain(replica, &input, size), &mut out, &Stopwatches::default())
        })
    }

    /// Most tiles per forward pass.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    /// Number of networks that can work at the same time.
    pub(super) fn replicas(&self) -> usize {
        self.replicas.len()
    }

    /// Threads that keep a network busy: on a GPU two, one of which brings input and output while the network works for the other.
    pub(super) fn threads(&self, replica: usize) -> usize {
        match self.replicas[replica].device {
            Device::Cpu => 1,
            _ => 2,
        }
    }

    /// Values of one tile's network input.
    pub(super) fn input_len(&self, size: Extent) -> usize {
        self.model.contract.channels.len() * size.rows * size.columns
    }

    /// Whether the network says if a tile has any salt.
    pub(super) fn classifies(&self) -> bool {
        self.model.network.heads.classifier.is_some()
    }

    /// Probabilities of some tiles. When memory runs out, halves of the batch are tried.
    pub(super) fn forward(
        &self,
        passage: &Passage<'_>,
        out: &mut Outputs<'_>,
        watches: &Stopwatches,
    ) -> Result<()> {
        let len = self.input_len(passage.size);
        let count = passage.input.len() / len;
        let part =
            |from: usize, to: usize| Passage { input: &passage.input[from * len..to * len], ..*passage };
        if self.deterministic && count > 1 {
            return (0..count).try_for_each(|tile| {
                self.forward_once(&part(tile, tile + 1), 1, &mut out.part(tile, tile + 1, count), watches)
            });
        }
        match self.forward_once(passage, count, out, watches) {
            Err(error) if error.kind() == ErrorKind::OutOfMemory && count > 1 => {
                log::warn!("{error}: going on with half the batch of {count}");
                let half = count / 2;
                self.forward(&part(0, half), &mut out.part(0, half, count), watches)?;
                self.forward(&part(half, count), &mut out.part(half, count, count), watches)
            }
            other => other,
        }
    }

    fn forward_once(
        &self,
        passage: &Passage<'_>,
        count: usize,
        out: &mut Outputs<'_>,
        watches: &Stopwatches,
    ) -> Result<()> {
        let channels = self.model.contract.channels.len();
        let Extent { rows, columns } = passage.size;
        let shape = [count, channels, rows, columns].map(|length| length as i64);
        let replica = &self.replicas[passage.replica];
        let _guard = tch::no_grad_guard();
        let x = watches.copy.time(|| from_f32_pinned(passage.input, &shape, replica.device))?;
        let turn = |x: &Tensor| -> Result<Tensor> {
            Ok(if passage.mirrored { x.f_flip([3])? } else { x.shallow_clone() })
        };
        let (mask, any_salt) = watches.forward.time(|| -> Result<_> {
            let pass = passage.dropout.map_or_else(Pass::predict, Pass::sample);
            let network = replica.network.lock().unwrap_or_else(PoisonError::into_inner);
            let logits = network.forward(&turn(&x)?.f_to_kind(self.kind)?, &pass)?;
            drop(network);
            let mask = turn(&logits.mask.f_div_scalar(f64::from(self.model.temperature))?.f_sigmoid()?)?;
            if let Device::Cuda(index) = replica.device {
                tch::Cuda::synchronize(index as i64);
            }
            Ok((mask, logits.any_salt))
        })?;
        if mask.numel() != out.mask.len() {
            fail!(
                ModelMismatch,
                "the network gives {:?}, expected ({count}, 1, {rows}, {columns})",
                mask.size()
            );
        }
        watches.copy.time(|| to_f32(&mask, out.mask))?;
        match (&any_salt, &mut out.any_salt) {
            (Some(any_salt), Some(out)) => to_f32(&any_salt.f_sigmoid()?, out),
            (None, Some(_)) => fail!(ModelMismatch, "the network does not say whether a tile has any salt"),
            (_, None) => Ok(()),
        }
    }
}

/// What goes through a network, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage<'a> {
    /// Which of the networks.
    pub(super) replica: usize,
    /// (n, channels, rows, columns).
    pub(super) input: &'a [f32],
    /// Rows and columns.
    pub(super) size: Extent,
    /// The network sees the mirror images; what it says is turned back.
    pub(super) mirrored: bool,
    /// Channels are dropped as in training, drawn from this seed.
    pub(super) dropout: Option<[u8; 32]>,
}

impl<'a> Passage<'a> {
    pub(super) fn plain(replica: usize, input: &'a [f32], size: Extent) -> Self {
        Self { replica, input, size, mirrored: false, dropout: None }
    }
}

/// Where the probabilities of a batch go.
pub(super) struct Outputs<'a> {
    /// Salt per pixel, (n, rows, columns).
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
