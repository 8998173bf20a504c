//! Losses, optimizer and schedule against values computed with PyTorch 2.11 (`make_parity.py`, seed 0, parts
//! `losses`, `optimizers` and `schedules`).
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::loss::{Hinge, LossSpec, Prediction, bce, focal, lovasz_hinge, soft_dice, symmetric_lovasz};
use diapir::train::{Adam, AdamOptions, Schedule};
use tch::{Device, Tensor};

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

fn target() -> Vec<f64> {
    let label = |(at, value): (usize, f64)| f64::from(u8::from(value > 0.2 && at < 2 * 144));
    wave(2, PIXELS).into_iter().enumerate().map(label).collect()
}

fn wrong() -> Tensor {
    tensor(wave(1, PIXELS).into_iter().map(|value| 4.0 * value), &IMAGES)
}

fn mostly_right() -> Tensor {
    // The reference adds in float32's image of 4 wave, then scales: the same to rounding.
    let pairs = target().into_iter().zip(wave(1, PIXELS));
    tensor(pairs.map(|(label, wave)| 3.0 * (2.0 * label - 1.0) + 3.5 * wave), &IMAGES)
}

struct Reference {
    loss: f64,
    /// Of the gradient: mean, standard deviation (n - 1), mean magnitude.
    gradient: [f64; 3],
    first: [f64; 8],
}

