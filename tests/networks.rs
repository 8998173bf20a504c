//! Every encoder with every decoder, with fusions, heads, stems and numbers of planes in turn: shapes, training, saving,
//! folding, bfloat16, the table of stages.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;

use diapir::ErrorKind;
use diapir::model::{Form, ModelFile, NamedTensors, Network, NetworkSpec, Pass, TrainingRecord, Weights};
use diapir::tiling::{AmplitudeScaling, Channel, InputContract, Padding};
use diapir::volume::SampleUnit;
use tch::{Device, Kind, Tensor};

const SIZE: usize = 64;

/// Encoders, with the number of steps of their decoders: with the stem, without it, without full size.
const ENCODERS: [(&str, [usize; 3]); 9] = [
    ("kind = \"resnet\"\ndepth = 18", [5, 5, 3]),
    ("kind = \"resnet\"\ndepth = 34\nstem = { stride = 1, pool = \"max3\" }", [4, 4, 3]),
    ("kind = \"resnet\"\ndepth = 50\nstem = { stride = 1, pool = \"none\" }", [4, 3, 3]),
    ("kind = \"resnet\"\ndepth = 101\nstem = { stride = 2, pool = \"max2\" }", [5, 5, 3]),
    ("kind = \"resnet\"\ndepth = 152\nstem = { stride = 2, pool = \"none\" }", [5, 4, 3]),
    ("kind = \"se_resnext\"\ndepth = 50\nstem = { pool = \"max3_ceil\" }", [5, 5, 3]),
    (
        "kind = \"se_resnext\"\ndepth = 101\nstem = { attention = { kind = \"scse\", reduction = 16 } }",
        [5, 5, 3],
    ),
    ("kind = \"residual_se\"\nwidth = 4\nlevels = 5\nsqueeze = \"max\"\nreduction = 2", [4, 4, 4]),
    ("kind = \"residual_se\"\nwidth = 8\nlevels = 2\nsqueeze = \"mean\"\nreduction = 4", [1, 1, 1]),
];

const DECODERS: [&str; 8] = [
    "kind = \"unet\"\nwidths = WIDTHS\nattention = { kind = \"scse\", reduction = 4 }\ndropout = 0.1",
    "kind = \"unet\"\nwidths = WIDTHS\nupsampling = \"transposed2\"\ncoordinates = true",
    "kind = \"unet\"\nwidths = WIDTHS\nupsampling = \"bilinear\"\nskip_gate = { kind = \"gate\", reduction = 8, hidden = 4 }",
    "kind = \"conv_up\"\nstages = STAGES\nattention = { kind = \"gate\", reduction = 4, hidden = 4 }",
    "kind = \"link\"\nwidths = WIDTHS\njoin = \"add\"",
    "kind = \"link\"\nwidths = WIDTHS\njoin = \"concat\"\nskip_dropout = 0.2",
    "kind = \"fpn\"\nwidth = 12\ndropout = 0.2",
    "kind = \"residual_se\"\nwidths = WIDTHS\nsqueeze = \"mean\"\nreduction = 4",
];

const FUSIONS: [&str; 4] = [
    "kind = \"last\"",
    "kind = \"hypercolumn\"\nwidth = 6\nout = 8\ndropout = 0.2",
    "kind = \"side_maps\"",
    "kind = \"pyramid\"\nwidths = MAPS\nout = 8",
];

const HEADS: [&str; 3] = [
    "mask_kernel = 1",
    "mask_kernel = 3\nclassifier = {}\ndeep_supervision = true",
    "classifier = { hidden = [7, 5] }",
];

const PLANES: [Channel; 3] = [Channel::Amplitude, Channel::RelativeDepth, Channel::Row];

struct Case {
    text: String,
    spec: NetworkSpec,
    channels: usize,
    maps: usize,
}

fn case(encoder: usize, decoder: usize) -> Case {
    let (first, steps) = ENCODERS[encoder];
    let second = DECODERS[decoder];
    let turn = encoder * DECODERS.len() + decoder + encoder;
    let steps = match second {
        _ if second.contains("fpn") => steps[2],
        _ if second.contains("conv_up") => steps[1],
        _ => steps[0],
    };
    let maps = steps + usize::from(second.contains("fpn"));
    let widths: Vec<usize> = (0..steps).rev().map(|step| 8 + 4 * step).collect();
    let stages: Vec<[usize; 2]> = widths.iter().map(|width| [width + 2, *width]).collect();
    let second = second.replace("WIDTHS", &format!("{widths:?}")).replace("STAGES", &format!("{stages:?}"));
    // A pyramid of which only the last map counts is refused.
    let fusions = if second.contains("fpn") { &FUSIONS[1..] } else { &FUSIONS[..] };
    let fusion = fusions[turn % fusions.len()].replace("MAPS", &format!("{:?}", vec![5; maps]));
    let heads = HEADS[turn % 3];
    let text = format!("[encoder]\n{first}\n[decoder]\n{second}\n[fusion]\n{fusion}\n[heads]\n{heads}\n");
    let spec = toml::from_str(&text).unwrap();
    Case { text, spec, channels: 1 + turn % 3, maps }
}

