//! A small network that nobody trained, as a model file, for tests of prediction.

pub(crate) mod volumes;

use std::collections::BTreeMap;
use std::path::PathBuf;

use diapir::infer::{Predictor, PredictorOptions};
use diapir::model::{ModelFile, Network, TrainingRecord, Weights};
use diapir::tensor::{DeviceChoice, Precision};
use diapir::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use diapir::volume::SampleUnit;
use tch::{Device, Tensor};

const NETWORK: &str = r#"
[encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2

[decoder]
kind = "residual_se"
widths = [8, 4]
squeeze = "mean"
reduction = 2
"#;

/// A model file.
pub(crate) struct Fixture {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Fixture {
    /// A network with fixed weights that nobody trained; `change` may set some.
    pub(crate) fn new(change: impl Fn(&str, &Tensor)) -> Self {
        Self::of(NETWORK, change)
    }

    /// A model that sees sections of up to this many samples and traces as a whole.
    #[allow(dead_code, reason = "each test takes what it needs")]
    pub(crate) fn with_window(window: usize) -> Self {
        Self::made(NETWORK, Some(window), |_, _| {})
    }

    /// A model of another network.
    pub(crate) fn of(network: &str, change: impl Fn(&str, &Tensor)) -> Self {
        Self::made(network, None, change)
    }

    fn made(network: &str, window: Option<usize>, change: impl Fn(&str, &Tensor)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        let model = ModelFile {
            network: toml::from_str(network).unwrap(),
            contract: InputContract {
                tile: 20,
                padded: 24,
                padding: Padding::Reflect,
                channels: vec![Channel::Amplitude, Channel::RelativeDepth],
                scaling: AmplitudeScaling { low_share: 0.01, high_share: 0.99 },
                depth_range: [0.0, 200.0],
                depth_unit: SampleUnit::Milliseconds,
                sample_interval: Some(4.0),
                trace_spacing: Some(25.0),
                window,
            },
            threshold: 0.5,
            temperature: 1.0,
            training: TrainingRecord {
                recipe: "none".to_owned(),
                seed: 0,
                library: "0.1.0".to_owned(),
                data_hash: String::new(),
                initial: None,
                tiles: 0,
                epochs: 1,
                metrics: BTreeMap::new(),
            },
        };
        let network = Network::new(&model.network, 2, Weights::new(Device::Cpu, 4)).unwrap();
        for (name, tensor) in network.weights().all() {
            tch::no_grad(|| change(&name, &tensor));
        }
        model.write(&path, network.weights()).unwrap();
        Self { _folder: folder, path }
    }

    /// On the CPU, in float32.
    pub(crate) fn predictor(&self, batch: Option<usize>) -> Predictor {
        let options = PredictorOptions {
            device: DeviceChoice::Cpu,
            precision: Precision::Float32,
            batch,
            ..PredictorOptions::default()
        };
        Predictor::load(&self.path, &options).unwrap()
    }
}
