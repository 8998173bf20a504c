//! Folds: every tile in one, balanced as their rule says, and the same for the same seed.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::ErrorKind;
use diapir::train::{FoldKind, FoldSpec, TileFacts, line_fold, near_duplicates};
use proptest::prelude::*;

fn spec(kind: FoldKind, count: usize) -> FoldSpec {
    FoldSpec { kind, count, fold: 0 }
}

/// Tiles of all coverages, two fifths empty, depths in no order, groups of uneven sizes.
fn tiles(count: usize) -> Vec<TileFacts> {
    let tile = |k: usize| TileFacts {
        coverage: if k % 5 < 2 { 0.0 } else { (k * 37 % 100) as f64 / 100.0 },
        depth: Some((k * 613 % 1000) as f64),
        group: (!k.is_multiple_of(7)).then(|| format!("g{}", (k * k) % 23)),
    };
    (0..count).map(tile).collect()
}

/// How many of the chosen tiles each fold has.
fn sizes(folds: &[usize], count: usize, chosen: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..count).map(|fold| (0..folds.len()).filter(|&k| folds[k] == fold && chosen(k)).count()).collect()
}

fn spread(sizes: &[usize]) -> usize {
    sizes.iter().max().unwrap() - sizes.iter().min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_fold_has_its_share(number in 60usize..400, count in 2usize..8, seed in any::<u64>()) {
        let tiles = tiles(number);
        for kind in [FoldKind::Random, FoldKind::Coverage, FoldKind::CoverageDepth, FoldKind::DepthOrder] {
            let folds = spec(kind, count).divide(&tiles, seed).unwrap();
            prop_assert_eq!(folds.len(), number);
            prop_assert!(folds.iter().all(|&fold| fold < count));
            prop_assert!(spread(&sizes(&folds, count, |_| true)) <= 1, "{kind:?}");
            prop_assert_eq!(&folds, &spec(kind, count).divide(&tiles, seed).unwrap());
        }
        for kind in [FoldKind::Coverage, FoldKind::CoverageDepth] {
            let folds = spec(kind, count).divide(&tiles, seed).unwrap();
            for class in 0..=10 {
                let class_of = |k: usize| (tiles[k].coverage * 10.0).ceil() as usize == class;
                // Two where a class begins in the middle of a deal.
                prop_assert!(spread(&sizes(&folds, count, class_of)) <= 2, "{kind:?} class {class}");
            }
        }
        let folds = spec(FoldKind::Group, count).divide(&tiles, seed).unwrap();
        for a in 0..number {
            for b in a + 1..number {
                prop_assert!(tiles[a].group.is_none() || tiles[a].group != tiles[b].group || folds[a] == folds[b]);
            }
        }
    }
}

/// As the 14th place divided: in order of depth, number by number.
#[test]
fn depth_order_deals_by_depth() {
    let tiles = tiles(50);
    let folds = spec(FoldKind::DepthOrder, 5).divide(&tiles, 1).unwrap();
    let mut order: Vec<usize> = (0..50).collect();
    order.sort_by(|&a, &b| tiles[a].depth.unwrap().total_cmp(&tiles[b].depth.unwrap()));
    assert!(order.iter().enumerate().all(|(turn, &tile)| folds[tile] == turn % 5));
}

#[test]
fn the_seed_decides() {
    let tiles = tiles(100);
    let random = spec(FoldKind::Random, 5);
    assert_ne!(random.divide(&tiles, 1).unwrap(), random.divide(&tiles, 2).unwrap());
    // Of groups of one size too: ten of four tiles each.
    let grouped: Vec<TileFacts> =
        (0..40).map(|k| TileFacts { group: Some(format!("g{}", k / 4)), ..tiles[k].clone() }).collect();
    let group = spec(FoldKind::Group, 5);
    assert_ne!(group.divide(&grouped, 1).unwrap(), group.divide(&grouped, 2).unwrap());
    assert_eq!(group.divide(&grouped, 1).unwrap(), group.divide(&grouped, 1).unwrap());
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let refuse = |kind, tiles: &[TileFacts], words: &str| {
        let error = spec(kind, 5).divide(tiles, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dataset);
        assert!(error.to_string().contains(words), "{error}");
    };
    refuse(FoldKind::Random, &tiles(3), "has no tile");
    let bare: Vec<TileFacts> =
        tiles(20).into_iter().map(|tile| TileFacts { depth: None, group: None, ..tile }).collect();
    refuse(FoldKind::DepthOrder, &bare, "no depth");
    refuse(FoldKind::CoverageDepth, &bare, "no depth");
    refuse(FoldKind::Group, &bare, "none of 20 labelled tiles has a group");
    let one: Vec<TileFacts> =
        tiles(20).into_iter().map(|tile| TileFacts { group: Some("one".to_owned()), ..tile }).collect();
    refuse(FoldKind::Group, &one, "of few groups");
    for wrong in [FoldSpec { count: 1, ..FoldSpec::default() }, FoldSpec { fold: 5, ..FoldSpec::default() }] {
        assert!(wrong.check().unwrap_err().to_string().contains("expected 2..=100"));
    }
}

/// Blocks of inlines cover the survey once; what is trained on keeps its distance.
#[test]
fn lines_are_left_out_in_blocks() {
    let mut seen = vec![0; 103];
    for fold in 0..4 {
        let (training, block) =
            line_fold(103, &FoldSpec { count: 4, fold, ..FoldSpec::default() }, 6).unwrap();
        block.clone().for_each(|line| seen[line] += 1);
        for line in training.into_iter().flatten() {
            assert!(line + 6 < block.start || line >= block.end + 6, "line {line} beside {block:?}");
        }
    }
    assert_eq!(seen, vec![1; 103]);
    let error = line_fold(10, &FoldSpec { count: 2, ..FoldSpec::default() }, 6).unwrap_err();
    assert!(error.to_string().contains("guard of 6"), "{error}");
}

#[test]
fn tiles_that_look_the_same_in_two_folds_are_found() {
    let size = 40;
    let look = |seed: usize| -> Vec<f32> {
        (0..size * size).map(|at| ((at * (seed + 3)) as f32 * 0.013).sin() * 90.0 + 128.0).collect()
    };
    let mut looks: Vec<Vec<f32>> = (0..6).map(look).collect();
    // The same in other brightness, the same in the same fold, and two plain ones.
    looks.push(looks[1].iter().map(|value| 0.8 * value + 20.0).collect());
    looks.push(looks[2].clone());
    looks.push(vec![0.0; size * size]);
    looks.push(vec![0.0; size * size]);
    let folds = [0, 0, 0, 1, 1, 1, 1, 0, 0, 1];
    assert_eq!(near_duplicates(&folds, |tile| looks[tile].clone()), [[1, 6]]);
}
