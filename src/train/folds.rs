//! Which tiles are validated on, so that the score can be believed.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::random::stream;
use crate::error::{Result, fail};

/// How tiles are divided into folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FoldSpec {
    /// The rule.
    pub kind: FoldKind,
    /// Number of folds.
    pub count: usize,
    /// The fold, from 0, that a single training validates on.
    pub fold: usize,
}

impl Default for FoldSpec {
    fn default() -> Self {
        Self { kind: FoldKind::Coverage, count: 5, fold: 0 }
    }
}

/// The rule by which loose tiles are divided. Surveys are divided into blocks of inlines, with the recipe's guard between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldKind {
    /// By the seed alone.
    Random,
    /// Each fold the same share of each class of salt coverage (none, up to 10 %, up to 20 % ..).
    Coverage,
    /// The same, and the depths within each class spread over the folds.
    CoverageDepth,
    /// Tiles in order of depth, dealt out one by one.
    DepthOrder,
    /// Tiles of one group (a mosaic, a line) stay together.
    Group,
}

/// What a division looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct TileFacts {
    /// Share of salt pixels, 0..=1.
    pub coverage: f64,
    /// Depth, if known.
    pub depth: Option<f64>,
    /// The group, if it has one.
    pub group: Option<String>,
}

impl FoldSpec {
    /// Refuses numbers of folds without a meaning.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check(&self) -> Result<()> {
        if !(2..=100).contains(&self.count) || self.fold >= self.count {
            fail!(
                InvalidArgument,
                "recipe: folds has count {} and fold {}, expected 2..=100 and a fold below the count",
                self.count,
                self.fold
            );
        }
        Ok(())
    }

    /// The fold of each tile. The same tiles, seed and spec give the same folds.
    ///
    /// # Errors
    /// `Dataset` when a fold would be empty or a rule lacks what it looks at.
    pub fn divide(&self, tiles: &[TileFacts], seed: u64) -> Result<Vec<usize>> {
        self.check()?;
        let mut order: Vec<usize> = (0..tiles.len()).collect();
        order.shuffle(&mut stream([seed, 0, 0, 3]));
        let folds = match self.kind {
            FoldKind::Random => self.deal(&order),
            FoldKind::Coverage => {
                order.sort_by_key(|&tile| coverage_class(&tiles[tile]));
                self.deal(&order)
            }
            FoldKind::CoverageDepth => {
                let depth = depths(tiles)?;
                // Dealt in order of depth within each class, every fold gets its share of each depth.
                order.sort_by(|&a, &b| {
                    let class = coverage_class(&tiles[a]).cmp(&coverage_class(&tiles[b]));
                    class.then(depth[a].total_cmp(&depth[b]))
                });
                self.deal_shuffled(&order, seed)
            }
            FoldKind::DepthOrder => {
                let depth = depths(tiles)?;
                order.sort_by(|&a, &b| depth[a].total_cmp(&depth[b]));
                self.deal(&order)
            }
            FoldKind::Group => self.by_group(tiles, &order)?,
        };
        if let Some(empty) = (0..self.count).find(|fold| !folds.contains(fold)) {
            fail!(
                Dataset,
                "fold {empty} of {} has no tile: {} tiles are too few, or all are of few groups",
                self.count,
                tiles.len()
            );
        }
        Ok(folds)
    }

    fn deal(&self, order: &[usize]) -> Vec<usize> {
        let mut folds = vec![0; order.len()];
        for (turn, &tile) in order.iter().enumerate() {
            folds[tile] = turn % self.count;
        }
        folds
    }

    /// Each `count` neighbours of the order to the folds in a random order, so that no fold has the shallowest of each.
    fn deal_shuffled(&self, order: &[usize], seed: u64) -> Vec<usize> {
        let mut folds = vec![0; order.len()];
        let mut rng = stream([seed, 1, 0, 3]);
        let mut turns: Vec<usize> = (0..self.count).collect();
        for hand in order.chunks(self.count) {
            turns.shuffle(&mut rng);
            hand.iter().zip(&turns).for_each(|(&tile, &fold)| folds[tile] = fold);
        }
        folds
    }

    /// Large groups first, those of one size in the order of `order`, each to the fold with the fewest tiles.
    fn by_group(&self, tiles: &[TileFacts], order: &[usize]) -> Result<Vec<usize>> {
        if tiles.iter().all(|tile| tile.group.is_none()) {
            fail!(
                Dataset,
                "folds by group: none of {} labelled tiles has a group; give the groups (--groups with the table of diapir mosaic, whose ids are those of the tiles), or take another kind of fold (folds.kind)",
                tiles.len()
            );
        }
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for &tile in order {
            let next = groups.len();
            let place = match &tiles[tile].group {
                Some(group) => *places.entry(group).or_insert(next),
                None => next,
            };
            if place == next {
                groups.push(Vec::new());
            }
            groups[place].push(tile);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let mut folds = vec![0; tiles.len()];
        let mut sizes = vec![0usize; self.count];
        for group in groups {
            let smallest = (0..self.count).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
            sizes[smallest] += group.len();
            group.into_iter().for_each(|tile| folds[tile] = smallest);
        }
        Ok(folds)
    }
}