/// Cheap values of the size that initialisation gives, none of them special.
fn stirred(spec: &NetworkSpec, channels: usize) -> Network {
    let network = Network::new(spec, channels, Weights::blank(Device::Cpu)).unwrap();
    for (index, (name, tensor)) in network.weights().all().into_iter().enumerate() {
        let shape = tensor.size();
        let places = Tensor::arange(tensor.numel() as i64, (Kind::Double, Device::Cpu));
        let wave = (places * 12.9898 + 78.233 * index as f64).sin().to_kind(Kind::Float).reshape(&shape);
        let value = match name.as_str() {
            _ if shape.len() > 1 => {
                let scale = (2.0 * shape[0] as f64 / tensor.numel() as f64).sqrt();
                wave * if name.contains("block.conv2") { 0.2 * scale } else { scale }
            }
            _ if name.ends_with("running_var") => 1.0 + 0.5 * wave.square(),
            // Fifty residual branches at full strength, not normalised by what they really give, would blow rounding up.
            _ if name.contains("layer") && name.ends_with(".weight") => 0.2 + 0.02 * wave,
            _ if name.ends_with("bias") || name.ends_with("mean") => 0.1 * wave,
            _ => 1.0 + 0.1 * wave,
        };
        tch::no_grad(|| tensor.shallow_clone().copy_(&value));
    }
    network
}