fn check(name: &str, logits: &Tensor, loss: impl Fn(&Tensor, &Tensor) -> Tensor, expected: &Reference) {
    let logits = logits.copy().set_requires_grad(true);
    let value = loss(&logits, &tensor(target(), &IMAGES));
    value.backward();
    let found = value.double_value(&[]);
    assert!((found - expected.loss).abs() < 1e-6 * (1.0 + expected.loss), "{name}: loss {found}");
    let gradient = Vec::<f64>::try_from(logits.grad().to_kind(tch::Kind::Double).reshape([-1])).unwrap();
    let count = gradient.len() as f64;
    let mean = gradient.iter().sum::<f64>() / count;
    let deviation = (gradient.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let magnitude = gradient.iter().map(|g| g.abs()).sum::<f64>() / count;
    for (found, expected) in [mean, deviation, magnitude].into_iter().zip(expected.gradient) {
        assert!((found - expected).abs() < 1e-7, "{name}: gradient {found}, expected {expected}");
    }
    for (at, (found, expected)) in gradient.iter().zip(expected.first).enumerate() {
        assert!(
            (found - expected).abs() < 1e-7,
            "{name}: gradient of pixel {at} is {found}, expected {expected}"
        );
    }
}

#[test]
fn binary_cross_entropy_is_that_of_pytorch() {
    let loss = |logits: &Tensor, target: &Tensor| bce(logits, target).unwrap();
    check(
        "wrong",
        &wrong(),
        loss,
        &Reference {
            loss: 2.223_611_593_246_46,
            gradient: [4.781_630_210_951_941e-4, 1.797_103_671_742_747_1e-3, 1.698_001_673_402_258_2e-3],
            first: [
                1.782_321_021_892_130_4e-3,
                8.928_393_363_021_314e-4,
                -2.052_365_336_567_163_5e-3,
                -2.231_251_215_562_224_4e-3,
                -2.270_330_907_776_952e-3,
                -2.268_244_279_548_526e-3,
                -2.219_941_001_385_450_4e-3,
                -2.003_735_629_841_685_3e-3,
            ],
        },
    );
    check(
        "mostly right",
        &mostly_right(),
        loss,
        &Reference {
            loss: 0.409_648_150_205_612_2,
            gradient: [1.503_600_930_953_455_9e-4, 8.534_762_468_542_583e-4, 6.857_526_376_601_678e-4],
            first: [
                2.901_118_132_285_774e-4,
                7.423_736_678_902_06e-5,
                -5.356_589_681_468_904e-4,
                -1.084_657_502_360_642e-3,
                -1.408_550_771_884_620_2e-3,
                -1.385_890_180_245_041_8e-3,
                -1.018_383_307_382_464_4e-3,
                -4.689_831_403_104_099_3e-4,
            ],
        },
    );
}

#[test]
fn lovasz_hinges_are_those_of_pytorch() {
    let relu = |logits: &Tensor, target: &Tensor| lovasz_hinge(logits, target, Hinge::Relu).unwrap();
    let elu = |logits: &Tensor, target: &Tensor| lovasz_hinge(logits, target, Hinge::EluPlusOne).unwrap();
    let wrong_gradient = [1.680_377_366_205_397_7e-4, 1.622_347_465_734_160_6e-2, 2.314_814_879_477_361_7e-3];
    let wrong_first = [
        2.258_022_723_253_816_4e-4,
        0.0,
        -3.030_300_140_380_859_4e-3,
        -3.662_983_654_066_920_3e-3,
        -4.566_212_650_388_479e-3,
        -4.329_006_187_617_779e-3,
        -3.508_766_647_428_274e-3,
        -2.923_965_454_101_562_5e-3,
    ];
    let expected = Reference { loss: 4.436_850_547_790_527, gradient: wrong_gradient, first: wrong_first };
    check("wrong, relu", &wrong(), relu, &expected);
    let expected = Reference { loss: 5.436_850_070_953_369, ..expected };
    check("wrong, elu + 1", &wrong(), elu, &expected);
    check(
        "mostly right, relu",
        &mostly_right(),
        relu,
        &Reference {
            loss: 1.111_860_394_477_844_2,
            gradient: [3.832_700_224_140_555_4e-4, 1.619_822_713_419_122_7e-2, 2.039_426_328_405_238e-3],
            first: [
                0.0,
                0.0,
                0.0,
                -3.662_983_654_066_920_3e-3,
                -4.566_212_650_388_479e-3,
                -4.329_006_187_617_779e-3,
                -3.508_766_647_428_274e-3,
                0.0,
            ],
        },
    );
    check(
        "mostly right, elu + 1",
        &mostly_right(),
        elu,
        &Reference {
            loss: 2.053_759_813_308_716,
            gradient: [2.787_579_042_899_534_4e-4, 1.620_816_139_644_729_7e-2, 2.180_322_667_526_908e-3],
            first: [
                8.794_818_859_314_546e-5,
                0.0,
                -2.480_015_857_145_190_2e-3,
                -3.662_983_654_066_920_3e-3,
                -4.566_212_650_388_479e-3,
                -4.329_006_187_617_779e-3,
                -3.508_766_647_428_274e-3,
                -2.019_443_782_046_437_3e-3,
            ],
        },
    );
}

/// Per image, smoothed by 1.
#[test]
fn soft_dice_is_that_of_pytorch() {
    let dice = |logits: &Tensor, target: &Tensor| soft_dice(logits, target).unwrap();
    check(
        "wrong, Dice",
        &wrong(),
        dice,
        &Reference {
            loss: 0.925950825214386,
            gradient: [-9.09498437967163e-05, 0.00024745423414048216, 0.00011372198960525861],
            first: [
                4.8908266762737185e-05,
                6.542552728205919e-05,
                -0.0004615607613231987,
                -0.00015976936265360564,
                -8.654056000523269e-05,
                -9.051676170201972e-05,
                -0.00018047488993033767,
                -0.0005341210053302348,
            ],
        },
    );
    check(
        "mostly right, Dice",
        &mostly_right(),
        dice,
        &Reference {
            loss: 0.5833397507667542,
            gradient: [-0.00010112639636222159, 0.00044395616775270145, 0.00032802191512307336],
            first: [
                0.0001722969755064696,
                4.879029802395962e-05,
                -0.0006191121065057814,
                -0.000866802642121911,
                -0.0008292666752822697,
                -0.0008363273227587342,
                -0.0008576849359087646,
                -0.0005623624310828745,
            ],
        },
    );
}

/// With gamma 2.
#[test]
fn the_focal_loss_is_that_of_pytorch() {
    let focused = |logits: &Tensor, target: &Tensor| focal(logits, target, 2.0).unwrap();
    check(
        "wrong, focal",
        &wrong(),
        focused,
        &Reference {
            loss: 1.9213954210281372,
            gradient: [0.00046886887139882435, 0.002052659250449812, 0.0018429798878511626],
            first: [
                0.0019844425842165947,
                0.0003389934136066586,
                -0.002511650323867798,
                -0.0025888190139085054,
                -0.0025221246760338545,
                -0.0025272229686379433,
                -0.002599186496809125,
                -0.002437005052343011,
            ],
        },
    );
    check(
        "mostly right, focal",
        &mostly_right(),
        focused,
        &Reference {
            loss: 0.10731163620948792,
            gradient: [7.399766853225621e-05, 0.000591480668102756, 0.00039044697995458706],
            first: [
                1.307392813032493e-05,
                2.2658899467842275e-07,
                -7.883211219450459e-05,
                -0.0005796460318379104,
                -0.0011508783791214228,
                -0.0011048103915527463,
                -0.0004880333144683391,
                -5.355713074095547e-05,
            ],
        },
    );
}

/// With elu + 1.
#[test]
fn the_symmetric_lovasz_hinge_is_that_of_pytorch() {
    let symmetric =
        |logits: &Tensor, target: &Tensor| symmetric_lovasz(logits, target, Hinge::EluPlusOne).unwrap();
    check(
        "wrong, symmetric",
        &wrong(),
        symmetric,
        &Reference {
            loss: 4.70919132232666,
            gradient: [0.0006457995823270552, 0.008331957262878784, 0.002184932387518967],
            first: [
                0.0013566911220550537,
                0.0011574029922485352,
                -0.0018692811718210578,
                -0.0026103060226887465,
                -0.003864675760269165,
                -0.0035585961304605007,
                -0.0024355053901672363,
                -0.0017601351719349623,
            ],
        },
    );
    check(
        "mostly right, symmetric",
        &mostly_right(),
        symmetric,
        &Reference {
            loss: 1.6755297183990479,
            gradient: [0.0004786745926750242, 0.008314889596207901, 0.0018796092172566306],
            first: [
                0.0005284203798510134,
                0.00010424174251966178,
                -0.0015298309735953808,
                -0.0026103060226887465,
                -0.003864675760269165,
                -0.0035585961304605007,
                -0.0024355053901672363,
                -0.0012156415032222867,
            ],
        },
    );
}

/// A recipe's loss is the weighted sum of its terms, over the mask, the maps of deep supervision and the classifier.
#[test]
fn weighted_losses_add_up() {
    let (logits, other, target) = (wrong(), mostly_right(), tensor(target(), &IMAGES));
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
        0.2 * number(bce(logits, &target).unwrap())
            + 0.3 * number(soft_dice(logits, &target).unwrap())
            + 0.5 * number(focal(logits, &target, 2.0).unwrap())
            + 0.7 * number(symmetric_lovasz(logits, &target, Hinge::EluPlusOne).unwrap())
    };
    let stages = [other.shallow_clone(), logits.shallow_clone()];
    let prediction = Prediction { mask: &logits, any_salt: Some(&any_salt), stages: &stages };
    let found = number(spec.of(&prediction, &target).unwrap());
    let expected = of_mask(&logits)
        + 0.25 * number(bce(&any_salt, &any).unwrap())
        + 0.4 * (of_mask(&other) + of_mask(&logits)) / 2.0;
    assert!((found - expected).abs() < 1e-5 * expected, "{found}, expected {expected}");

    let bare = Prediction { any_salt: None, ..prediction };
    assert!(spec.of(&bare, &target).unwrap_err().to_string().contains("no classifier"));
    let flat = Prediction { stages: &[], ..prediction };
    assert!(spec.of(&flat, &target).unwrap_err().to_string().contains("not supervised deeply"));
    for (bad, word) in [
        (LossSpec { empty: 1.0, ..LossSpec::default() }, "expected a positive one"),
        (LossSpec { bce: 1.0, dice: -0.1, ..LossSpec::default() }, "dice is -0.1"),
        (LossSpec { focal: 1.0, gamma: f64::NAN, ..LossSpec::default() }, "gamma is NaN"),
    ] {
        assert!(bad.check().unwrap_err().to_string().contains(word), "{word}");
    }
}