/// 0 without salt, then one class for each tenth.
fn coverage_class(tile: &TileFacts) -> u32 {
    (tile.coverage * 10.0).ceil() as u32
}

fn depths(tiles: &[TileFacts]) -> Result<Vec<f64>> {
    let Some(depths) = tiles.iter().map(|tile| tile.depth).collect() else {
        fail!(
            Dataset,
            "folds by depth: some tiles have no depth; give depths.csv, or take another kind of fold"
        );
    };
    Ok(depths)
}

/// The inlines (indices) of one fold of a survey with `count` inlines: to train on, and to validate on. `guard` inlines on either
/// side of the validation block are in neither, because neighbouring sections look alike.
///
/// # Errors
/// `Dataset` when the survey is too small.
pub fn line_fold(
    count: usize,
    fold: &FoldSpec,
    guard: usize,
) -> Result<(Vec<std::ops::Range<usize>>, std::ops::Range<usize>)> {
    let edge = |fold_number: usize| fold_number * count / fold.count;
    let block = edge(fold.fold)..edge(fold.fold + 1);
    let before = 0..block.start.saturating_sub(guard);
    let after = (block.end + guard).min(count)..count;
    let training: Vec<_> = [before, after].into_iter().filter(|range| !range.is_empty()).collect();
    if block.is_empty() || training.is_empty() {
        fail!(
            Dataset,
            "{count} inlines cannot be divided into {} folds with a guard of {guard}: take fewer folds, or lower guard_lines",
            fold.count
        );
    }
    Ok((training, block))
}

/// Tiles that look the same although they are in different folds, as pairs; `look` gives a tile's brightness, a square plane.
/// Compared are means over 16 x 16 parts; plain tiles look like nothing.
pub fn near_duplicates(folds: &[usize], look: impl Fn(usize) -> Vec<f32> + Sync) -> Vec<[usize; 2]> {
    let descriptors: Vec<Option<Vec<f32>>> =
        (0..folds.len()).into_par_iter().map(|tile| descriptor(&look(tile))).collect();
    let pairs_of = |first: usize| -> Vec<[usize; 2]> {
        let Some(mine) = &descriptors[first] else {
            return Vec::new();
        };
        let same = |second: &usize| {
            folds[first] != folds[*second]
                && descriptors[*second]
                    .as_ref()
                    .is_some_and(|theirs| mine.iter().zip(theirs).map(|(a, b)| a * b).sum::<f32>() > ALIKE)
        };
        (first + 1..folds.len()).filter(same).map(|second| [first, second]).collect()
    };
    (0..folds.len()).into_par_iter().flat_map_iter(pairs_of).collect()
}

/// Correlation of two descriptors above which tiles look the same.
const ALIKE: f32 = 0.995;
const PARTS: usize = 16;

/// Means of the parts, without their mean, of length 1.
fn descriptor(plane: &[f32]) -> Option<Vec<f32>> {
    let size = plane.len().isqrt();
    let edge = |part: usize| part * size / PARTS;
    let mut means = Vec::with_capacity(PARTS * PARTS);
    for row in 0..PARTS {
        for column in 0..PARTS {
            let rows = edge(row)..edge(row + 1).max(edge(row) + 1);
            let columns = edge(column)..edge(column + 1).max(edge(column) + 1);
            let count = (rows.len() * columns.len()) as f32;
            let sum: f32 =
                rows.flat_map(|row| &plane[row * size + columns.start..row * size + columns.end]).sum();
            means.push(sum / count);
        }
    }
    let mean = means.iter().sum::<f32>() / means.len() as f32;
    means.iter_mut().for_each(|value| *value -= mean);
    let length = means.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length < 1e-3 {
        return None;
    }
    means.iter_mut().for_each(|value| *value /= length);
    Some(means)
}
