//! The model file: what is written comes back, and nothing else is believed.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diapir::ErrorKind;
use diapir::model::{ModelFile, Network, TrainingRecord, Weights};
use diapir::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use diapir::volume::SampleUnit;
use tch::{Device, Kind};

const NETWORK: &str = r#"
[encoder]
kind = "residual_se"
width = 2
levels = 2
squeeze = "max"
reduction = 1

[decoder]
kind = "residual_se"
widths = [2]
squeeze = "max"
reduction = 1
"#;

fn model() -> ModelFile {
    ModelFile {
        network: toml::from_str(NETWORK).unwrap(),
        contract: InputContract {
            tile: 15,
            padded: 16,
            padding: Padding::Reflect,
            channels: vec![Channel::Amplitude, Channel::RelativeDepth],
            scaling: AmplitudeScaling { low_share: 0.01, high_share: 0.99 },
            depth_range: [0.0, 1400.0],
            depth_unit: SampleUnit::Milliseconds,
            sample_interval: Some(4.0),
            trace_spacing: None,
            window: None,
        },
        threshold: 0.4,
        temperature: 1.0,
        training: TrainingRecord {
            recipe: "tiny".to_owned(),
            seed: 3,
            library: "0.1.0".to_owned(),
            data_hash: "00ff".to_owned(),
            initial: None,
            tiles: 12,
            epochs: 2,
            metrics: BTreeMap::from([("validation_iou".to_owned(), 0.75)]),
        },
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    network: Network,
    path: PathBuf,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = Network::new(&model().network, 2, Weights::new(Device::Cpu, 9)).unwrap();
        let path = folder.path().join("m.safetensors");
        model().write(&path, network.weights()).unwrap();
        Self { folder, network, path }
    }

    fn header(&self) -> (serde_json::Value, Vec<u8>) {
        let bytes = std::fs::read(&self.path).unwrap();
        let (size, rest) = bytes.split_at(8);
        let size = u64::from_le_bytes(size.try_into().unwrap()) as usize;
        let (header, payload) = rest.split_at(size);
        (serde_json::from_slice(header).unwrap(), payload.to_vec())
    }

    fn refuse(&self, name: &str, bytes: &[u8], kind: ErrorKind, words: &[&str]) {
        let path = self.folder.path().join("bad.safetensors");
        std::fs::write(&path, bytes).unwrap();
        let error = ModelFile::read(&path, Device::Cpu).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        let text = error.to_string();
        for word in words.iter().copied().chain(["bad.safetensors"]) {
            assert!(text.contains(word), "{name}: {word:?} is not in {text:?}");
        }
    }

    /// The file with its metadata changed.
    fn changed(&self, change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let (mut header, payload) = self.header();
        let mut text: serde_json::Value =
            serde_json::from_str(header["__metadata__"]["diapir"].as_str().unwrap()).unwrap();
        change(&mut text);
        header["__metadata__"]["diapir"] = text.to_string().into();
        joined(&header, &payload)
    }
}

fn joined(header: &serde_json::Value, payload: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), payload].concat()
}

#[test]
fn a_model_comes_back_to_the_bit() {
    let fixture = Fixture::new();
    let (read, network) = ModelFile::read(&fixture.path, Device::Cpu).unwrap();
    assert_eq!(read, model());
    let (written, found) = (fixture.network.weights().all(), network.weights().all());
    assert_eq!(written.len(), found.len());
    for ((name, a), (other, b)) in written.iter().zip(&found) {
        assert_eq!(name, other);
        assert_eq!(a, b, "{name}");
    }
    let again = fixture.folder.path().join("again.safetensors");
    read.write(&again, network.weights()).unwrap();
    let tensors = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + size..].to_vec()
    };
    assert_eq!(tensors(&fixture.path), tensors(&again));
}

/// Weights that float16 holds come back to the bit from half the size; others are refused.
#[test]
fn a_halved_model_is_read_like_any_other() {
    let fixture = Fixture::new();
    let half = fixture.folder.path().join("half.safetensors");
    ModelFile::halve(&fixture.path, &half).unwrap();
    let (about, network) = ModelFile::read(&half, Device::Cpu).unwrap();
    assert_eq!(about, model());
    for ((name, given), (_, found)) in fixture.network.weights().all().iter().zip(network.weights().all()) {
        let is_kernel = given.dim() > 1;
        let rounded =
            if is_kernel { given.to_kind(Kind::Half).to_kind(Kind::Float) } else { given.shallow_clone() };
        assert!(found.equal(&rounded), "{name}");
    }
    let bytes = std::fs::read(&half).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (name, tensor) in tensors.iter() {
        let is_half = tensor.dtype() == safetensors::Dtype::F16;
        assert_eq!(is_half, tensor.shape().len() > 1, "{name}");
    }

    let weights = fixture.network.weights().all();
    let kernel = weights.iter().find(|(_, tensor)| tensor.dim() > 1);
    let _large = tch::no_grad(|| kernel.unwrap().1.shallow_clone().fill_(1e6));
    model().write(&fixture.path, fixture.network.weights()).unwrap();
    let refused = ModelFile::halve(&fixture.path, &half).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OutOfRange, "{refused}");
}

