//! Weights from elsewhere and back: PyTorch's files and safetensors, other names, other numbers of planes. The files in
//! `tests/golden/weights` were made with PyTorch 2.11 by `tests/python/weight_files.py`.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use diapir::ErrorKind;
use diapir::model::import::{
    ImportPart, WeightNames, export_weights, import_weights, read_weights, write_weights,
};
use diapir::model::{NamedTensors, Network, NetworkSpec, Pass, Weights};
use tch::{Device, Kind, Tensor};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights").join(name)
}

/// `sin(12.9898 j + 78.233 k)`.
fn wave(k: usize, shape: &[i64]) -> Tensor {
    let count = shape.iter().product::<i64>() as usize;
    let values: Vec<f32> =
        (0..count).map(|j| (12.9898 * j as f64 + 78.233 * k as f64).sin() as f32).collect();
    Tensor::from_slice(&values).reshape(shape)
}

fn network(encoder: &str, channels: usize, seed: u64) -> Network {
    let text = format!(
        "[encoder]\n{encoder}\n[decoder]\nkind = \"fpn\"\nwidth = 2\n[fusion]\nkind = \"side_maps\"\n"
    );
    let spec: NetworkSpec = toml::from_str(&text).unwrap();
    Network::new(&spec, channels, Weights::new(Device::Cpu, seed)).unwrap()
}

const RESNET18: &str = "kind = \"resnet\"\ndepth = 18";
const SE_RESNEXT50: &str = "kind = \"se_resnext\"\ndepth = 50";

fn values(network: &Network) -> NamedTensors {
    network.weights().all().into_iter().map(|(name, tensor)| (name, tensor.detach().copy())).collect()
}

#[test]
fn state_dicts_of_pytorch_are_read() {
    for name in ["stem.pth", "stem-dict.pth", "stem-before-1.6.pth"] {
        let tensors = read_weights(&golden(name)).unwrap();
        let names: Vec<&str> = tensors.keys().map(String::as_str).collect();
        let expected = [
            "bn1.bias",
            "bn1.num_batches_tracked",
            "bn1.running_mean",
            "bn1.running_var",
            "bn1.weight",
            "conv1.weight",
            "fc.weight",
        ];
        assert_eq!(names, expected, "{name}");
        assert!(tensors.values().all(|tensor| tensor.kind() == Kind::Float));
        let kernel = &tensors["conv1.weight"];
        assert!((kernel - wave(0, &[64, 3, 7, 7])).abs().max().double_value(&[]) < 1e-6);
        assert!((&tensors["fc.weight"] - wave(9, &[2, 4])).abs().max().double_value(&[]) < 1e-3);
    }
}

#[test]
fn everything_else_is_refused_and_nothing_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let malformed = ErrorKind::ModelMalformed;
    // The state dict of an old file is its fourth pickle: another one there, and a file that ends too early.
    let old = std::fs::read(golden("stem-before-1.6.pth")).unwrap();
    let dict = old.windows(14).position(|bytes| bytes == b"ccollections\nO").unwrap() - 2;
    let old_evil = [&old[..dict], &std::fs::read(golden("evil.pkl")).unwrap()].concat();
    for (path, kind, words) in [
        (golden("evil.pkl"), malformed, &["bare pickle that PyTorch did not write", "torch.save"][..]),
        (
            made("old-evil.pth", &old_evil),
            malformed,
            &["it calls posix.system, which is not run", "torch.save"],
        ),
        (made("old-torn.pth", &old[..old.len() - 1]), malformed, &["the file ends too early"]),
        (golden("evil.pth"), malformed, &["it calls posix.system, which is not run", "torch.save"]),
        (golden("checkpoint.pth"), malformed, &["\"epoch\" of its dictionary is a number", "torch.save"]),
        (golden("list.pth"), malformed, &["it holds a list"]),
        (golden("module.pth"), malformed, &["no state dict needs", "torch.save"]),
        (golden("torn.pth"), malformed, &["ends too early"]),
        (made("zip.pth", b"PK\x03\x04 and no more"), malformed, &["archive is damaged"]),
        (made("text.pth", b"my weights"), malformed, &["not a safetensors file"]),
        (made("short.pth", b"PK"), malformed, &["2 bytes"]),
        (made("empty.pth", b""), malformed, &["0 bytes"]),
        (folder.path().to_owned(), ErrorKind::InvalidArgument, &["not a file"]),
        (folder.path().join("none.pth"), ErrorKind::NotFound, &["none.pth"]),
    ] {
        let error = read_weights(&path).unwrap_err();
        assert_eq!(error.kind(), kind, "{}: {error}", path.display());
        let name = path.file_name().unwrap().to_str().unwrap();
        for word in words.iter().copied().chain([name]) {
            assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
        }
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(!Path::new("diapir-was-here").exists(), "a pickle was run");
}

