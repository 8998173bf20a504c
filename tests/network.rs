//! The residual squeeze-and-excitation U-Net against a second implementation in plain loops, and its shapes.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use diapir::model::spec::Squeeze;
use diapir::model::{Network, NetworkSpec, Pass, Weights};
use tch::{Device, Kind, Tensor};

/// Sizes of the network under test.
#[derive(Debug, Clone)]
struct Sizes {
    width: i64,
    levels: i64,
    squeeze: Squeeze,
}

fn spec(width: i64, levels: i64, squeeze: Squeeze) -> Sizes {
    Sizes { width, levels, squeeze }
}

fn network(sizes: &Sizes, channels: usize, seed: u64) -> Network {
    let Sizes { width, levels, squeeze } = *sizes;
    let squeeze = if squeeze == Squeeze::Mean { "mean" } else { "max" };
    let widths: Vec<i64> = (0..levels - 1).rev().map(|level| width << level).collect();
    let part = format!("kind = \"residual_se\"\nsqueeze = \"{squeeze}\"\nreduction = 2\n");
    let text = format!(
        "[encoder]\n{part}width = {width}\nlevels = {levels}\n[decoder]\n{part}widths = {widths:?}\n"
    );
    let spec: NetworkSpec = toml::from_str(&text).unwrap();
    Network::new(&spec, channels, Weights::new(Device::Cpu, seed)).unwrap()
}

fn mask(network: &Network, x: &Tensor) -> Tensor {
    network.forward(x, &Pass::predict()).unwrap().mask
}

fn wave(shape: &[i64], frequency: f64) -> Tensor {
    let count = shape.iter().product::<i64>() as usize;
    let values: Vec<f32> = (0..count).map(|at| (frequency * at as f64 + 0.3).sin() as f32).collect();
    Tensor::from_slice(&values).reshape(shape)
}

fn values(tensor: &Tensor) -> Vec<f64> {
    Vec::<f64>::try_from(tensor.detach().to_kind(Kind::Double).reshape([-1])).unwrap()
}

/// One image, channel by channel.
#[derive(Clone)]
struct Image {
    size: [usize; 2],
    planes: Vec<Vec<f64>>,
}

impl Image {
    fn zeros(channels: usize, size: [usize; 2]) -> Self {
        Self { size, planes: vec![vec![0.0; size[0] * size[1]]; channels] }
    }

    fn map(&self, value: impl Fn(usize, f64) -> f64) -> Self {
        let plane = |(channel, plane): (usize, &Vec<f64>)| plane.iter().map(|&x| value(channel, x)).collect();
        Self { size: self.size, planes: self.planes.iter().enumerate().map(plane).collect() }
    }
}

/// The formulas of the papers, one loop each, with the network's weights by name.
struct Plain {
    weights: BTreeMap<String, (Vec<usize>, Vec<f64>)>,
    spec: Sizes,
}

impl Plain {
    fn of(network: &Network, spec: &Sizes) -> Self {
        let shape = |tensor: &Tensor| tensor.size().iter().map(|&length| length as usize).collect();
        let entry = |(name, tensor): (String, Tensor)| (name, (shape(&tensor), values(&tensor)));
        Self { weights: network.weights().all().into_iter().map(entry).collect(), spec: spec.clone() }
    }

    fn vector(&self, name: &str) -> &[f64] {
        &self.weights[name].1
    }

    fn conv(&self, name: &str, x: &Image) -> Image {
        let (shape, weight) = &self.weights[&format!("{name}.weight")];
        let bias = self.vector(&format!("{name}.bias"));
        let (outputs, inputs, size) = (shape[0], shape[1], shape[2]);
        let mut y = Image::zeros(outputs, x.size);
        let [rows, columns] = x.size.map(|length| length as isize);
        let reach = (size / 2) as isize;
        for o in 0..outputs {
            for row in 0..rows {
                for column in 0..columns {
                    let mut sum = bias[o];
                    for i in 0..inputs {
                        for (k, weight) in
                            weight[(o * inputs + i) * size * size..][..size * size].iter().enumerate()
                        {
                            let r = row + (k / size) as isize - reach;
                            let c = column + (k % size) as isize - reach;
                            if (0..rows).contains(&r) && (0..columns).contains(&c) {
                                sum += weight * x.planes[i][(r * columns + c) as usize];
                            }
                        }
                    }
                    y.planes[o][(row * columns + column) as usize] = sum;
                }
            }
        }
        y
    }

