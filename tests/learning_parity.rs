//! Losses, optimizers, schedules and run-length codes against values computed with PyTorch 2.11 and NumPy
//! (`make_parity.py`, seed 0); those are in `tests/golden/`.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::loss::{
    Hinge, LossSpec, Over, Prediction, Target, bce, focal, lovasz_hinge, soft_dice, symmetric_lovasz,
};
use diapir::train::{AtPlateau, Moment, Optimizer, OptimizerSpec, ParameterGroup, Rule, Schedule, Turn};
use serde_json::Value;
use tch::{Kind, Tensor};

fn golden(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// `sin(12.9898 j + 78.233 i)`.
fn wave(i: usize, count: usize) -> Vec<f64> {
    (0..count).map(|j| (12.9898 * j as f64 + 78.233 * i as f64).sin()).collect()
}

fn tensor(values: impl IntoIterator<Item = f64>, shape: &[i64]) -> Tensor {
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Tensor::from_slice(&values).reshape(shape)
}

/// Three images of 12 x 12; the third has no salt.
const IMAGES: [i64; 4] = [3, 1, 12, 12];
const PIXELS: usize = 3 * 144;

fn labels() -> Vec<f64> {
    let label = |(at, value): (usize, f64)| f64::from(u8::from(value > 0.2 && at < 2 * 144));
    wave(2, PIXELS).into_iter().enumerate().map(label).collect()
}

fn target() -> Tensor {
    tensor(labels(), &IMAGES)
}

fn wrong() -> Tensor {
    tensor(wave(1, PIXELS).into_iter().map(|value| 4.0 * value), &IMAGES)
}

fn mostly_right() -> Tensor {
    let pairs = labels().into_iter().zip(wave(1, PIXELS));
    tensor(pairs.map(|(label, wave)| 3.0 * (2.0 * label - 1.0) + 3.5 * wave), &IMAGES)
}

type Loss = fn(&Tensor, &Tensor) -> Tensor;

#[test]
fn losses_and_their_gradients_are_those_of_pytorch() {
    let reference = golden("losses.json");
    let losses: [(&str, Loss); 6] = [
        ("bce", |x, y| bce(x, y, None).unwrap()),
        ("dice_soft_per_image_eps1", |x, y| soft_dice(x, y, None).unwrap()),
        ("focal_gamma2", |x, y| focal(x, y, 2.0, None).unwrap()),
        ("lovasz_hinge_relu_per_image", |x, y| lovasz_hinge(x, y, Hinge::Relu, None).unwrap()),
        ("lovasz_hinge_elu1_per_image", |x, y| lovasz_hinge(x, y, Hinge::EluPlusOne, None).unwrap()),
        ("symmetric_lovasz_elu1", |x, y| symmetric_lovasz(x, y, Hinge::EluPlusOne, None).unwrap()),
    ];
    for (case, logits) in [("wrong", wrong()), ("mostly_right", mostly_right())] {
        let expected = &reference["values"][case];
        assert_eq!(
            expected.as_object().unwrap().len(),
            losses.len(),
            "every loss of the reference is tested"
        );
        for (name, loss) in losses {
            let logits = logits.copy().set_requires_grad(true);
            let value = loss(&logits, &target());
            value.backward();
            compare(&format!("{name}, {case}"), &expected[name], value.double_value(&[]), &logits.grad());
        }
    }
}

fn compare(name: &str, expected: &Value, loss: f64, gradient: &Tensor) {
    let wanted = expected["loss"].as_f64().unwrap();
    assert!((loss - wanted).abs() < 1e-5 * wanted.abs(), "{name}: loss {loss}, expected {wanted}");
    let found = Vec::<f64>::try_from(gradient.to_kind(Kind::Double).reshape([-1])).unwrap();
    let expected = &expected["grad"];
    let magnitude = found.iter().map(|g| g.abs()).sum::<f64>() / found.len() as f64;
    let wanted = expected["l1"].as_f64().unwrap();
    assert!((magnitude - wanted).abs() < 1e-4 * wanted, "{name}: gradient {magnitude}, expected {wanted}");
    let ends = numbers(&expected["first"]).into_iter().chain(numbers(&expected["last"]));
    let there = found[..16].iter().chain(&found[found.len() - 16..]);
    for (at, (found, wanted)) in there.zip(ends).enumerate() {
        let near = 1e-4 * wanted.abs().max(magnitude);
        assert!((found - wanted).abs() < near, "{name}: gradient {at} is {found}, expected {wanted}");
    }
}

/// A recipe's loss is the weighted sum of its terms, over the mask, the maps of deep supervision and the classifier.
#[test]
fn weighted_losses_add_up() {
    let (logits, other, target) = (wrong(), mostly_right(), target());
    let any_salt = tensor([0.3, -1.2, 0.8], &[3, 1]);
    let any = tensor([1.0, 1.0, 0.0], &[3, 1]);
    let spec = LossSpec {
        bce: 0.2,
        dice: 0.3,
        focal: 0.5,
        symmetric_lovasz: 0.7,
        empty: 0.25,
        deep: 0.4,
        ..LossSpec::default()
    };
    spec.check().unwrap();
    let number = |tensor: Tensor| tensor.double_value(&[]);
    let of_mask = |logits: &Tensor| {
        0.2 * number(bce(logits, &target, None).unwrap())
            + 0.3 * number(soft_dice(logits, &target, None).unwrap())
            + 0.5 * number(focal(logits, &target, 2.0, None).unwrap())
            + 0.7 * number(symmetric_lovasz(logits, &target, Hinge::EluPlusOne, None).unwrap())
    };
    let stages = [other.shallow_clone(), logits.shallow_clone()];
    let prediction = Prediction { mask: &logits, any_salt: Some(&any_salt), stages: &stages };
    let all = Target { label: &target, valid: None };
    let found = number(spec.of(&prediction, &all).unwrap());
    let expected = of_mask(&logits)
        + 0.25 * number(bce(&any_salt, &any, None).unwrap())
        + 0.4 * (of_mask(&other) + of_mask(&logits)) / 2.0;
    assert!((found - expected).abs() < 1e-5 * expected, "{found}, expected {expected}");

    let bare = Prediction { any_salt: None, ..prediction };
    assert!(spec.of(&bare, &all).unwrap_err().to_string().contains("no classifier"));
    let flat = Prediction { stages: &[], ..prediction };
    assert!(spec.of(&flat, &all).unwrap_err().to_string().contains("not supervised deeply"));
    for (bad, word) in [
        (LossSpec { empty: 1.0, ..LossSpec::default() }, "expected a positive one"),
        (LossSpec { bce: 1.0, dice: -0.1, ..LossSpec::default() }, "dice is -0.1"),
        (LossSpec { focal: 1.0, gamma: f64::NAN, ..LossSpec::default() }, "gamma is NaN"),
        (LossSpec { bce: 1.0, smoothing: 1.0, ..LossSpec::default() }, "smoothing is 1"),
    ] {
        assert!(bad.check().unwrap_err().to_string().contains(word), "{word}");
    }
}

/// Over the batch: Dice by its formula, and the Lovasz hinge of three images as that of one image three times as high.
#[test]
fn losses_over_the_batch_take_it_for_one_image() {
    let (logits, target) = (wrong(), target());
    let prediction = Prediction { mask: &logits, any_salt: None, stages: &[] };
    let labels_only = Target { label: &target, valid: None };
    let of = |spec: LossSpec| {
        LossSpec { over: Over::Batch, ..spec }.of(&prediction, &labels_only).unwrap().double_value(&[])
    };
    let probability = wave(1, PIXELS).into_iter().map(|value| 1.0 / (1.0 + (-4.0 * value).exp()));
    let (mut both, mut either) = (0.0, 0.0);
    for (p, y) in probability.zip(labels()) {
        both += p * y;
        either += p + y;
    }
    let expected = 1.0 - (2.0 * both + 1.0) / (either + 1.0);
    let found = of(LossSpec { dice: 1.0, ..LossSpec::default() });
    assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    let high = |tensor: &Tensor| tensor.reshape([1, 1, 36, 12]);
    let expected = lovasz_hinge(&high(&logits), &high(&target), Hinge::Relu, None).unwrap().double_value(&[]);
    let found = of(LossSpec { lovasz: 1.0, hinge: Hinge::Relu, ..LossSpec::default() });
    assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
    let apart = lovasz_hinge(&logits, &target, Hinge::Relu, None).unwrap().double_value(&[]);
    assert!((apart - expected).abs() > 1e-2);
}

/// Pixels without a label change neither the loss nor any gradient, whatever the network says there: the loss of two images with
/// the lower half of each unlabelled is that of the upper halves alone.
#[test]
fn unlabelled_pixels_do_not_count() {
    let spec = LossSpec {
        bce: 1.0,
        focal: 0.5,
        dice: 0.5,
        lovasz: 0.3,
        symmetric_lovasz: 0.2,
        smoothing: 0.1,
        ..LossSpec::default()
    };
    let upper = |tensor: &Tensor| tensor.narrow(2, 0, 6);
    let valid = Tensor::zeros(IMAGES, (Kind::Bool, tch::Device::Cpu));
    let _ = upper(&valid).fill_(1);
    let label = target() * valid.to_kind(Kind::Float);
    let logits = wrong().set_requires_grad(true);
    let prediction = Prediction { mask: &logits, any_salt: None, stages: &[] };
    let masked = spec.of(&prediction, &Target { label: &label, valid: Some(&valid) }).unwrap();
    masked.backward();
    let half = upper(&wrong()).copy().set_requires_grad(true);
    let prediction = Prediction { mask: &half, any_salt: None, stages: &[] };
    let alone = spec.of(&prediction, &Target { label: &upper(&target()), valid: None }).unwrap();
    alone.backward();
    let (a, b) = (masked.double_value(&[]), alone.double_value(&[]));
    assert!((a - b).abs() < 1e-5 * b, "{a}, expected {b}");
    let difference = (upper(&logits.grad()) - half.grad()).abs().max().double_value(&[]);
    assert!(difference < 1e-6, "gradients differ by {difference}");
    assert!(
        logits.grad().narrow(2, 6, 6).abs().max().double_value(&[]) < 1e-9,
        "no gradient without a label"
    );
}

/// Labels y become y (1 - s) + s / 2.
#[test]
fn smoothing_softens_the_labels() {
    let spec = LossSpec { bce: 1.0, smoothing: 0.2, ..LossSpec::default() };
    let logits = wrong();
    let prediction = Prediction { mask: &logits, any_salt: None, stages: &[] };
    let found = spec.of(&prediction, &Target { label: &target(), valid: None }).unwrap().double_value(&[]);
    let soft = target() * 0.8 + 0.1;
    let entropy: Tensor = &soft * logits.log_sigmoid() + (1.0 - &soft) * (-&logits).log_sigmoid();
    let expected = -entropy.mean(Kind::Float).double_value(&[]);
    assert!((found - expected).abs() < 1e-5 * expected, "{found}, expected {expected}");
}

fn adam(weight_decay: f64) -> Rule {
    Rule::Adam { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay }
}

/// The weights after each of 12 steps down `sum(wave(4 + step) w^2)` from `wave(3)`.
#[test]
fn optimizers_step_as_those_of_pytorch() {
    let sgd = |nesterov, weight_decay| Rule::Sgd { momentum: 0.9, nesterov, weight_decay };
    let rules = [
        ("sgd_lr0.01_mom0.9_wd1e-4", sgd(false, 1e-4), 0.01),
        ("sgd_lr0.01_mom0.9_nesterov", sgd(true, 0.0), 0.01),
        ("adam_lr1e-3", adam(0.0), 1e-3),
        ("adam_lr1e-3_wd1e-2", adam(1e-2), 1e-3),
        ("adamw_lr1e-3_wd1e-2", Rule::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 1e-2 }, 1e-3),
    ];
    let reference = golden("optimizers.json");
    assert_eq!(reference["traces"].as_object().unwrap().len(), rules.len());
    for (name, rule, rate) in rules {
        let weight = tensor(wave(3, 8), &[8]).set_requires_grad(true);
        let mut optimizer = Optimizer::new(OptimizerSpec { rule, ..OptimizerSpec::default() });
        for (step, expected) in reference["traces"][name].as_array().unwrap().iter().enumerate() {
            descend(&mut optimizer, &weight, step, rate);
            for (found, expected) in values(&weight).into_iter().zip(numbers(expected)) {
                let near = 1e-5 * expected.abs().max(1e-2);
                assert!((found - expected).abs() < near, "{name}, step {step}: {found}, expected {expected}");
            }
        }
    }
}

