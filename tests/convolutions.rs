//! Convolutions and their gradients against libtorch's own loops in double precision, over the shapes that oneDNN has computed
//! wrongly, with several sets of instructions.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diapir::tensor::{ConvSizes, Precision, channels_last, conv2d};
use tch::{Device, Kind, Tensor};

/// The variable that tells oneDNN what to keep to.
const LIMIT: &str = "ONEDNN_MAX_CPU_ISA";

/// Longest time that a run may take: oneDNN's broken kernels have hung.
const PATIENCE: Duration = Duration::from_secs(240);

/// Numbers between -1 and 1 that no two places share.
fn wave(seed: usize, shape: &[i64]) -> Tensor {
    let count = shape.iter().product::<i64>() as usize;
    let values: Vec<f32> =
        (0..count).map(|j| (12.9898 * j as f64 + 78.233 * seed as f64).sin() as f32).collect();
    Tensor::from_slice(&values).reshape(shape)
}

/// Largest difference of two tensors, as a share of the largest value.
fn difference(found: &Tensor, expected: &Tensor) -> f64 {
    let most = expected.abs().max().double_value(&[]);
    (found.to_kind(Kind::Double) - expected).abs().max().double_value(&[]) / most
}

/// Result and gradients of image, kernel and bias in `kind`, against double precision, where oneDNN does not come in.
fn check(kind: Kind, [batch, inputs, outputs, length]: [i64; 4], [size, stride, groups]: [i64; 3]) {
    let what = format!(
        "{kind:?}: {inputs} to {outputs} channels, {groups} groups, {size}x{size}, stride {stride}, {length} pixels"
    );
    let sizes = ConvSizes { padding: (size - 1) / 2, stride, groups };
    let values = [
        wave(1, &[batch, inputs, length, length]),
        wave(2, &[outputs, inputs / groups, size, size]),
        wave(3, &[outputs]),
    ]
    .map(|tensor| tensor.to_kind(kind));
    let run = |kind: Kind| {
        let [x, weight, bias] = values.each_ref().map(|tensor| tensor.copy().to_kind(kind));
        let [x, weight] = [x, weight].map(|tensor| channels_last(&tensor).unwrap());
        let leaves = [x, weight, bias].map(|tensor| tensor.set_requires_grad(true));
        let y = conv2d(&leaves[0], &leaves[1], Some(&leaves[2]), sizes).unwrap();
        let gradient = wave(4, &y.size()).to_kind(values[0].kind()).to_kind(kind);
        (&y * &channels_last(&gradient).unwrap()).sum(kind).backward();
        let [x, weight, bias] = leaves.map(|leaf| leaf.grad());
        [y.detach(), x, weight, bias]
    };
    let (found, expected) = (run(kind), run(Kind::Double));
    let most = if kind == Kind::Float { 1e-4 } else { 3e-2 };
    for ((found, expected), part) in found.iter().zip(&expected).zip(["result", "image", "kernel", "bias"]) {
        let difference = difference(found, expected);
        assert!(difference < most, "{what}: {part} differs by {difference}");
    }
}

#[test]
fn gradients_are_right_over_the_shapes() {
    // Where oneDNN has no bfloat16, libtorch adds up in bfloat16: nobody trains so.
    let bfloat16 =
        Precision::Auto.kind(Device::Cpu).unwrap() == Kind::BFloat16 && std::env::var_os(LIMIT).is_none();
    let kinds = [Kind::Float, Kind::BFloat16];
    for kind in kinds.into_iter().filter(|kind| *kind == Kind::Float || bfloat16) {
        for (size, stride) in [(1, 1), (1, 2), (1, 3), (3, 1), (3, 2)] {
            for inputs in [1, 2, 3, 4, 7, 8, 12, 15, 16, 17] {
                for outputs in [1, 8, 20] {
                    check(kind, [4, inputs, outputs, 17], [size, stride, 1]);
                }
            }
        }
        // Where the workspace of a thread is long enough for what is behind it to be hit.
        for inputs in [1, 3, 4, 7, 12, 15] {
            check(kind, [32, inputs, 8, 32], [1, 2, 1]);
        }
        for (size, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
            for channels in [2, 16, 24] {
                check(kind, [4, channels, channels, 17], [size, stride, channels]);
            }
        }
    }
}

/// The same with fewer instructions, which other kernels are for; each in a process of its own, which may be hung and is ended.
#[test]
fn gradients_are_right_with_fewer_instructions() {
    let program = std::env::current_exe().unwrap();
    for instructions in ["SSE41", "AVX2", "AVX512_CORE"] {
        let mut child = Command::new(&program)
            .args(["--exact", "gradients_are_right_over_the_shapes"])
            .env(LIMIT, instructions)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        assert!(status.is_some_and(|status| status.success()), "{instructions}: {status:?}");
        println!("{instructions}: {:.1} s", start.elapsed().as_secs_f64());
    }
}