    /// Each input pixel (r, c) adds its value times the kernel at output rows 2 r + k - p.
    fn transposed(&self, name: &str, x: &Image, size: [usize; 2]) -> Image {
        let (shape, weight) = &self.weights[&format!("{name}.weight")];
        let bias = self.vector(&format!("{name}.bias"));
        let (inputs, outputs) = (shape[0], shape[1]);
        let mut y = Image::zeros(outputs, size).map(|channel, _| bias[channel]);
        let padding = size.map(|length| 1 - length % 2);
        for i in 0..inputs {
            for o in 0..outputs {
                for (at, value) in x.planes[i].iter().enumerate() {
                    for (k, weight) in weight[(i * outputs + o) * 9..][..9].iter().enumerate() {
                        let row = (2 * (at / x.size[1]) + k / 3).checked_sub(padding[0]);
                        let column = (2 * (at % x.size[1]) + k % 3).checked_sub(padding[1]);
                        if let (Some(row), Some(column)) = (row, column)
                            && row < size[0]
                            && column < size[1]
                        {
                            y.planes[o][row * size[1] + column] += value * weight;
                        }
                    }
                }
            }
        }
        y
    }

    fn norm_relu(&self, name: &str, x: &Image) -> Image {
        let [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.vector(&format!("{name}.{part}")));
        x.map(|c, x| ((x - mean[c]) / (variance[c] + 1e-5).sqrt() * weight[c] + bias[c]).max(0.0))
    }

    fn block(&self, name: &str, x: &Image) -> Image {
        let y = self.conv(&format!("{name}.conv1"), &self.norm_relu(&format!("{name}.bn1"), x));
        let y = self.conv(&format!("{name}.conv2"), &self.norm_relu(&format!("{name}.bn2"), &y));
        let pool = |plane: &Vec<f64>| match self.spec.squeeze {
            Squeeze::Mean => vec![plane.iter().sum::<f64>() / plane.len() as f64],
            Squeeze::Max => vec![plane.iter().copied().fold(f64::NEG_INFINITY, f64::max)],
        };
        let pooled = Image { size: [1, 1], planes: y.planes.iter().map(pool).collect() };
        let reduced = self.conv(&format!("{name}.se.fc1"), &pooled).map(|_, x| x.max(0.0));
        let gate = self.conv(&format!("{name}.se.fc2"), &reduced).map(|_, x| 1.0 / (1.0 + (-x).exp()));
        let mut out = y.map(|c, y| y * gate.planes[c][0]);
        for (out, x) in out.planes.iter_mut().flatten().zip(x.planes.iter().flatten()) {
            *out += x;
        }
        out
    }

    fn pool(x: &Image) -> Image {
        let size = x.size.map(|length| length / 2);
        let mut y = Image::zeros(x.planes.len(), size);
        for (out, plane) in y.planes.iter_mut().zip(&x.planes) {
            for (at, out) in out.iter_mut().enumerate() {
                let (row, column) = (2 * (at / size[1]), 2 * (at % size[1]));
                let four = [(0, 0), (0, 1), (1, 0), (1, 1)];
                let value = |(r, c)| plane[(row + r) * x.size[1] + column + c];
                *out = four.into_iter().map(value).fold(f64::NEG_INFINITY, f64::max);
            }
        }
        y
    }

    fn forward(&self, x: &Image) -> Image {
        let mut features: Vec<Image> = Vec::new();
        for level in 0..self.spec.levels {
            let input = features.last().map_or_else(|| x.clone(), Self::pool);
            let y = self.conv(&format!("encoder.{level}.conv"), &input);
            features.push(self.block(&format!("encoder.{level}.block"), &y));
        }
        let mut y = features.pop().unwrap();
        for (level, skip) in features.into_iter().rev().enumerate() {
            let mut joined = self.transposed(&format!("decoder.{level}.up"), &y, skip.size);
            joined.planes.extend(skip.planes);
            y = self.block(
                &format!("decoder.{level}.block"),
                &self.conv(&format!("decoder.{level}.conv"), &joined),
            );
        }
        self.conv("heads.mask", &self.norm_relu("decoder.bn", &y))
    }
}