fn descend(optimizer: &mut Optimizer, weight: &Tensor, step: usize, rate: f64) {
    let loss = (tensor(wave(4 + step, 8), &[8]) * weight * weight).sum(Kind::Float);
    let gradients = Tensor::run_backward(&[loss], &[weight], false, false);
    optimizer.step(&[("encoder.w".to_owned(), weight.shallow_clone())], gradients, rate).unwrap();
}

fn values(weight: &Tensor) -> Vec<f64> {
    Vec::<f64>::try_from(weight.detach().to_kind(Kind::Double)).unwrap()
}

/// Groups take their own share of the rate and their own decay; clipping keeps the direction and shortens to the limit.
#[test]
fn groups_and_clipping() {
    let plain = Rule::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    let change = |spec: OptimizerSpec| {
        spec.check().unwrap();
        let weight = tensor(wave(3, 8), &[8]).set_requires_grad(true);
        descend(&mut Optimizer::new(spec), &weight, 0, 0.5);
        let change = values(&weight).into_iter().zip(wave(3, 8)).map(|(now, before)| now - before);
        change.collect::<Vec<f64>>()
    };
    let spec = OptimizerSpec { rule: plain, ..OptimizerSpec::default() };
    let whole = change(spec.clone());
    let group = ParameterGroup { prefix: "encoder.".to_owned(), rate: 0.1, ..ParameterGroup::default() };
    let slower = change(OptimizerSpec { groups: vec![group.clone()], ..spec.clone() });
    let norm = |change: &[f64]| change.iter().map(|c| c * c).sum::<f64>().sqrt();
    assert!((norm(&slower) / norm(&whole) - 0.1).abs() < 1e-4);
    let decayed = ParameterGroup { vectors: true, weight_decay: Some(0.1), ..ParameterGroup::default() };
    let decayed = change(OptimizerSpec { groups: vec![decayed], ..spec.clone() });
    for ((found, whole), weight) in decayed.iter().zip(&whole).zip(wave(3, 8)) {
        assert!((found - (whole - 0.5 * 0.1 * weight)).abs() < 1e-6, "{found}");
    }
    let clipped = change(OptimizerSpec { clip: Some(0.02), ..spec.clone() });
    assert!((norm(&clipped) - 0.5 * 0.02).abs() < 1e-6, "{}", norm(&clipped));
    assert!(clipped.iter().zip(&whole).all(|(a, b)| (a / b - clipped[0] / whole[0]).abs() < 1e-3));
    let loose = change(OptimizerSpec { clip: Some(1e3), ..spec.clone() });
    assert_eq!(loose, whole, "short gradients are left alone");
    for (bad, word) in [
        (OptimizerSpec { clip: Some(0.0), ..spec.clone() }, "clip is 0"),
        (
            OptimizerSpec { groups: vec![ParameterGroup { rate: -1.0, ..group }], ..spec.clone() },
            "rate of group",
        ),
        (
            OptimizerSpec {
                rule: Rule::Sgd { momentum: 0.0, nesterov: true, weight_decay: 0.0 },
                ..spec.clone()
            },
            "nesterov needs a momentum",
        ),
        (OptimizerSpec { rule: adam(-1.0), ..spec }, "weight_decay is -1"),
    ] {
        assert!(bad.check().unwrap_err().to_string().contains(word), "{word}");
    }
}

