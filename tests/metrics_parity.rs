//! The competition metric against values computed with numpy (`make_parity.py`, seed 0, part `metric`).
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::metrics::{Confusion, MeanPrecision, iou, tile_precision};

const PIXELS: usize = 101 * 101;

/// `sin(12.9898 j + 78.233 i + 0.7 seed)` with seed 0.
fn wave(i: usize) -> Vec<f64> {
    (0..PIXELS).map(|j| (12.9898 * j as f64 + 78.233 * i as f64).sin()).collect()
}

/// Target: wave(20 + k) > 0.1 k. Prediction: the wave rolled by k^2 to higher indices, > 0.1 k + 0.01 k.
/// k = 5: both empty; k = 6: target empty; k = 7: prediction empty.
fn case(k: usize) -> Confusion {
    let mut wave = wave(20 + k);
    let level = 0.1 * k as f64;
    let mut target: Vec<bool> = wave.iter().map(|&x| x > level).collect();
    wave.rotate_right(k * k);
    let mut predicted: Vec<bool> = wave.iter().map(|&x| x > level + 0.01 * k as f64).collect();
    if k == 5 || k == 6 {
        target.fill(false);
    }
    if k == 5 || k == 7 {
        predicted.fill(false);
    }
    Confusion::of(&predicted, &target, None).unwrap()
}

/// Score and IoU by numpy. For two empty masks the reference's IoU is 0 by its formula; ours is 1 (`overlap.rs`).
const REFERENCE: [(f64, f64); 8] = [
    (1.0, 1.0),
    (0.5, 0.7472910927456382),
    (0.0, 0.2322400558269365),
    (0.0, 0.005948692526955013),
    (0.3, 0.642714126807564),
    (1.0, 1.0),
    (0.0, 0.0),
    (0.0, 0.0),
];

#[test]
fn scores_are_those_of_numpy() {
    let mut mean = MeanPrecision::default();
    for (k, (score, overlap)) in REFERENCE.into_iter().enumerate() {
        let counts = case(k);
        assert_eq!(counts.total(), PIXELS as u64);
        assert!((tile_precision(&counts) - score).abs() < 1e-12, "case {k}: {}", tile_precision(&counts));
        assert!((iou(&counts) - overlap).abs() < 1e-12, "case {k}: {}", iou(&counts));
        mean.add(&counts);
    }
    assert!((mean.mean().unwrap() - 0.35).abs() < 1e-12);
}
