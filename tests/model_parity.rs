//! Networks against values computed with PyTorch 2.11, timm and segmentation_models_pytorch: encoders by the project's
//! `make_parity.py` (seed 0, part `encoders`), EfficientNet-Lite by `tests/python/efficientnet_lite.py`, whole networks by
//! `tests/python/network_parity.py`. Weights and
//! input are formulas of their names and places, so that no file of weights is needed.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use diapir::model::import::{ImportPart, import_weights, read_weights};
use diapir::model::{Form, NamedTensors, Network, NetworkSpec, Pass, Weights};
use serde_json::Value;
use tch::{Device, Kind, Tensor};

fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn encoders() -> Value {
    golden(include_str!("golden/encoders.json"))
}

fn networks() -> Value {
    golden(include_str!("golden/networks.json"))
}

/// `sin(12.9898 j + 78.233 i)`.
fn wave(i: usize, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |j| (12.9898 * j as f64 + 78.233 * i as f64).sin())
}

fn tensor(values: impl Iterator<Item = f64>, shape: &[i64]) -> Tensor {
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    Tensor::from_slice(&values).reshape(shape)
}

fn image(shape: &[i64]) -> Tensor {
    tensor(wave(1000, shape.iter().product::<i64>() as usize).map(|wave| 0.5 + 0.5 * wave), shape)
}

fn shape(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|length| length.as_i64().unwrap()).collect()
}

/// The reference's state dict: its names, in its order, with the formulas' values.
fn state(keys: &Value) -> NamedTensors {
    let keys = keys.as_array().unwrap().iter().enumerate();
    let named = keys.map(|(k, key)| {
        let (name, shape) = (key[0].as_str().unwrap(), shape(&key[1]));
        let count = shape.iter().product::<i64>() as usize;
        let wave = wave(k, count);
        let value = match name {
            _ if name.ends_with("num_batches_tracked") => tensor(wave.map(|_| 0.0), &shape),
            _ if shape.len() >= 2 => {
                let scale = 2f64.sqrt() * (shape[0] as f64 / count as f64).sqrt();
                tensor(wave.map(|w| w * scale), &shape)
            }
            _ if name.ends_with("running_var") => tensor(wave.map(|w| 1.0 + 0.5 * w * w), &shape),
            _ if name.ends_with("running_mean") || name.ends_with("bias") => {
                tensor(wave.map(|w| 0.1 * w), &shape)
            }
            _ => tensor(wave.map(|w| 1.0 + 0.1 * w), &shape),
        };
        (name.to_owned(), value)
    });
    named.collect()
}

/// Compares a tensor with its digest, to 1e-4 of the mean magnitude.
fn check(name: &str, found: &Tensor, expected: &Value) {
    assert_eq!(found.size(), shape(&expected["shape"]), "{name}");
    let values = Vec::<f64>::try_from(found.to_kind(Kind::Double).reshape([-1])).unwrap();
    let number = |key: &str| expected[key].as_f64().unwrap();
    let scale = number("l1");
    assert!(scale > 1e-3, "{name}: the reference says something");
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let magnitude = values.iter().map(|value| value.abs()).sum::<f64>() / values.len() as f64;
    assert!((mean - number("mean")).abs() < 1e-4 * scale, "{name}: mean {mean}");
    assert!((magnitude - scale).abs() < 1e-4 * scale, "{name}: mean magnitude {magnitude}");
    if values.len() > 1 {
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let deviation = (squares / (values.len() - 1) as f64).sqrt();
        // A map that hardly varies must vary in the same way.
        assert!((deviation - number("std")).abs() < 1e-2 * number("std"), "{name}: deviation {deviation}");
    }
    let end = values.len().saturating_sub(16);
    for (part, at) in [("first", 0), ("last", end)] {
        for (found, expected) in values[at..].iter().zip(expected[part].as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            let difference = (found - expected).abs();
            assert!(difference < 1e-4 * scale, "{name}: {part} {found}, expected {expected}");
        }
    }
}

fn spec(toml: &str) -> NetworkSpec {
    toml::from_str(toml).unwrap()
}

fn encoder_spec(toml: &str) -> NetworkSpec {
    spec(&format!(
        "[encoder]\n{toml}\n[decoder]\nkind = \"fpn\"\nwidth = 1\n[fusion]\nkind = \"side_maps\"\n"
    ))
}

