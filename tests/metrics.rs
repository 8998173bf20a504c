//! Metrics with answers known in closed form.
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::ErrorKind;
use diapir::metrics::{
    Confusion, LogitHistogram, MeanPrecision, PrecisionSweep, SeamFigure, SectionView, ThresholdSweep, dice,
    iou, scaled_threshold, tile_precision, two_class_iou,
};

fn counts(tp: u64, fp: u64, fn_: u64, tn: u64) -> Confusion {
    Confusion { true_positive: tp, false_positive: fp, false_negative: fn_, true_negative: tn }
}

#[test]
fn confusion_counts_each_kind_and_leaves_out_the_unknown() {
    let predicted = [true, true, false, false, true, false];
    let target = [true, false, true, false, true, true];
    let all = Confusion::of(&predicted, &target, None).unwrap();
    assert_eq!(all, counts(2, 1, 2, 1));
    let valid = [true, true, true, true, false, false];
    let known = Confusion::of(&predicted, &target, Some(&valid)).unwrap();
    assert_eq!(known, counts(1, 1, 1, 1));
    assert_eq!((all.accuracy(), all.precision(), all.recall()), (Some(0.5), Some(2.0 / 3.0), Some(0.5)));
    let empty = Confusion::default();
    assert_eq!((empty.accuracy(), empty.precision(), empty.recall()), (None, None, None));
    let mut merged = known;
    merged += Confusion::of(&predicted[4..], &target[4..], None).unwrap();
    assert_eq!(merged, all);
    let refused = Confusion::of(&predicted, &target[1..], None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    assert!(Confusion::of(&predicted, &target, Some(&valid[1..])).is_err());
}

#[test]
fn overlap_figures() {
    let c = counts(3, 2, 1, 94);
    assert_eq!((iou(&c), dice(&c)), (0.5, 6.0 / 9.0));
    assert_eq!(two_class_iou(&c), 0.5 * (0.5 + 94.0 / 97.0));
    // Dice = 2 IoU / (1 + IoU).
    assert!((dice(&c) - 2.0 * iou(&c) / (1.0 + iou(&c))).abs() < 1e-15);
    let both_empty = counts(0, 0, 0, 9);
    assert_eq!((iou(&both_empty), dice(&both_empty)), (1.0, 1.0));
    assert_eq!(two_class_iou(&both_empty), 1.0);
    for one_empty in [counts(0, 1, 0, 8), counts(0, 0, 1, 8)] {
        assert_eq!((iou(&one_empty), dice(&one_empty)), (0.0, 0.0));
    }
}

#[test]
fn precision_is_strict_at_every_threshold() {
    // IoU exactly (10 + k) / 20 exceeds k thresholds; one pixel in 20,000 more exceeds k + 1.
    for k in 0..10u64 {
        let exact = counts(10 + k, 10 - k, 0, 0);
        assert_eq!(tile_precision(&exact), k as f64 / 10.0, "IoU {}", iou(&exact));
        let above = counts((10 + k) * 1000 + 1, (10 - k) * 1000 - 1, 0, 0);
        assert_eq!(tile_precision(&above), (k + 1) as f64 / 10.0);
    }
    assert_eq!(tile_precision(&counts(0, 0, 0, 5)), 1.0);
    assert_eq!(tile_precision(&counts(0, 1, 0, 5)), 0.0);
    assert_eq!(tile_precision(&counts(0, 0, 1, 5)), 0.0);
}

#[test]
fn mean_precision_merges() {
    let tiles = [counts(1, 0, 0, 0), counts(3, 1, 0, 0), counts(0, 0, 4, 0)];
    let mut whole = MeanPrecision::default();
    assert_eq!(whole.mean(), None);
    tiles.iter().for_each(|tile| whole.add(tile));
    let (mut a, mut b) = (MeanPrecision::default(), MeanPrecision::default());
    b.add(&tiles[1]);
    b.add(&tiles[2]);
    a.add(&tiles[0]);
    a.merge(&b);
    assert_eq!((a, a.tiles()), (whole, 3));
    assert_eq!(whole.mean(), Some(0.5)); // (1 + 0.5 + 0) / 3: IoU 0.75 exceeds 0.50 .. 0.70
}

/// A section of `traces` x `samples` with this value at (trace, sample).
fn section(traces: usize, samples: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    (0..traces * samples).map(|k| value(k / samples, k % samples)).collect()
}

fn seam(data: &[f32], live: &[bool], trace_borders: &[usize], sample_borders: &[usize]) -> SeamFigure {
    let mut figure = SeamFigure::default();
    let view = SectionView { samples: data.len() / live.len(), live, data };
    figure.add(&view, trace_borders, sample_borders).unwrap();
    figure
}

#[test]
fn seams_compare_each_axis_with_itself() {
    let live = [true; 9];
    // Slopes of 1 and 1/8 per step: no seam, although samples change 8 times less.
    let plane = section(9, 12, |t, s| t as f32 + s as f32 / 8.0);
    assert_eq!(seam(&plane, &live, &[4], &[2, 5, 9]).ratio(), Some(1.0));
    // A step of 2 more at trace 4: jumps of 3 against 1.
    let step = section(9, 12, |t, s| t as f32 + if t >= 4 { 2.0 } else { 0.0 } + s as f32 / 8.0);
    assert_eq!(seam(&step, &live, &[4], &[]).ratio(), Some(3.0));
    // The same step, not at a border: 12 border jumps of 1, elsewhere (6 x 1 + 3) / 7.
    let ratio = seam(&step, &live, &[5], &[]).ratio().unwrap();
    assert!((ratio - 7.0 / 9.0).abs() < 1e-12, "{ratio}");
    // Sample border with a step of 1/8 more: twice the rest.
    let lower = section(9, 12, |_, s| (s + usize::from(s >= 6)) as f32 / 8.0);
    assert_eq!(seam(&lower, &live, &[], &[6]).ratio(), Some(2.0));
}

#[test]
fn seams_without_anything_to_compare() {
    let live = [true; 4];
    let constant = section(4, 3, |_, _| 0.5);
    assert_eq!(seam(&constant, &live, &[], &[]).ratio(), None);
    assert_eq!(seam(&constant, &live, &[2], &[]).ratio(), Some(1.0));
    assert_eq!(seam(&constant, &live, &[1, 2, 3], &[]).ratio(), None);
    let step = section(4, 3, |t, _| f32::from(u8::from(t >= 2)));
    assert_eq!(seam(&step, &live, &[2], &[]).ratio(), Some(f64::INFINITY));
    let short = SectionView { samples: 3, live: &live, data: &constant[1..] };
    assert!(SeamFigure::default().add(&short, &[], &[]).is_err());
}

#[test]
fn seams_ignore_dead_traces_and_merge() {
    let mut live = [true; 9];
    live[2] = false;
    let wild = section(9, 12, |t, s| if t == 2 { 1e6 } else { (t * t) as f32 + (s * s) as f32 / 8.0 });
    let calm = section(9, 12, |t, s| if t == 2 { 0.0 } else { (t * t) as f32 + (s * s) as f32 / 8.0 });
    assert_eq!(seam(&wild, &live, &[2, 5], &[4]), seam(&calm, &live, &[2, 5], &[4]));
    // Squares: the jump into trace t is 2 t - 1. Border 5: 9; elsewhere 1 (t=1), 7 (4), 11 (6), 13, 15.
    let expected = 9.0 / ((1.0 + 7.0 + 11.0 + 13.0 + 15.0) / 5.0);
    let ratio = seam(&calm, &live, &[5], &[]).ratio().unwrap();
    assert!((ratio - expected).abs() < 1e-12);
    let mut merged = seam(&calm, &live, &[5], &[]);
    merged.merge(&seam(&section(9, 12, |t, _| t as f32), &[true; 9], &[5], &[]));
    // 12 jumps per trace pair: borders 9 and 1; elsewhere 47 over 5 pairs and 7 over 7.
    let expected = ((9.0 + 1.0) / 2.0) / ((47.0 + 7.0) / 12.0);
    assert!((merged.ratio().unwrap() - expected).abs() < 1e-12);
}

#[test]
fn sweep_counts_as_the_comparison_does() {
    let probabilities: Vec<f32> = (0..4000u32).map(|k| ((k * 4003) % 8192) as f32 / 8192.0).collect();
    let target: Vec<bool> = (0..4000).map(|k| k % 3 == 0).collect();
    let valid: Vec<bool> = (0..4000).map(|k| k % 7 != 0).collect();
    let (mut sweep, mut second) = (ThresholdSweep::default(), ThresholdSweep::default());
    sweep.add(&probabilities[..1500], &target[..1500], Some(&valid[..1500])).unwrap();
    second.add(&probabilities[1500..], &target[1500..], Some(&valid[1500..])).unwrap();
    sweep.merge(&second);
    let curve = sweep.curve();
    assert_eq!(curve.len(), 1024);
    for (threshold, counts) in curve {
        let predicted: Vec<bool> = probabilities.iter().map(|&p| p > threshold).collect();
        assert_eq!(counts, Confusion::of(&predicted, &target, Some(&valid)).unwrap(), "{threshold}");
    }
}

#[test]
fn best_threshold_is_the_middle_of_the_gap() {
    let mut sweep = ThresholdSweep::default();
    assert_eq!(sweep.best_iou(), None);
    // Salt at 0.75 and above, the rest at 0.25 and below: thresholds 256..=767 of 1024 are perfect.
    let probabilities = [0.0, 0.125, 0.25, 0.75, 0.875, 1.0];
    let target = [false, false, false, true, true, true];
    sweep.add(&probabilities, &target, None).unwrap();
    let best = sweep.best_iou().unwrap();
    assert_eq!((best.threshold, best.score), (511.0 / 1024.0, 1.0));
    assert_eq!(sweep.best_dice(), Some(best));
    // One false alarm at 0.8 more: below it IoU is 3/4, above it 2/3.
    sweep.add(&[0.8], &[false], None).unwrap();
    assert_eq!(sweep.best_iou().unwrap().score, 0.75);
    assert_eq!(sweep.best_dice().unwrap().score, 6.0 / 7.0);
    // Odd values land at the ends, not outside.
    sweep.add(&[f32::NAN, -1.0, 2.0], &[false, false, true], None).unwrap();
    assert_eq!(sweep.curve()[0].1, counts(4, 3, 0, 3));
}

#[test]
fn precision_sweep_scores_tile_by_tile() {
    let mut sweep = PrecisionSweep::default();
    assert_eq!(sweep.best(), None);
    // An empty tile with noise at 0.5 needs a threshold of 0.5 or more; a salt tile at 0.625 one below.
    let mut other = PrecisionSweep::default();
    sweep.add_tile(&[0.5, 0.0], &[false, false], None).unwrap();
    other.add_tile(&[0.625, 0.0], &[true, false], None).unwrap();
    sweep.merge(&other);
    let best = sweep.best().unwrap();
    assert_eq!(best.score, 1.0);
    assert!((0.5..0.625).contains(&best.threshold), "{}", best.threshold);
    let curve = sweep.curve();
    assert_eq!((curve[0].1, curve[511].1, curve[512].1, curve[640].1), (0.5, 0.5, 1.0, 0.5));
}

/// Pixels that are salt as often as the logit divided by T says: T is found again, and no other fits better.
#[test]
fn the_temperature_of_known_probabilities_is_found() {
    for truth in [0.4, 1.0, 2.5] {
        let mut histogram = LogitHistogram::default();
        for step in -80..=80 {
            let logit = f64::from(step) * 0.1;
            let given = (1.0 / (1.0 + (-logit).exp())) as f32;
            let salt = (1000.0 / (1.0 + (-logit / truth).exp())).round() as usize;
            (0..1000).for_each(|pixel| histogram.add(given, pixel < salt));
        }
        let found = histogram.temperature().unwrap();
        assert!((found / truth - 1.0).abs() < 0.02, "{found}, expected {truth}");
        let loss = |temperature| histogram.cross_entropy(temperature).unwrap();
        assert!([0.5, 0.9, 1.1, 2.0].iter().all(|factor| loss(found) < loss(found * factor)));
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!(twice.temperature(), Some(found));
    }
    let mut one_kind = LogitHistogram::default();
    one_kind.add(0.3, false);
    one_kind.add(f32::NAN, true);
    assert_eq!(one_kind.temperature(), None);
    assert_eq!(LogitHistogram::default().cross_entropy(1.0), None);
    assert_eq!(scaled_threshold(0.5, 7.0), 0.5);
    // logit(0.9) = 2 ln 3
    assert!((scaled_threshold(0.9, 2.0) - 0.75).abs() < 1e-6);
}
