//! Augmentation: labels move with their images, nothing leaves its range, and the seed alone decides.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::tiling::{Padding, TileDepth};
use diapir::train::{AugmentSpec, Chance, Elastic, LabelledTile, Shift};

const SIZE: usize = 31;

fn chance(reach: f64) -> Option<Chance> {
    Some(Chance { p: 1.0, reach })
}

/// Brightness from a function of row and column; salt is where it is above 0.
fn tile(value: impl Fn(usize, usize) -> f32) -> LabelledTile {
    let places = (0..SIZE * SIZE).map(|at| (at / SIZE, at % SIZE));
    let amplitude: Vec<f32> = places.map(|(row, column)| value(row, column)).collect();
    LabelledTile {
        label: amplitude.iter().map(|&value| f32::from(u8::from(value > 0.0))).collect(),
        valid: vec![1.0; SIZE * SIZE],
        amplitude,
        depth: TileDepth::Constant(100.0),
    }
}

fn stripes(row: usize, column: usize) -> f32 {
    (0.31 * row as f32 + 0.17 * column as f32).sin()
}

fn changed(
    spec: &AugmentSpec,
    seed: u64,
    epoch: usize,
    number: usize,
    before: &LabelledTile,
) -> LabelledTile {
    spec.check(SIZE, SIZE, Padding::Reflect).unwrap();
    let mut after = before.clone();
    spec.draw(seed, epoch, number).apply(&mut after, SIZE);
    after
}

fn everything() -> AugmentSpec {
    AugmentSpec {
        flip: 0.5,
        shift: Some(Shift { p: 1.0, reach: 9.0, samples: None }),
        rotate: chance(20.0),
        scale: chance(0.3),
        elastic: Some(Elastic { p: 1.0, reach: 4.0, spacing: 8 }),
        brightness: chance(0.3),
        contrast: chance(0.3),
        noise: chance(0.1),
        crop: None,
    }
}

#[test]
fn no_change_is_no_change() {
    let before = tile(stripes);
    assert_eq!(changed(&AugmentSpec::default(), 1, 2, 3, &before), before);
    let never = |spec: AugmentSpec| AugmentSpec {
        flip: 0.0,
        shift: spec.shift.map(|shift| Shift { p: 0.0, ..shift }),
        rotate: spec.rotate.map(|chance| Chance { reach: 0.0, ..chance }),
        scale: spec.scale.map(|chance| Chance { reach: 0.0, ..chance }),
        elastic: spec.elastic.map(|elastic| Elastic { p: 0.0, ..elastic }),
        brightness: spec.brightness.map(|chance| Chance { p: 0.0, ..chance }),
        contrast: spec.contrast.map(|chance| Chance { p: 0.0, ..chance }),
        noise: spec.noise.map(|chance| Chance { p: 0.0, ..chance }),
        crop: None,
    };
    assert_eq!(changed(&never(everything()), 1, 2, 3, &before), before);
}

#[test]
fn a_flip_mirrors_along_the_traces() {
    let before = tile(stripes);
    let after = changed(&AugmentSpec { flip: 1.0, ..AugmentSpec::default() }, 1, 1, 1, &before);
    for row in 0..SIZE {
        for column in 0..SIZE {
            let (here, there) = (row * SIZE + column, row * SIZE + SIZE - 1 - column);
            assert_eq!(
                (after.amplitude[here], after.label[here]),
                (before.amplitude[there], before.label[there])
            );
        }
    }
}

/// Seed, epoch and tile decide, nothing else; each of them matters.
#[test]
fn the_same_draw_gives_the_same_tile() {
    let (spec, before) = (everything(), tile(stripes));
    let first = changed(&spec, 7, 3, 5, &before);
    assert_eq!(changed(&spec, 7, 3, 5, &before), first);
    for (seed, epoch, number) in [(8, 3, 5), (7, 4, 5), (7, 3, 6)] {
        assert_ne!(changed(&spec, seed, epoch, number, &before), first);
    }
    let shifts: Vec<[isize; 2]> = (0..200).map(|number| spec.draw(7, 0, number).shift).collect();
    assert!(shifts.iter().flatten().all(|shift| shift.abs() <= 9), "{shifts:?}");
    assert!(shifts.iter().any(|shift| shift[0] > 5) && shifts.iter().any(|shift| shift[1] < -5));
    let along = AugmentSpec { shift: Some(Shift { p: 1.0, reach: 9.0, samples: Some(2.0) }), ..spec };
    let shifts: Vec<[isize; 2]> = (0..200).map(|number| along.draw(7, 0, number).shift).collect();
    let farthest = |axis: usize| shifts.iter().map(|shift| shift[axis].abs()).max();
    assert_eq!([farthest(0), farthest(1)], [Some(9), Some(2)]);
}