/// The encoder alone: a narrow pyramid behind it.
fn encoder(toml: &str) -> Network {
    Network::new(&encoder_spec(toml), 3, Weights::blank(Device::Cpu)).unwrap()
}

fn encoder_parameters(network: &Network) -> usize {
    let trainable = network.weights().trainable().into_iter();
    trainable.filter(|(name, _)| name.starts_with("encoder.")).map(|(_, tensor)| tensor.numel()).sum()
}

const ENCODERS: [(&str, &str, usize); 4] = [
    ("resnet34", "kind = \"resnet\"\ndepth = 34", 512),
    ("resnet50", "kind = \"resnet\"\ndepth = 50", 2048),
    ("seresnext50_32x4d", "kind = \"se_resnext\"\ndepth = 50", 2048),
    (
        "legacy_seresnext50_32x4d",
        "kind = \"se_resnext\"\ndepth = 50\nstem = { stride = 2, pool = \"max3_ceil\" }",
        2048,
    ),
];

#[test]
fn encoders_give_the_features_of_pytorch() {
    let golden = encoders();
    assert_eq!(golden.as_object().unwrap().len(), ENCODERS.len());
    for (name, toml, deepest) in ENCODERS {
        let golden = &golden[name];
        let network = encoder(toml);
        let classifier = 1000 * (deepest + 1);
        let whole = golden["params_full_classifier"].as_u64().unwrap() as usize;
        assert_eq!(encoder_parameters(&network), whole - classifier, "{name}");

        let report = import_weights(&network, &state(&golden["keys"]), ImportPart::Encoder, false).unwrap();
        assert!(report.is_complete() && report.adapted.is_empty(), "{name}: {report:?}");
        assert!(report.ignored.iter().all(|key| key.ends_with("num_batches_tracked")), "{name}: {report:?}");
        let x = image(&[1, 3, 64, 64]);
        let features = tch::no_grad(|| network.features(&x, &Pass::predict())).unwrap();
        let expected = golden["features"].as_array().unwrap();
        assert_eq!(features.len(), expected.len(), "{name}");
        for (index, (found, expected)) in features.iter().zip(expected).enumerate() {
            check(&format!("{name}, feature {index}"), found, expected);
        }
    }
}

/// Parameters of torchvision's and timm's classifiers without the last layer.
#[test]
fn encoders_have_the_published_number_of_parameters() {
    for (toml, whole, deepest) in [
        ("kind = \"resnet\"\ndepth = 18", 11_689_512, 512),
        ("kind = \"resnet\"\ndepth = 34", 21_797_672, 512),
        ("kind = \"resnet\"\ndepth = 50", 25_557_032, 2048),
        ("kind = \"resnet\"\ndepth = 101", 44_549_160, 2048),
        ("kind = \"resnet\"\ndepth = 152", 60_192_808, 2048),
        ("kind = \"se_resnext\"\ndepth = 50", 27_559_896, 2048),
        ("kind = \"se_resnext\"\ndepth = 101", 48_955_416, 2048),
    ] {
        assert_eq!(encoder_parameters(&encoder(toml)), whole - 1000 * (deepest + 1), "{toml}");
    }
}

/// The same weights and pixels as stored, and with normalisation folded into the convolutions.
fn check_lite(variant: usize, case: &str, weights: &NamedTensors, golden: &Value) {
    let toml = format!("kind = \"efficientnet_lite\"\nvariant = {variant}");
    let network = encoder(&toml);
    let report = import_weights(&network, weights, ImportPart::Encoder, false).unwrap();
    assert!(report.is_complete() && report.adapted.is_empty(), "Lite{variant}: {report:?}");
    let head = ["_conv_head.", "_bn1.", "_fc."];
    let needless = |key: &String| {
        key.ends_with(".num_batches_tracked") || head.iter().any(|layer| key.starts_with(layer))
    };
    assert!(report.ignored.iter().all(needless), "Lite{variant}: {:?}", report.ignored);
    let named = network.weights().all().into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
    let given = Weights::given(Device::Cpu, Form::Prediction(Kind::Float), named);
    let folded = Network::new(&encoder_spec(&toml), 3, given).unwrap();
    let (rows, columns) = case.split_once('-').unwrap().1.split_once('x').unwrap();
    let x = image(&[1, 3, rows.parse().unwrap(), columns.parse().unwrap()]);
    let expected = golden["cases"][case].as_array().unwrap();
    for (network, form) in [(&network, "stored"), (&folded, "folded")] {
        let features = tch::no_grad(|| network.features(&x, &Pass::predict())).unwrap();
        assert_eq!(features.len(), expected.len());
        for (index, (found, expected)) in features.iter().zip(expected).enumerate() {
            check(&format!("Lite{variant}, {case}, {form}, feature {index}"), found, expected);
        }
    }
}