/// Share of the rate at each of the first steps of an epoch of one step.
fn shares(schedule: Schedule, epochs: usize, count: usize) -> Vec<f64> {
    schedule.check().unwrap();
    let at = |step: usize| {
        let moment = Moment { step: step as u64, steps_per_epoch: 1, epochs: epochs as f64, scores: &[] };
        schedule.share(&moment)
    };
    (0..count).map(at).collect()
}

fn follow(name: &str, rate: f64, shares: &[f64], expected: &[f64]) {
    for (step, (share, expected)) in shares.iter().zip(expected).enumerate() {
        let found = rate * share;
        assert!(
            (found - expected).abs() < 1e-5 * expected + 1e-15,
            "{name}, step {step}: {found}, expected {expected}"
        );
    }
}

#[test]
fn schedules_are_those_of_pytorch() {
    let reference = golden("schedules.json");
    let name = "cyclic_triangular2_base1e-4_max1e-2_up10";
    let cyclic = Schedule::Cyclic { half: 10.0, low: 0.01, halving: true };
    follow(name, 1e-2, &shares(cyclic, 70, 70), &numbers(&reference[name]));
    let name = "cosine_warm_restarts_T0=10_eta1e-5";
    let restarts = Schedule::WarmRestarts { cycle: 10.0, growth: 1.0, last: 1e-3 };
    follow(name, 1e-2, &shares(restarts, 45, 45), &numbers(&reference[name]));
    let name = "cosine_T50_eta0";
    let cosine = Schedule::Cosine { last: 0.0 };
    // Beyond its end the reference rises again; a stage does not go beyond its end.
    follow(name, 1e-2, &shares(cosine, 50, 50), &numbers(&reference[name])[..50]);

    let name = "plateau_max_factor0.64_patience3_min1e-8_lr0.01";
    let scores = numbers(&reference["plateau_metric"]);
    let plateau = Schedule::Plateau { factor: 0.64, patience: 3, lowest: 1e-6, then: AtPlateau::GoOn };
    let shares: Vec<f64> = (0..scores.len())
        .map(|epoch| {
            let scores = &scores[..epoch];
            plateau.share(&Moment { step: epoch as u64, steps_per_epoch: 1, epochs: 80.0, scores })
        })
        .collect();
    follow(name, 1e-2, &shares, &numbers(&reference[name]));
    assert!(shares[79] < 0.01, "the reference reduces more than once");
}

