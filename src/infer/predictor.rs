//! One network behind a checked forward pass: the only place of prediction that runs it.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tch::{Device, Kind, Tensor};

use super::network_threads::NetworkThreads;
use super::report::Stopwatches;
use crate::error::{Error, ErrorKind, Result, fail, reserve};
use crate::model::{ModelFile, Network, Pass, StageRow};
use crate::tensor::{DeviceChoice, Precision, from_f32_pinned, precision_name, to_f32};
use crate::tiling::{Channel, Extent};

/// Most tiles per forward pass.
const MAX_BATCH: usize = 1 << 16;

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
    /// Whether probabilities are those of logits divided by the model's temperature, which fit the validation data best; if not, they are as the network gives
    /// them, which is what published rules and thresholds of the TGS challenge speak of.
    pub calibrated: bool,
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
            calibrated: true,
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
    calibrated: bool,
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
    threads: NetworkThreads,
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
        let path = path.to_owned();
        Self::new(options, move |device, kind| ModelFile::read_to_predict(&path, device, kind))
    }

    pub(super) fn new(
        options: &PredictorOptions,
        read: impl Fn(Device, Kind) -> Result<(ModelFile, Network, String)> + Send + Clone + 'static,
    ) -> Result<Self> {
        if let Some(batch) = options.batch.filter(|batch| !(1..=MAX_BATCH).contains(batch)) {
            fail!(InvalidArgument, "the batch is {batch}, expected 1..={MAX_BATCH} tiles");
        }
        if !(1..=64).contains(&options.replicas) {
            fail!(InvalidArgument, "{} networks per device, expected 1..=64", options.replicas);
        }
        let devices = options.device.resolve_all()?;
        let first = devices[0];
        let kind = options.precision.kind(first)?;
        let start = |device: Device| {
            let read = read.clone();
            let threads = if device == Device::Cpu { 1 } else { 2 };
            let (about, threads) = NetworkThreads::start(threads, move || {
                let (model, network, sha256) = read(device, kind)?;
                Ok(((model, sha256, network.weights().parameter_count()), network))
            })?;
            Ok::<_, Error>((about, Replica { device, threads }))
        };
        let ((model, sha256, parameters), replica) = start(first)?;
        let mut replicas = vec![replica];
        let places = std::iter::repeat_n(&devices, options.replicas).flatten();
        for &device in places.skip(1) {
            replicas.push(start(device)?.1);
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
            calibrated: options.calibrated,
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
                let model = self.model.clone();
                let stages = self.replicas[0].threads.run(move |_| model.stages())?;
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
        let input = Arc::new(zeros(self.batch * self.input_len(size))?);
        let mut mask = zeros(self.batch * size.rows * size.columns)?;
        (0..self.replicas.len()).try_for_each(|replica| {
            let mut out = Outputs { mask: &mut mask, any_salt: None };
            let passage = Passage::plain(replica, Arc::clone(&input), self.batch, size);
            self.forward(&passage, &mut out, &Stopwatches::default())
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

    /// How many passes of one network can be under way at the same time.
    pub(super) fn threads(&self, replica: usize) -> usize {
        self.replicas[replica].threads.count()
    }

    /// Values of one tile's network input.
    pub(super) fn input_len(&self, size: Extent) -> usize {
        self.model.contract.channels.len() * size.rows * size.columns
    }

    /// The input planes that number the columns.
    fn columns(&self) -> Vec<i64> {
        let planes = self.model.contract.channels.iter().enumerate();
        planes.filter(|(_, plane)| **plane == Channel::Column).map(|(place, _)| place as i64).collect()
    }

    /// Whether the network says if a tile has any salt.
    pub(super) fn classifies(&self) -> bool {
        self.model.network.heads.classifier.is_some()
    }

    /// Probabilities of some tiles. When memory runs out, halves of the batch are tried.
    pub(super) fn forward(
        &self,
        passage: &Passage,
        out: &mut Outputs<'_>,
        watches: &Stopwatches,
    ) -> Result<()> {
        let count = passage.tiles.len();
        let part = |from: usize, to: usize| {
            let first = passage.tiles.start;
            Passage { tiles: first + from..first + to, ..passage.clone() }
        };
        if self.deterministic && count > 1 {
            return (0..count).try_for_each(|tile| {
                self.forward_once(part(tile, tile + 1), &mut out.part(tile, tile + 1, count), watches)
            });
        }
        match self.forward_once(passage.clone(), out, watches) {
            Err(error) if error.kind() == ErrorKind::OutOfMemory && count > 1 => {
                log::warn!("{error}: going on with half the batch of {count}");
                let half = count / 2;
                self.forward(&part(0, half), &mut out.part(0, half, count), watches)?;
                self.forward(&part(half, count), &mut out.part(half, count, count), watches)
            }
            other => other,
        }
    }

    fn forward_once(&self, passage: Passage, out: &mut Outputs<'_>, watches: &Stopwatches) -> Result<()> {
        let (count, Extent { rows, columns }) = (passage.tiles.len(), passage.size);
        let replica = &self.replicas[passage.replica];
        let work = OnePass {
            device: replica.device,
            kind: self.kind,
            temperature: if self.calibrated { f64::from(self.model.temperature) } else { 1.0 },
            channels: self.model.contract.channels.len(),
            columns: self.columns(),
            classes: out.any_salt.is_some(),
            passage,
        };
        let found = replica.threads.run(move |network| work.run(network))?;
        watches.copy.add(found.copying);
        watches.forward.add(found.computing);
        if found.mask.len() != out.mask.len() {
            fail!(
                ModelMismatch,
                "the network gives {} probabilities, expected {count} x {rows} x {columns}",
                found.mask.len()
            );
        }
        out.mask.copy_from_slice(&found.mask);
        match (found.any_salt, &mut out.any_salt) {
            (Some(any_salt), Some(out)) if any_salt.len() == out.len() => out.copy_from_slice(&any_salt),
            (_, Some(_)) => fail!(ModelMismatch, "the network does not say whether a tile has any salt"),
            (_, None) => {}
        }
        Ok(())
    }
}

/// Memory for a batch, or an error where there is not so much.
pub(super) fn zeros(len: usize) -> Result<Vec<f32>> {
    let mut data = Vec::new();
    reserve(&mut data, len, || {
        format!("no memory for a batch of {len} numbers: ask for fewer tiles per batch")
    })?;
    data.resize(len, 0.0);
    Ok(data)
}

/// A pass through a network, on its thread.
struct OnePass {
    device: Device,
    kind: Kind,
    temperature: f64,
    channels: usize,
    /// Which of them number the columns.
    columns: Vec<i64>,
    /// Whether the classifier is asked too.
    classes: bool,
    passage: Passage,
}

/// What a pass gave, and where its time went.
struct Found {
    mask: Vec<f32>,
    any_salt: Option<Vec<f32>>,
    copying: Duration,
    computing: Duration,
}

impl OnePass {
    fn run(self, network: &Mutex<Network>) -> Result<Found> {
        let passage = &self.passage;
        let Extent { rows, columns } = passage.size;
        let shape = [passage.tiles.len(), self.channels, rows, columns];
        let len = self.channels * rows * columns;
        let input = &passage.input[passage.tiles.start * len..passage.tiles.end * len];
        let _guard = tch::no_grad_guard();
        let started = Instant::now();
        let x = from_f32_pinned(input, &shape.map(|length| length as i64), self.device)?;
        let there = Instant::now();
        let turn = |x: &Tensor| -> Result<Tensor> {
            Ok(if passage.mirrored { x.f_flip([3])? } else { x.shallow_clone() })
        };
        let pass = passage.dropout.as_ref();
        let pass = pass.map_or_else(Pass::predict, |seeds| Pass::sample(&seeds[passage.tiles.clone()]));
        let seen = turn(&x)?;
        for &plane in self.columns.iter().filter(|_| passage.mirrored) {
            // Training mirrors amplitudes: columns are counted from the left in mirror images too.
            seen.f_narrow(1, plane, 1)?.f_copy_(&x.f_narrow(1, plane, 1)?)?;
        }
        let held = network.lock().unwrap_or_else(PoisonError::into_inner);
        let logits = held.forward(&seen.f_to_kind(self.kind)?, &pass)?;
        drop(held);
        let mask = turn(&logits.mask.f_div_scalar(self.temperature)?.f_sigmoid()?)?;
        let values = |tensor: &Tensor| -> Result<Vec<f32>> {
            let mut out = vec![0.0; tensor.numel()];
            to_f32(tensor, &mut out)?;
            Ok(out)
        };
        if self.device.is_cuda() {
            // The first number is there when all that was asked of the GPU is done.
            values(&mask.f_reshape([-1])?.f_narrow(0, 0, 1)?)?;
        }
        let computed = Instant::now();
        let any_salt = logits.any_salt.as_ref().filter(|_| self.classes);
        Ok(Found {
            mask: values(&mask)?,
            any_salt: any_salt.map(|any_salt| values(&any_salt.f_sigmoid()?)).transpose()?,
            copying: (there - started) + computed.elapsed(),
            computing: computed - there,
        })
    }
}

/// What goes through a network, and how.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    /// Which of the networks.
    pub(super) replica: usize,
    /// (n, channels, rows, columns).
    pub(super) input: Arc<Vec<f32>>,
    /// Which of the n.
    pub(super) tiles: Range<usize>,
    /// Rows and columns.
    pub(super) size: Extent,
    /// The network sees the mirror images; what it says is turned back.
    pub(super) mirrored: bool,
    /// Channels are dropped as in training, drawn from a seed of each of the n.
    pub(super) dropout: Option<Arc<[[u8; 32]]>>,
}

impl Passage {
    pub(super) fn plain(replica: usize, input: Arc<Vec<f32>>, count: usize, size: Extent) -> Self {
        Self { replica, input, tiles: 0..count, size, mirrored: false, dropout: None }
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