fn lite() -> Value {
    golden(include_str!("golden/efficientnet_lite.json"))
}

/// Even and odd sizes are padded otherwise.
#[test]
fn efficientnet_lite_gives_the_features_of_its_package() {
    let golden = lite();
    for (variant, deepest) in [320, 320, 352].into_iter().enumerate() {
        let golden = &golden[format!("efficientnet-lite{variant}")];
        let network = encoder(&format!("kind = \"efficientnet_lite\"\nvariant = {variant}"));
        let head = 1280 * (deepest + 2) + 1000 * (1280 + 1);
        let whole = golden["parameters"].as_u64().unwrap() as usize;
        assert_eq!(encoder_parameters(&network), whole - head, "Lite{variant}");
        let weights = state(&golden["keys"]);
        for case in ["formula-64x64", "formula-101x70"] {
            check_lite(variant, case, &weights, golden);
        }
    }
}

#[test]
fn published_efficientnet_lite_gives_the_features_of_its_package() {
    let golden = lite();
    for variant in 0..3 {
        let name = format!("efficientnet-lite{variant}");
        let path = diapir::train::weights_folder().unwrap().join(format!("{name}.pth"));
        if !path.exists() {
            println!("SKIPPED the published weights of EfficientNet-Lite: make weights has not fetched them");
            return;
        }
        check_lite(variant, "pretrained-128x128", &read_weights(&path).unwrap(), &golden[name]);
    }
}

/// TensorFlow's share of a batch in the running statistics, a tenth of PyTorch's.
#[test]
fn efficientnet_lite_keeps_its_statistics_longer() {
    let toml = "kind = \"efficientnet_lite\"\nvariant = 0";
    let network = Network::new(&encoder_spec(toml), 3, Weights::new(Device::Cpu, 1)).unwrap();
    let means = |pass: &Pass| {
        network.features(&image(&[2, 3, 64, 64]), pass).unwrap();
        let all: NamedTensors = network.weights().all().into_iter().collect();
        all["encoder.bn1.running_mean"].copy()
    };
    let kept = means(&Pass::train([1; 32]));
    let batch = means(&Pass::statistics(0));
    let most = batch.abs().max().double_value(&[]);
    assert!(most > 1e-3);
    assert!((kept * 100.0 - batch).abs().max().double_value(&[]) < 1e-4 * most);
}

/// What is frozen together: the stem and all stages up to a halving.
#[test]
fn efficientnet_lite_is_frozen_by_resolution() {
    let toml = "kind = \"efficientnet_lite\"\nvariant = 0";
    for (stages, learning) in
        [(1, "encoder.blocks.1.0"), (3, "encoder.blocks.3.0"), (4, "encoder.blocks.5.0")]
    {
        let mut network = Network::new(&encoder_spec(toml), 3, Weights::new(Device::Cpu, 1)).unwrap();
        network.freeze(stages).unwrap();
        let trainable = network.weights().trainable();
        let learns =
            trainable.iter().filter(|(name, tensor)| name.starts_with("encoder.") && tensor.requires_grad());
        let first = learns.map(|(name, _)| name.as_str()).min().unwrap();
        assert!(first.starts_with(learning), "{stages}: {first}");
    }
    let mut network = Network::new(&encoder_spec(toml), 3, Weights::new(Device::Cpu, 1)).unwrap();
    assert!(network.freeze(6).is_err());
}

const GATE: &str = "{ kind = \"gate\", reduction = 16, hidden = 16 }";

