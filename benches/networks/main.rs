//! Forward passes of the SE-ResNeXt50 U-Net with scSE. Called by `benches/networks.sh`, which adds PyTorch, ONNX Runtime and
//! OpenVINO on the same weights and input.
//!
//!     networks make FOLDER            weights.safetensors, with PyTorch's names
//!     networks run FOLDER ROUNDS      tiles per second in float32 and bfloat16 and the logits, as JSON
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::time::Instant;

use diapir::model::import::{ImportPart, WeightNames, export_weights, read_weights, write_weights};
use diapir::model::{Form, Network, NetworkSpec, Pass, Weights};
use tch::{Device, Kind, Tensor};

const NETWORK: &str = r#"
[encoder]
kind = "se_resnext"
depth = 50
stem = { stride = 2, pool = "max3_ceil" }

[decoder]
kind = "unet"
widths = [256, 128, 64, 32, 16]
attention = { kind = "scse", reduction = 16 }

[heads]
mask_kernel = 3
"#;

const BATCH: i64 = 8;
const SIDE: i64 = 128;
const THREADS: i32 = 2;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", folder] => make(Path::new(folder)),
        ["run", folder, rounds] => run(Path::new(folder), rounds.parse().unwrap()),
        // Run by `cargo bench` or `cargo test`: there is nothing to do without a folder.
        _ => println!("run benches/networks.sh"),
    }
}

fn spec() -> NetworkSpec {
    toml::from_str(NETWORK).unwrap()
}

fn make(folder: &Path) {
    let network = Network::new(&spec(), 3, Weights::new(Device::Cpu, 1)).unwrap();
    // Running statistics come to what the layers give: logits of a usual size, as after training.
    tch::no_grad(|| (0..30).for_each(|_| drop(network.forward(&input(), &Pass::train([1; 32])).unwrap())));
    let named = export_weights(&network, ImportPart::Network, WeightNames::Torchvision).unwrap();
    write_weights(&folder.join("weights.safetensors"), &named).unwrap();
}

/// (8, 3, 128, 128) of 0.5 + 0.5 sin(0.917 j), row-major; Python makes the same.
fn input() -> Tensor {
    let places = Tensor::arange(BATCH * 3 * SIDE * SIDE, (Kind::Double, Device::Cpu));
    let wave: Tensor = (places * 0.917).sin() * 0.5 + 0.5;
    wave.to_kind(Kind::Float).reshape([BATCH, 3, SIDE, SIDE])
}

fn run(folder: &Path, rounds: usize) {
    let _guard = tch::no_grad_guard();
    tch::set_num_threads(THREADS);
    let weights = read_weights(&folder.join("weights.safetensors")).unwrap();
    let mut report = serde_json::Map::new();
    let plain = Network::new(&spec(), 3, Weights::blank(Device::Cpu)).unwrap();
    let flops: u64 = plain.describe(SIDE as usize).unwrap().iter().map(|row| row.flops).sum();
    report.insert("gflop".to_owned(), serde_json::json!(flops as f64 / 1e9));
    drop(plain);
    for (name, kind) in [("float32", Kind::Float), ("bfloat16", Kind::BFloat16)] {
        let named = weights.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
        let network =
            Network::new(&spec(), 3, Weights::given(Device::Cpu, Form::Prediction(kind), named)).unwrap();
        let x = input().to_kind(kind);
        let pass = || network.forward(&x, &Pass::predict()).unwrap().mask;
        let logits = pass();
        let seconds = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                drop(pass());
                start.elapsed().as_secs_f64()
            })
            .fold(f64::INFINITY, f64::min);
        let flat = Vec::<f32>::try_from(logits.reshape([-1])).unwrap();
        report.insert(name.to_owned(), serde_json::json!(BATCH as f64 / seconds));
        let every: Vec<f32> = flat.into_iter().step_by(997).collect();
        report.insert(format!("{name}_logits"), serde_json::json!(every));
    }
    println!("{}", serde_json::Value::Object(report));
}