#[test]
fn other_software_reads_the_tensors() {
    let fixture = Fixture::new();
    let bytes = std::fs::read(&fixture.path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let all = fixture.network.weights().all();
    assert_eq!(file.len(), all.len());
    let conv = file.tensor("encoder.0.conv.weight").unwrap();
    assert_eq!((conv.dtype(), conv.shape()), (safetensors::Dtype::F32, &[2, 2, 3, 3][..]));
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let fixture = Fixture::new();
    let good = std::fs::read(&fixture.path).unwrap();
    let malformed = ErrorKind::ModelMalformed;
    fixture.refuse("empty", b"", malformed, &["not a safetensors file"]);
    fixture.refuse("text", b"weights of my network, version 3", malformed, &["not a safetensors file"]);
    fixture.refuse("cut short", &good[..good.len() - 1], malformed, &["not a safetensors file"]);
    let mut long = good.clone();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    fixture.refuse("absurd header length", &long, malformed, &["not a safetensors file"]);
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fixture.refuse("one bit", &flipped, malformed, &["SHA-256", "damaged"]);

    let (mut header, payload) = fixture.header();
    header["__metadata__"] = serde_json::json!({ "format": "pt" });
    fixture.refuse("another program's", &joined(&header, &payload), malformed, &["not a Diapir model"]);
    let (mut header, payload) = fixture.header();
    header["encoder.0.conv.weight"]["data_offsets"] = serde_json::json!([0, u64::MAX]);
    fixture.refuse("offsets beyond the end", &joined(&header, &payload), malformed, &[]);
}

#[test]
fn metadata_are_checked() {
    let fixture = Fixture::new();
    let malformed = ErrorKind::ModelMalformed;
    let refuse = |name: &str, kind, words: &[&str], change: fn(&mut serde_json::Value)| {
        fixture.refuse(name, &fixture.changed(change), kind, words);
    };
    refuse("newer", ErrorKind::ModelVersion, &["version is 3", "reads 2"], |text| text["version"] = 3.into());
    refuse("older", ErrorKind::ModelVersion, &["version is 1", "train it again"], |text| {
        text["version"] = 1.into();
    });
    refuse("no version", malformed, &["no version"], |text| {
        text.as_object_mut().unwrap().remove("version");
    });
    refuse("unknown network", malformed, &["vgg"], |text| text["network"]["encoder"]["kind"] = "vgg".into());
    refuse("unknown channel", malformed, &["velocity"], |text| {
        text["contract"]["channels"][0] = "velocity".into()
    });
    refuse("no channel", malformed, &["channels"], |text| {
        text["contract"]["channels"] = serde_json::json!([])
    });
    refuse("tile too small", malformed, &["tile is 4"], |text| text["contract"]["tile"] = 4.into());
    refuse("padded too small", malformed, &["padded is 14"], |text| text["contract"]["padded"] = 14.into());
    refuse("depths the wrong way round", malformed, &["depth_range"], |text| {
        text["contract"]["depth_range"] = serde_json::json!([5.0, 1.0]);
    });
    refuse("threshold", malformed, &["threshold is 1.5"], |text| text["threshold"] = 1.5.into());
    refuse("absurd width", malformed, &["width is 1000000"], |text| {
        text["network"]["encoder"]["width"] = 1_000_000.into()
    });
    refuse("another width", malformed, &["shape"], |text| text["network"]["encoder"]["width"] = 4.into());
    refuse("more levels", malformed, &["is missing"], |text| {
        text["network"]["encoder"]["levels"] = 3.into();
        text["network"]["decoder"]["widths"] = serde_json::json!([4, 2]);
    });
    refuse("another channel count", malformed, &["shape"], |text| {
        text["contract"]["channels"] = serde_json::json!(["amplitude"]);
    });
}

#[test]
fn what_is_no_file_is_refused() {
    let fixture = Fixture::new();
    let missing = ModelFile::read(&fixture.folder.path().join("none"), Device::Cpu).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    assert!(missing.to_string().contains("none"), "{missing}");
    let folder = ModelFile::read(fixture.folder.path(), Device::Cpu).unwrap_err();
    assert_eq!(folder.kind(), ErrorKind::InvalidArgument, "{folder}");
    let nowhere =
        model().write(&fixture.folder.path().join("no/folder"), fixture.network.weights()).unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound, "{nowhere}");
}