fn network_spec(name: &str) -> NetworkSpec {
    spec(&match name {
        "kmike-27" => format!(
            "[encoder]\nkind = \"se_resnext\"\ndepth = 50\n\
             stem = {{ stride = 1, pool = \"max2\", attention = {GATE} }}\n\
             [decoder]\nkind = \"conv_up\"\nstages = [[512, 256], [512, 256], [256, 64], [128, 128]]\n\
             attention = {GATE}\n[fusion]\nkind = \"side_maps\"\n"
        ),
        "argus-14" => "[encoder]\nkind = \"se_resnext\"\ndepth = 50\nstem = { stride = 2, pool = \"none\" }\n\
             [decoder]\nkind = \"link\"\nwidths = [1024, 512, 256, 128, 128]\njoin = \"concat\"\nskip_dropout = 0.2\n\
             [fusion]\nkind = \"pyramid\"\nwidths = [128, 64, 32, 16, 8]\nout = 32\ndropout = 0.2\n\
             [heads]\nclassifier = {}\n"
            .to_owned(),
        "lessons-316" => "[encoder]\nkind = \"residual_se\"\nwidth = 32\nlevels = 5\nsqueeze = \"max\"\nreduction = 16\n\
             [decoder]\nkind = \"residual_se\"\nwidths = [256, 128, 64, 32]\nsqueeze = \"max\"\nreduction = 16\n"
            .to_owned(),
        "smp-unet-resnet34" => "[encoder]\nkind = \"resnet\"\ndepth = 34\n\
             [decoder]\nkind = \"unet\"\nwidths = [256, 128, 64, 32, 16]\n[heads]\nmask_kernel = 3\n"
            .to_owned(),
        "smp-unet-se_resnext50-scse" => {
            "[encoder]\nkind = \"se_resnext\"\ndepth = 50\nstem = { stride = 2, pool = \"max3_ceil\" }\n\
             [decoder]\nkind = \"unet\"\nwidths = [256, 128, 64, 32, 16]\n\
             attention = { kind = \"scse\", reduction = 16 }\n[heads]\nmask_kernel = 3\n"
                .to_owned()
        }
        "everything" => "[encoder]\nkind = \"resnet\"\ndepth = 34\nstem = { stride = 2, pool = \"none\" }\n\
             [decoder]\nkind = \"unet\"\nwidths = [96, 64, 48, 32, 16]\nupsampling = \"transposed4\"\ncoordinates = true\n\
             attention = { kind = \"scse\", reduction = 2, combine = \"max\" }\n\
             skip_gate = { kind = \"gate\", reduction = 8, hidden = 4 }\n\
             [fusion]\nkind = \"hypercolumn\"\nwidth = 8\nout = 24\n\
             [heads]\nmask_kernel = 3\nclassifier = { hidden = [20] }\n"
            .to_owned(),
        other => panic!("no network {other}"),
    })
}

#[test]
fn whole_networks_give_the_logits_of_pytorch() {
    for (name, golden) in networks().as_object().unwrap() {
        let spec = network_spec(name);
        let input = shape(&golden["input"]);
        spec.check(input[2] as usize, input[1] as usize).unwrap();
        let network = Network::new(&spec, input[1] as usize, Weights::blank(Device::Cpu)).unwrap();
        let parameters = golden["parameters"].as_u64().unwrap() as usize;
        assert_eq!(network.weights().parameter_count(), parameters, "{name}");
        let report = import_weights(&network, &state(&golden["keys"]), ImportPart::Network, false).unwrap();
        assert!(report.is_complete(), "{name}: {report:?}");
        // As stored, and with normalisation folded into the convolutions.
        let named =
            network.weights().all().into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
        let folded = Network::new(
            &spec,
            input[1] as usize,
            Weights::given(Device::Cpu, Form::Prediction(Kind::Float), named),
        )
        .unwrap();
        for (network, form) in [(&network, "stored"), (&folded, "folded")] {
            let logits = tch::no_grad(|| network.forward(&image(&input), &Pass::predict())).unwrap();
            check(&format!("{name}, {form}"), &logits.mask, &golden["mask"]);
            assert_eq!(logits.any_salt.is_some(), golden.get("any_salt").is_some(), "{name}");
            if let Some(any_salt) = logits.any_salt {
                check(&format!("{name}, {form}, any salt"), &any_salt, &golden["any_salt"]);
            }
            assert!(logits.stages.is_empty());
        }
    }
}