/// Image and label are interpolated alike: with an image of -1 and 1, salt is exactly where the moved image is above 0.
#[test]
fn labels_move_with_their_images() {
    let spec = AugmentSpec { brightness: None, contrast: None, noise: None, ..everything() };
    let before = tile(|row, column| if stripes(row, column) > 0.2 { 1.0 } else { -1.0 });
    for number in 0..40 {
        let after = changed(&spec, 1, 0, number, &before);
        for (amplitude, label) in after.amplitude.iter().zip(&after.label) {
            assert!(*amplitude >= -1.0 && *amplitude <= 1.0);
            // At exactly half and half rounding decides.
            assert!(amplitude.abs() < 1e-5 || f32::from(u8::from(*amplitude > 0.0)) == *label);
        }
    }
}

/// On a ramp of one unit per pixel, the value that arrives tells where it came from.
#[test]
fn nothing_moves_further_than_its_reach() {
    let ramp = tile(|_, column| column as f32 / SIZE as f32);
    let elastic =
        AugmentSpec { elastic: Some(Elastic { p: 1.0, reach: 3.0, spacing: 6 }), ..AugmentSpec::default() };
    let mut furthest = 0.0f32;
    for number in 0..30 {
        let after = changed(&elastic, 2, 0, number, &ramp);
        for (after, before) in after.amplitude.iter().zip(&ramp.amplitude) {
            furthest = furthest.max((after - before).abs() * SIZE as f32);
        }
    }
    assert!((1.0..=3.001).contains(&furthest), "{furthest} pixels");
    // A small rotation of a ramp about its middle by at most a degree: at most the half diagonal times its sine.
    let rotate = AugmentSpec { rotate: chance(1.0), ..AugmentSpec::default() };
    let most = (SIZE as f32 / 2.0) * 2f32.sqrt() * 1f32.to_radians().sin();
    for number in 0..30 {
        let after = changed(&rotate, 2, 0, number, &ramp);
        let middle = (SIZE / 2) * SIZE + SIZE / 2;
        assert!((after.amplitude[middle] - ramp.amplitude[middle]).abs() < 1e-6, "the middle stays");
        for (after, before) in after.amplitude.iter().zip(&ramp.amplitude) {
            assert!((after - before).abs() * SIZE as f32 <= most + 1e-3);
        }
    }
}

#[test]
fn tones_change_brightness_alone() {
    let before = tile(|row, column| 0.5 * stripes(row, column));
    let tone = AugmentSpec { brightness: chance(0.2), contrast: chance(0.2), ..AugmentSpec::default() };
    let after = changed(&tone, 3, 0, 1, &before);
    assert_eq!((&after.label, &after.valid), (&before.label, &before.valid));
    // A straight line maps old values to new ones.
    let pair = |at: usize| (f64::from(before.amplitude[at]), f64::from(after.amplitude[at]));
    let ((x0, y0), (x1, y1)) = (pair(0), pair(SIZE * SIZE / 2));
    let slope = (y1 - y0) / (x1 - x0);
    assert!((0.8..=1.2).contains(&slope), "{slope}");
    for at in 0..SIZE * SIZE {
        let (x, y) = pair(at);
        assert!((y - (y0 + slope * (x - x0))).abs() < 1e-5);
    }
    let noisy = changed(&AugmentSpec { noise: chance(0.1), ..AugmentSpec::default() }, 3, 0, 1, &before);
    let difference = noisy.amplitude.iter().zip(&before.amplitude).map(|(a, b)| f64::from(a - b));
    let deviation = (difference.map(|d| d * d).sum::<f64>() / (SIZE * SIZE) as f64).sqrt();
    assert!((deviation - 0.1).abs() < 0.01, "{deviation}");
}

#[test]
fn settings_without_a_meaning_are_refused() {
    let refuse = |spec: AugmentSpec, words: &str| {
        let error = spec.check(SIZE, SIZE + 5, Padding::Reflect).unwrap_err();
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
    };
    let none = AugmentSpec::default();
    refuse(AugmentSpec { flip: 1.5, ..none }, "flip is 1.5");
    let shift = |reach, samples| AugmentSpec { shift: Some(Shift { p: 1.0, reach, samples }), ..none };
    refuse(shift(99.0, Some(0.0)), "shift.reach is 99");
    refuse(shift(0.0, Some(-1.0)), "shift.samples is -1");
    refuse(AugmentSpec { noise: Some(Chance { p: -0.1, reach: 0.1 }), ..none }, "noise.p is -0.1");
    refuse(AugmentSpec { elastic: Some(Elastic { p: 1.0, reach: 2.0, spacing: 1 }), ..none }, "spacing is 1");
    refuse(AugmentSpec { crop: Some(SIZE), ..none }, "crop is 31, expected 36..=61");
    let inpainted = Padding::Biharmonic { canvas: 40 };
    let error = AugmentSpec { crop: Some(41), ..none }.check(SIZE, SIZE + 5, inpainted).unwrap_err();
    assert!(error.to_string().contains("crop is 41, expected 36..=40"), "{error}");
}