/// The weights after each of 12 steps down `sum(wave(4 + step) w^2)` from `wave(3)`, learning rate 0.001.
fn adam(weight_decay: f64) -> Vec<Vec<f64>> {
    let weight = tensor(wave(3, 8), &[8]).set_requires_grad(true);
    let mut adam = Adam::new(AdamOptions { weight_decay, ..AdamOptions::default() });
    let step = |step: usize| {
        let mut gradient = weight.grad();
        if gradient.defined() {
            let _ = gradient.zero_();
        }
        (tensor(wave(4 + step, 8), &[8]) * &weight * &weight).sum(tch::Kind::Float).backward();
        adam.step(&[("w".to_owned(), weight.shallow_clone())], |_| 1e-3).unwrap();
        Vec::<f64>::try_from(weight.detach().to_device(Device::Cpu).to_kind(tch::Kind::Double)).unwrap()
    };
    (0..12).map(step).collect()
}

fn close(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 3e-7, "{found}, expected {expected}");
    }
}

#[test]
fn adam_is_that_of_pytorch() {
    let first = [
        0.796_873_569_488_525_4,
        0.477_807_879_447_937,
        0.074_523_843_824_863_43,
        -0.341_746_717_691_421_5,
        -0.697_478_055_953_979_5,
        -0.929_837_465_286_254_9,
        -0.997_783_482_074_737_5,
        -0.889_314_770_698_547_4,
    ];
    let plain = adam(0.0);
    close(&plain[0], &first);
    close(
        &plain[11],
        &[
            0.797_548_115_253_448_5,
            0.478_235_781_192_779_54,
            0.074_569_649_994_373_32,
            -0.340_918_153_524_398_8,
            -0.696_341_216_564_178_5,
            -0.928_737_878_799_438_5,
            -0.996_829_688_549_041_7,
            -0.888_547_420_501_709,
        ],
    );
    let decayed = adam(1e-2);
    close(&decayed[0], &first);
    close(
        &decayed[11],
        &[
            0.797_480_285_167_694_1,
            0.478_167_802_095_413_2,
            0.074_494_473_636_150_36,
            -0.340_829_789_638_519_3,
            -0.696_235_418_319_702_1,
            -0.928_647_816_181_182_9,
            -0.996_752_619_743_347_2,
            -0.888_478_040_695_190_4,
        ],
    );
}

#[test]
fn the_cosine_is_that_of_pytorch() {
    let cosine = Schedule::Cosine { warmup: 0.0, last: 0.0 };
    let expected = [
        (0, 0.01),
        (1, 0.009_990_133_642_141_357),
        (10, 0.009_045_084_971_874_737),
        (25, 0.005),
        (40, 0.000_954_915_028_125_263_6),
        (49, 9.866_357_858_642_208e-6),
    ];
    for (step, rate) in expected {
        assert!((0.01 * cosine.share(step, 50) - rate).abs() < 1e-12, "step {step}");
    }
    let warm = Schedule::Cosine { warmup: 0.2, last: 0.1 };
    let shares: Vec<f64> = (0..50).map(|step| warm.share(step, 50)).collect();
    assert!((shares[0] - 0.1).abs() < 1e-12 && (shares[9] - 1.0).abs() < 1e-12, "ten steps of warming up");
    assert!(shares[9..].is_sorted_by(|a, b| a >= b), "falls after the warming up");
    assert!((warm.share(50, 50) - 0.1).abs() < 1e-12, "ends at the last share");
    assert!((Schedule::Constant.share(7, 9) - 1.0).abs() < f64::EPSILON);
}