/// Each byte of the pickle replaced: refused or read, never a panic, never more memory than the file is worth.
#[test]
fn damaged_pickles_do_no_harm() {
    use std::io::{Cursor, Read, Write};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipArchive, ZipWriter};
    let mut archive = ZipArchive::new(Cursor::new(std::fs::read(golden("stem.pth")).unwrap())).unwrap();
    let mut pickle = Vec::new();
    archive.by_name("stem/data.pkl").unwrap().read_to_end(&mut pickle).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.pth");
    let mut outcomes = [0; 2];
    for at in 0..pickle.len() {
        for value in [pickle[at] ^ 1, pickle[at] ^ 0x80, 0xff, b'R', b'.'] {
            let mut changed = pickle.clone();
            changed[at] = value;
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (name, bytes) in
                [("w/data.pkl", &changed[..]), ("w/data/1", &[1; 256]), ("w/data/5", &[0; 8])]
            {
                zip.start_file(name, stored).unwrap();
                zip.write_all(bytes).unwrap();
            }
            std::fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
            match read_weights(&path) {
                Ok(tensors) => {
                    outcomes[0] += 1;
                    assert!(tensors.values().all(|tensor| tensor.numel() <= 1 << 20));
                }
                Err(error) => {
                    outcomes[1] += 1;
                    assert_eq!(error.kind(), ErrorKind::ModelMalformed, "byte {at} = {value}: {error}");
                }
            }
        }
    }
    // Storage 0, the kernel, is left out: what reads is only what stops before it.
    assert!(outcomes[1] > outcomes[0], "{outcomes:?}");
}