#[test]
fn cycles_end_where_the_rate_is_lowest() {
    let ends = |schedule: Schedule, scores: &[f64]| -> Vec<usize> {
        let ends = |epoch: &usize| schedule.turn(*epoch as f64, &scores[..*epoch]) == Turn::CycleEnd;
        (1..=scores.len()).filter(ends).collect()
    };
    let flat = [0.5; 30];
    assert_eq!(ends(Schedule::Cyclic { half: 4.0, low: 0.1, halving: false }, &flat), [8, 16, 24]);
    assert_eq!(ends(Schedule::WarmRestarts { cycle: 10.0, growth: 1.0, last: 0.0 }, &flat), [10, 20, 30]);
    assert_eq!(ends(Schedule::WarmRestarts { cycle: 4.0, growth: 2.0, last: 0.0 }, &flat), [4, 12, 28]);
    assert_eq!(ends(Schedule::Cosine { last: 0.0 }, &flat), [] as [usize; 0]);
    // Three epochs of patience; the second reduction would go below a half: the cycle ends and the rate is whole again.
    let restart = Schedule::Plateau { factor: 0.7, patience: 3, lowest: 0.5, then: AtPlateau::Restart };
    assert_eq!(ends(restart, &flat), [9, 18, 27]);
    let moment = |epoch| Moment { step: 0, steps_per_epoch: 1, epochs: 30.0, scores: &flat[..epoch] };
    let shares: Vec<f64> = [4, 5, 8, 9].map(|epoch| restart.share(&moment(epoch))).to_vec();
    assert_eq!(shares, [1.0, 0.7, 0.7, 1.0]);
    let best = Schedule::Plateau { factor: 0.5, patience: 1, lowest: 0.0, then: AtPlateau::Best };
    let back: Vec<usize> =
        (1..=7).filter(|&epoch| best.turn(epoch as f64, &flat[..epoch]) == Turn::BackToBest).collect();
    assert_eq!(back, [3, 5, 7]);
}

#[test]
fn the_run_length_code_is_that_of_the_challenge() {
    let expected = golden("metric.json")["rle_of(wave(31) > 0.93)"].as_str().unwrap().to_owned();
    let mask: Vec<bool> = wave(31, 101 * 101).into_iter().map(|value| value > 0.93).collect();
    assert_eq!(diapir::tileset::encode(&mask, 101).unwrap(), expected);
    assert_eq!(diapir::tileset::decode(&expected, 101, 101).unwrap(), mask);
}