/// Values that no initialisation has, so that no part of the network is an identity by chance.
fn stir(network: &Network) {
    for (index, (name, tensor)) in network.weights().all().into_iter().enumerate() {
        let wave = wave(&tensor.size(), 0.7 + 0.01 * index as f64);
        let new = if name.ends_with("running_var") { 1.0 + 0.5 * wave } else { &tensor + 0.3 * wave };
        tch::no_grad(|| tensor.shallow_clone().copy_(&new));
    }
}

#[test]
fn logits_are_those_of_the_formulas() {
    // Halves of 13 x 10 are 6 x 5 and 3 x 2: the way back up reaches odd and even sizes in both directions.
    let (channels, size) = (2, [13, 10]);
    for squeeze in [Squeeze::Mean, Squeeze::Max] {
        let spec = spec(4, 3, squeeze);
        let network = network(&spec, channels, 5);
        stir(&network);
        let x = wave(&[1, 2, 13, 10], 0.91);
        let found = values(&mask(&network, &x));
        let planes = values(&x).chunks(size[0] * size[1]).map(<[f64]>::to_vec).collect();
        let expected = &Plain::of(&network, &spec).forward(&Image { size, planes }).planes[0];
        let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        assert!(largest > 0.1, "the reference says something");
        for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!(
                (found - expected).abs() < 1e-5 * largest,
                "{squeeze:?}, pixel {at}: {found}, expected {expected}"
            );
        }
    }
}

#[test]
fn logits_have_the_size_of_the_image() {
    let network = network(&spec(2, 5, Squeeze::Mean), 3, 1);
    for size in [[101, 101], [128, 128], [128, 101], [37, 90]] {
        let x = wave(&[2, 3, size[0], size[1]], 0.37);
        assert_eq!(mask(&network, &x).size(), [2, 1, size[0], size[1]]);
    }
    let wrong = network.forward(&wave(&[1, 2, 101, 101], 0.37), &Pass::predict()).unwrap_err();
    assert_eq!(wrong.kind(), diapir::ErrorKind::Backend, "{wrong}");
}

#[test]
fn images_of_a_batch_do_not_see_each_other() {
    let network = network(&spec(4, 3, Squeeze::Mean), 1, 2);
    stir(&network);
    let x = wave(&[3, 1, 24, 24], 0.53);
    let together = mask(&network, &x);
    let scale = together.abs().max().double_value(&[]);
    for image in 0..3 {
        let alone = mask(&network, &x.narrow(0, image, 1));
        let difference = (together.narrow(0, image, 1) - alone).abs().max().double_value(&[]);
        assert!(difference < 1e-5 * scale, "image {image}: {difference} of {scale}");
    }
}

#[test]
fn initial_weights_are_he_normal_and_follow_the_seed() {
    let spec = spec(32, 3, Squeeze::Mean);
    let (one, same, other) = (network(&spec, 1, 1), network(&spec, 1, 1), network(&spec, 1, 2));
    for (((name, a), (_, b)), (_, c)) in
        one.weights().trainable().into_iter().zip(same.weights().trainable()).zip(other.weights().trainable())
    {
        assert_eq!(a, b, "{name}: the same seed, the same values");
        if !name.ends_with("weight") || name.contains("bn") {
            continue;
        }
        assert_ne!(a, c, "{name}: another seed, other values");
        let shape = a.size();
        if name.contains("up") || a.numel() < 1000 {
            continue;
        }
        // Standard deviation sqrt(2 / fan in); the estimate from n values scatters by 1 / sqrt(2 n).
        let expected = (2.0 / (shape[1] * shape[2] * shape[3]) as f64).sqrt();
        let found = a.std(true).double_value(&[]);
        let scatter = 5.0 * expected / (2.0 * a.numel() as f64).sqrt();
        assert!((found - expected).abs() < scatter, "{name}: {found}, expected {expected}");
    }
}

#[test]
fn bfloat16_agrees_roughly() {
    let network = network(&spec(8, 3, Squeeze::Mean), 1, 3);
    let x = wave(&[1, 1, 32, 32], 0.41);
    let (exact, rough) = (mask(&network, &x), mask(&network, &x.to_kind(Kind::BFloat16)));
    assert_eq!(rough.kind(), Kind::Float);
    let scale = exact.abs().max().double_value(&[]);
    let difference = (&exact - rough).abs().max().double_value(&[]);
    assert!(difference > 0.0 && difference < 0.05 * scale, "{difference} of {scale}");
}