/// The same of a file from before PyTorch 1.6, whose numbers follow its pickles.
#[test]
fn damaged_old_files_do_no_harm() {
    let old = std::fs::read(golden("stem-before-1.6.pth")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.pth");
    let mut refused = 0;
    // The pickles end, and the first count of numbers begins, within these bytes.
    for at in 0..1600.min(old.len()) {
        for value in [old[at] ^ 1, 0xff, b'R', b'.'] {
            let mut changed = old.clone();
            changed[at] = value;
            std::fs::write(&path, changed).unwrap();
            match read_weights(&path) {
                Ok(tensors) => assert!(tensors.values().all(|tensor| tensor.numel() <= 1 << 20)),
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.kind(), ErrorKind::ModelMalformed, "byte {at} = {value}: {error}");
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn safetensors_of_any_float_are_read() {
    use safetensors::tensor::{Dtype, TensorView};
    let halves: Vec<u8> = [0x3c00u16, 0xc000].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let brains: Vec<u8> = [0x3f80u16, 0xc000].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let doubles: Vec<u8> = [1.0f64, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let bytes = [1u8, 0];
    let view = |dtype, data| TensorView::new(dtype, vec![2], data).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let good = [
        ("half", view(Dtype::F16, &halves)),
        ("brain", view(Dtype::BF16, &brains)),
        ("double", view(Dtype::F64, &doubles)),
    ];
    std::fs::write(&path, safetensors::serialize(good, None).unwrap()).unwrap();
    for (name, tensor) in read_weights(&path).unwrap() {
        assert_eq!(Vec::<f32>::try_from(tensor).unwrap(), [1.0, -2.0], "{name}");
    }
    let bad = [("flags", view(Dtype::BOOL, &bytes))];
    std::fs::write(&path, safetensors::serialize(bad, None).unwrap()).unwrap();
    let error = read_weights(&path).unwrap_err();
    assert!(error.to_string().contains("tensor flags is BOOL"), "{error}");
}

#[test]
fn what_does_not_fit_is_listed_and_needs_leave() {
    let network = network(RESNET18, 3, 1);
    let before = values(&network);
    let mut source = read_weights(&golden("stem.pth")).unwrap();
    source.insert("layer9.0.conv1.weight".to_owned(), wave(1, &[2]));
    source.insert("layer1.0.bn1.weight".to_owned(), wave(1, &[2]));
    let error = import_weights(&network, &source, ImportPart::Encoder, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelMismatch);
    for word in
        ["5 of 100 tensors match", "94 missing", "1 unexpected (layer9.0.conv1.weight)", "[2]", "partial"]
    {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
    assert_eq!(values(&network), before, "nothing was changed");

    let report = import_weights(&network, &source, ImportPart::Encoder, true).unwrap();
    assert!(!report.is_complete());
    assert_eq!((report.matched.len(), report.missing.len()), (5, 94));
    assert_eq!(report.unexpected, ["layer9.0.conv1.weight"]);
    assert_eq!(report.ignored, ["bn1.num_batches_tracked", "fc.weight"]);
    assert_eq!(report.wrong_shape.len(), 1);
    let after = values(&network);
    assert_eq!(after["encoder.conv1.weight"], source["conv1.weight"]);
    for name in report.missing {
        assert_eq!(after[&name], before[&name], "{name}");
    }

    let strange = NamedTensors::from([("a".to_owned(), wave(1, &[2]))]);
    let error = import_weights(&network, &strange, ImportPart::Encoder, true).unwrap_err();
    assert!(error.to_string().contains("0 of 100 tensors match"), "{error}");
}

/// A grey image in every plane gives what it gave as colour.
#[test]
fn the_first_convolution_is_adapted_to_the_planes() {
    let source = read_weights(&golden("stem.pth")).unwrap();
    let grey = wave(3, &[1, 1, 32, 32]);
    let stem = |channels: i64| {
        let network = network(RESNET18, channels as usize, 1);
        let report = import_weights(&network, &source, ImportPart::Encoder, true).unwrap();
        assert_eq!(report.adapted.len(), usize::from(channels != 3));
        let x = grey.repeat([1, channels, 1, 1]);
        tch::no_grad(|| network.features(&x, &Pass::predict())).unwrap().swap_remove(0)
    };
    let colour = stem(3);
    let scale = colour.abs().max().double_value(&[]);
    assert!(scale > 0.1);
    for channels in [1, 2] {
        let difference = (stem(channels) - &colour).abs().max().double_value(&[]);
        assert!(difference < 1e-5 * scale, "{channels} planes: {difference} of {scale}");
    }
    let network = network(RESNET18, 4, 1);
    import_weights(&network, &source, ImportPart::Encoder, true).unwrap();
    let kernel = values(&network).remove("encoder.conv1.weight").unwrap();
    let old = &source["conv1.weight"];
    assert_eq!(kernel.narrow(1, 0, 3), *old);
    let mean = old.mean_dim([1i64].as_slice(), true, Kind::Float);
    assert!((kernel.narrow(1, 3, 1) - mean).abs().max().double_value(&[]) < 1e-6);
}

/// The weights of the package, in which blocks are numbered through, on a grey plane; then out and in again by timm's names.
#[test]
fn efficientnet_lite_is_adapted_and_exported() {
    const LITE2: &str = "kind = \"efficientnet_lite\"\nvariant = 2";
    let colour = network(LITE2, 3, 1);
    let exported = export_weights(&colour, ImportPart::Encoder, WeightNames::Torchvision).unwrap();
    for name in ["conv_stem.weight", "bn1.weight", "blocks.0.0.conv_pw.weight", "blocks.5.4.conv_pwl.weight"]
    {
        assert!(exported.contains_key(name), "{name}");
    }
    let grey = network(LITE2, 1, 2);
    let report = import_weights(&grey, &exported, ImportPart::Encoder, false).unwrap();
    assert_eq!(report.adapted, ["encoder.conv_stem.weight"]);
    assert!(report.ignored.is_empty());
    let x = wave(3, &[1, 1, 64, 64]);
    let features = |network: &Network, planes: i64| {
        let x = x.repeat([1, planes, 1, 1]);
        tch::no_grad(|| network.features(&x, &Pass::predict())).unwrap().pop().unwrap()
    };
    let (found, expected) = (features(&grey, 1), features(&colour, 3));
    let scale = expected.abs().max().double_value(&[]);
    assert!(scale > 0.0 && (found - expected).abs().max().double_value(&[]) < 1e-4 * scale);
    // A block that the network has not is told, not passed over.
    let mut strange = exported;
    strange.insert("_blocks.21._bn0.weight".to_owned(), wave(1, &[4]));
    strange.insert("_fc.weight".to_owned(), wave(1, &[4]));
    let error = import_weights(&grey, &strange, ImportPart::Encoder, false).unwrap_err();
    assert!(error.to_string().contains("1 unexpected (_blocks.21._bn0.weight)"), "{error}");
    let error = export_weights(&grey, ImportPart::Encoder, WeightNames::Cadene).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn exports_come_back_under_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let from = network(SE_RESNEXT50, 3, 1);
    for (part, names, prefix, key) in [
        (ImportPart::Encoder, WeightNames::Torchvision, "", "layer1.0.se.fc1.weight"),
        (ImportPart::Encoder, WeightNames::Cadene, "module.", "layer1.0.se_module.fc1.weight"),
        (ImportPart::Network, WeightNames::Torchvision, "", "encoder.layer1.0.se.fc1.weight"),
        (ImportPart::Network, WeightNames::Cadene, "", "encoder.layer1.0.se_module.fc1.weight"),
    ] {
        let exported = export_weights(&from, part, names).unwrap();
        assert!(exported.contains_key(key), "{key}");
        let exported: NamedTensors =
            exported.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)).collect();
        write_weights(&path, &exported).unwrap();
        let to = network(SE_RESNEXT50, 3, 2);
        let before = values(&to);
        let report = import_weights(&to, &read_weights(&path).unwrap(), part, false).unwrap();
        assert!(report.is_complete() && report.ignored.is_empty());
        let (after, expected) = (values(&to), values(&from));
        for (name, tensor) in &after {
            let taken = part == ImportPart::Network || name.starts_with("encoder.");
            assert_eq!(*tensor, if taken { &expected } else { &before }[name], "{name}");
        }
    }
    let plain =
        network("kind = \"residual_se\"\nwidth = 2\nlevels = 2\nsqueeze = \"max\"\nreduction = 1", 1, 1);
    let error = export_weights(&plain, ImportPart::Encoder, WeightNames::Cadene).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// timm loads an exported encoder strictly and gives the same features.
#[test]
fn python_loads_what_is_exported() {
    let python = std::env::var("DIAPIR_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import torch, timm, safetensors"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!(
            "SKIPPED python_loads_what_is_exported: no Python with torch, timm and safetensors; name one in DIAPIR_TEST_PYTHON"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, encoder, names) in [
        ("resnet18", RESNET18, WeightNames::Torchvision),
        ("seresnext50_32x4d", SE_RESNEXT50, WeightNames::Torchvision),
        (
            "legacy_seresnext50_32x4d",
            "kind = \"se_resnext\"\ndepth = 50\nstem = { pool = \"max3_ceil\" }",
            WeightNames::Cadene,
        ),
    ] {
        let network = network(encoder, 3, 4);
        let path = folder.path().join("w.safetensors");
        write_weights(&path, &export_weights(&network, ImportPart::Encoder, names).unwrap()).unwrap();
        let x = wave(2, &[1, 3, 64, 64]);
        let features = tch::no_grad(|| network.features(&x, &Pass::predict())).unwrap();
        let given: NamedTensors = features
            .into_iter()
            .enumerate()
            .map(|(index, map)| (format!("feature{index}"), map.contiguous()))
            .chain([("x".to_owned(), x)])
            .collect();
        let maps = folder.path().join("maps.safetensors");
        write_weights(&maps, &given).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/load_exported.py");
        let output = Command::new(&python).arg(script).arg(name).args([&path, &maps]).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_second_tensor_for_one_place_is_unexpected() {
    let network = network(RESNET18, 3, 1);
    let mut source = read_weights(&golden("stem.pth")).unwrap();
    source.insert("module.bn1.bias".to_owned(), wave(1, &[64]));
    let report = import_weights(&network, &source, ImportPart::Encoder, true).unwrap();
    assert_eq!(report.unexpected, ["module.bn1.bias"]);
    assert_eq!(values(&network)["encoder.bn1.bias"], source["bn1.bias"]);
}

/// The encoder of `kmike-27` is a published one with gates between its layers.
#[test]
fn an_encoder_with_gates_takes_weights_without() {
    let plain = network(SE_RESNEXT50, 3, 1);
    let exported = export_weights(&plain, ImportPart::Encoder, WeightNames::Cadene).unwrap();
    let stem = "stem = { stride = 1, pool = \"max2\", attention = { kind = \"gate\", reduction = 16, hidden = 16 } }";
    let gated = network(&format!("{SE_RESNEXT50}\n{stem}"), 3, 2);
    let before = values(&gated);
    let report = import_weights(&gated, &exported, ImportPart::Encoder, false).unwrap();
    assert!(report.is_complete(), "{report:?}");
    let after = values(&gated);
    assert_eq!(after["encoder.layer4.2.se.fc2.bias"], values(&plain)["encoder.layer4.2.se.fc2.bias"]);
    assert_eq!(after["encoder.conv1.weight"], values(&plain)["encoder.conv1.weight"]);
    assert_eq!(after["encoder.gate3.channel.fc1.weight"], before["encoder.gate3.channel.fc1.weight"]);
    // Its own gates, once there are some, must be all there.
    let mut own = export_weights(&gated, ImportPart::Encoder, WeightNames::Torchvision).unwrap();
    assert!(import_weights(&gated, &own, ImportPart::Encoder, false).unwrap().is_complete());
    drop(own.remove("gate0.place.conv2.bias").unwrap());
    let error = import_weights(&gated, &own, ImportPart::Encoder, false).unwrap_err();
    assert!(error.to_string().contains("1 missing (encoder.gate0.place.conv2.bias)"), "{error}");
}