fn input(channels: usize) -> Tensor {
    let count = 2 * channels * SIZE * SIZE;
    let places = Tensor::arange(count as i64, (Kind::Double, Device::Cpu));
    let wave: Tensor = (places * 0.917).sin() * 0.5 + 0.5;
    wave.to_kind(Kind::Float).reshape([2, channels as i64, SIZE as i64, SIZE as i64])
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

fn model_file(case: &Case) -> ModelFile {
    ModelFile {
        network: case.spec.clone(),
        contract: InputContract {
            tile: SIZE,
            padded: SIZE,
            padding: Padding::Reflect,
            channels: PLANES[..case.channels].to_vec(),
            scaling: AmplitudeScaling { low_share: 0.01, high_share: 0.99 },
            depth_range: [0.0, 1000.0],
            depth_unit: SampleUnit::Milliseconds,
            sample_interval: None,
            trace_spacing: None,
            window: None,
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
            epochs: 0,
            metrics: BTreeMap::new(),
        },
    }
}

fn forward_and_backward(case: &Case, network: &Network) -> Tensor {
    let x = input(case.channels);
    let logits = network.forward(&x, &Pass::train([7; 32])).unwrap();
    let size = [2, 1, SIZE as i64, SIZE as i64];
    assert_eq!(logits.mask.size(), size, "{}", case.text);
    let deep = case.text.contains("deep_supervision");
    assert_eq!(logits.stages.len(), if deep { case.maps } else { 0 }, "{}", case.text);
    let mut sum = logits.mask.square().mean(Kind::Float);
    for stage in &logits.stages {
        assert_eq!(stage.size(), size, "{}", case.text);
        sum += stage.square().mean(Kind::Float);
    }
    assert_eq!(logits.any_salt.is_some(), case.text.contains("classifier"), "{}", case.text);
    if let Some(any_salt) = logits.any_salt {
        assert_eq!(any_salt.size(), [2, 1]);
        sum += any_salt.square().mean(Kind::Float);
    }
    sum.backward();
    for (name, tensor) in network.weights().trainable() {
        let gradient = tensor.grad();
        assert!(gradient.defined(), "{name} has no gradient:\n{}", case.text);
        assert!(gradient.isfinite().all().int64_value(&[]) == 1, "{name}:\n{}", case.text);
    }
    tch::no_grad(|| network.forward(&x, &Pass::predict())).unwrap().mask
}

fn folded(case: &Case, network: &Network, kind: Kind) -> Network {
    let named: NamedTensors =
        network.weights().all().into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
    Network::new(&case.spec, case.channels, Weights::given(Device::Cpu, Form::Prediction(kind), named))
        .unwrap()
}

/// Goes through all checks; gives the largest difference of probability in bfloat16.
fn check(case: &Case, folder: &std::path::Path) -> f64 {
    case.spec.check(SIZE, case.channels).unwrap();
    let network = stirred(&case.spec, case.channels);
    let mask = forward_and_backward(case, &network);
    let x = input(case.channels);
    let _guard = tch::no_grad_guard();

    let fold = folded(case, &network, Kind::Float);
    assert_eq!(fold.weights().parameter_count(), network.weights().parameter_count());
    let difference = largest(&(fold.forward(&x, &Pass::predict()).unwrap().mask - &mask));
    assert!(difference < 1e-3 * (1.0 + largest(&mask)), "folded: {difference}\n{}", case.text);
    let half = folded(case, &network, Kind::BFloat16);
    let rough = half.forward(&x.to_kind(Kind::BFloat16), &Pass::predict()).unwrap().mask;
    let rms = |tensor: &Tensor| tensor.square().mean(Kind::Double).double_value(&[]).sqrt();
    let difference = rms(&(&rough - &mask));
    assert!(
        difference < 0.05 * (0.1 + rms(&mask)),
        "bfloat16: {difference} of {}\n{}",
        rms(&mask),
        case.text
    );
    let rough = largest(&(rough.sigmoid() - mask.sigmoid()));

    let rows = network.describe(SIZE).unwrap();
    let counted: u64 = rows.iter().map(|row| row.parameters).sum();
    assert_eq!(counted, network.weights().parameter_count() as u64, "{rows:?}");
    assert!(rows.iter().all(|row| row.receptive_field >= 1), "{rows:?}");

    let path = folder.join("model.safetensors");
    let file = model_file(case);
    file.write(&path, network.weights()).unwrap();
    let (read, again) = ModelFile::read(&path, Device::Cpu).unwrap();
    assert_eq!(read, file);
    assert_eq!(again.forward(&x, &Pass::predict()).unwrap().mask, mask, "{}", case.text);
    rough
}

/// The combinations whose number leaves this remainder: tests run side by side.
fn check_share(remainder: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut worst = 0f64;
    for number in (0..ENCODERS.len() * DECODERS.len()).filter(|number| number % 2 == remainder) {
        let case = case(number / DECODERS.len(), number % DECODERS.len());
        worst = worst.max(check(&case, folder.path()));
    }
    println!("bfloat16 differs from float32 by at most {worst:.4} in probability");
}

#[test]
fn every_encoder_goes_with_every_decoder_even() {
    check_share(0);
}

#[test]
fn every_encoder_goes_with_every_decoder_odd() {
    check_share(1);
}

/// Images whose sizes are not multiples of the encoder's stride.
#[test]
fn odd_sizes_come_back() {
    for decoder in 0..DECODERS.len() {
        for encoder in [0, 2, 5, 7] {
            let case = case(encoder, decoder);
            let network = Network::new(&case.spec, case.channels, Weights::blank(Device::Cpu)).unwrap();
            for [rows, columns] in [[101, 101], [67, 90]] {
                let x = Tensor::zeros([1, case.channels as i64, rows, columns], (Kind::Float, Device::Cpu));
                let mask = tch::no_grad(|| network.forward(&x, &Pass::predict())).unwrap().mask;
                assert_eq!(mask.size(), [1, 1, rows, columns], "{}", case.text);
            }
        }
    }
}

#[test]
fn frozen_stages_stay() {
    let case = case(0, 0);
    let mut network = stirred(&case.spec, case.channels);
    assert_eq!(network.freeze(9).unwrap_err().kind(), ErrorKind::InvalidArgument);
    network.freeze(2).unwrap();
    let before: NamedTensors =
        network.weights().all().into_iter().map(|(name, tensor)| (name, tensor.detach().copy())).collect();
    let logits = network.forward(&input(case.channels), &Pass::train([1; 32])).unwrap();
    logits.mask.square().mean(Kind::Float).backward();
    let frozen = |name: &str| {
        ["encoder.conv1", "encoder.bn1", "encoder.layer1."].iter().any(|stage| name.starts_with(stage))
    };
    for (name, tensor) in network.weights().all() {
        let trained = tensor.requires_grad() && tensor.grad().defined();
        let learns = !frozen(&name) && !name.contains("running_") && !name.contains("heads.stage");
        if !name.contains("classifier") {
            assert_eq!(trained, learns, "{name}");
        }
        if name.contains("running_mean") {
            assert_eq!(tensor == before[&name], frozen(&name), "{name}");
        }
    }
}

#[test]
fn dropout_follows_its_seed_and_is_off_in_prediction() {
    let case = case(0, 6);
    let network = stirred(&case.spec, case.channels);
    let x = input(case.channels);
    let train = |seed| network.forward(&x, &Pass::train([seed; 32])).unwrap().mask.detach();
    assert_eq!(train(1), train(1));
    assert_ne!(train(1), train(2));
    let predict = || tch::no_grad(|| network.forward(&x, &Pass::predict())).unwrap().mask;
    assert_eq!(predict(), predict());
}

#[test]
fn a_network_made_to_predict_is_not_trained() {
    let case = case(7, 7);
    let network = folded(&case, &stirred(&case.spec, case.channels), Kind::Float);
    let error = network.forward(&input(case.channels), &Pass::train([1; 32])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// Known numbers: a ResNet-50 without its last layer takes 4.09 G multiplications and additions at 224 x 224
/// (torchvision). Its last layer sees 427 pixels: 7 of the stem, 4 of the pool, then 2 times the distance of pixels for
/// each 3x3 convolution, which is 4 (4 of them), 8 (4), 16 (6) and 32 (2): 7 + 4 + 32 + 64 + 192 + 128.
#[test]
fn the_table_has_the_published_numbers() {
    let text = "[encoder]\nkind = \"resnet\"\ndepth = 50\n[decoder]\nkind = \"fpn\"\nwidth = 1\n";
    let spec: NetworkSpec = toml::from_str(text).unwrap();
    let network = Network::new(&spec, 3, Weights::blank(Device::Cpu)).unwrap();
    let rows = network.describe(224).unwrap();
    let encoder = rows.iter().filter(|row| row.name.starts_with("encoder."));
    let flops: u64 = encoder.map(|row| row.flops).sum();
    assert!((flops as f64 / 2e9 - 4.087).abs() < 0.01, "{flops}");
    let last = rows.iter().find(|row| row.name == "encoder.layer4").unwrap();
    assert_eq!((last.shape, last.receptive_field), ([2048, 7, 7], 427));
    let first = rows.iter().find(|row| row.name == "encoder.stem").unwrap();
    assert_eq!((first.shape, first.parameters, first.receptive_field), ([64, 112, 112], 9536, 7));
}

#[test]
fn impossible_networks_are_refused_with_the_field() {
    let encoder = "[encoder]\nkind = \"resnet\"\ndepth = 34\n";
    let unet = "[decoder]\nkind = \"unet\"\nwidths = [64, 32, 16, 8, 4]\n";
    for (text, word) in [
        (format!("[encoder]\nkind = \"resnet\"\ndepth = 35\n{unet}"), "encoder.depth is 35"),
        (format!("[encoder]\nkind = \"se_resnext\"\ndepth = 152\n{unet}"), "expected 50 or 101"),
        (format!("{encoder}stem = {{ stride = 3, pool = \"max3\" }}\n{unet}"), "encoder.stem.stride is 3"),
        (
            format!("{encoder}[decoder]\nkind = \"unet\"\nwidths = [64, 32]\n"),
            "2 entries, this encoder needs 5",
        ),
        (format!("{encoder}[decoder]\nkind = \"unet\"\nwidths = [64, 32, 0, 8, 4]\n"), "0 channels"),
        (format!("{encoder}{unet}dropout = 1.0\n"), "decoder.dropout is 1"),
        (format!("{encoder}{unet}[heads]\nmask_kernel = 2\n"), "heads.mask_kernel is 2"),
        (
            format!("{encoder}{unet}[fusion]\nkind = \"pyramid\"\nwidths = [3]\nout = 8\n"),
            "the decoder gives 5 maps",
        ),
    ] {
        let spec: NetworkSpec = toml::from_str(&text).unwrap();
        let error = spec.check(128, 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    }
    let spec: NetworkSpec = toml::from_str(&format!("{encoder}{unet}")).unwrap();
    assert!(spec.check(63, 3).unwrap_err().to_string().contains("divides the image by 32"));
    assert!(spec.check(64, 0).is_err());
    let unknown = toml::from_str::<NetworkSpec>("[encoder]\nkind = \"vgg\"\n").unwrap_err();
    assert!(unknown.to_string().contains("`resnet`, `se_resnext`, `residual`, `residual_se`"), "{unknown}");
}
