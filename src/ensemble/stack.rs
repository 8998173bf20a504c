//! Weights fitted to masks: linear stacking (Wolpert 1992; Breiman 1996, with his constraint that no weight is negative), here with the
//! sum 1 too, so that the result is a probability again and nothing is extrapolated.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::blend::{Mean, check};
use super::simplex::least_squares;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::{Figures, TileScores};
use crate::tileset::{PredictionFile, Tile, TileFolder};

/// Parts for the honest figures: fitted on all but one, measured on that one.
const PARTS: usize = 5;
/// Labelled tiles that weights are fitted to at least.
pub(crate) const LEAST_TILES: usize = 2 * PARTS;

/// What was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stacking {
    /// One per file, 0 or more, with the sum 1.
    pub weights: Vec<f64>,
    /// Labelled tiles that all files have.
    pub tiles: usize,
    /// Each file alone.
    pub alone: Vec<Figures>,
    /// The plain mean of all.
    pub mean: Figures,
    /// The stack, each tile with weights fitted without it and its group.
    pub stacked: Figures,
}

/// Fits weights by least squares over the labelled pixels of the tiles that all files and the folder have. The predictions must be out of
/// fold, or the file that knows the tiles by heart wins.
///
/// # Errors
/// As [`super::blend`]; `Dataset` when fewer than 10 labelled tiles are in all files, or the folder's tiles have another size.
pub fn stack(
    files: &[PredictionFile],
    folder: &TileFolder,
    threshold: f32,
    control: &Control<'_>,
) -> Result<Stacking> {
    check(files, &vec![1.0; files.len()])?;
    folder.check()?;
    files.iter().try_for_each(|file| folder.check_size(file))?;
    let tiles: Vec<(&Tile, Vec<usize>)> = folder
        .tiles()
        .iter()
        .filter(|tile| tile.mask.is_some())
        .filter_map(|tile| {
            let numbers: Option<Vec<usize>> = files.iter().map(|file| file.number(&tile.id)).collect();
            Some((tile, numbers?))
        })
        .collect();
    if tiles.len() < LEAST_TILES {
        fail!(
            Dataset,
            "{} tiles with masks in {} are in all predictions, expected at least {}",
            tiles.len(),
            folder.path().display(),
            LEAST_TILES
        );
    }
    let part_of = parts(&tiles);
    let read = |numbers: &[usize]| -> Result<Vec<Vec<f32>>> {
        files.iter().zip(numbers).map(|(file, &number)| file.probability(number)).collect()
    };
    let mut normal = vec![Normal::new(files.len()); PARTS];
    for (done, ((tile, numbers), &part)) in tiles.iter().zip(&part_of).enumerate() {
        control.step("fit weights", done as u64, 2 * tiles.len() as u64)?;
        normal[part].add(&read(numbers)?, tile.mask.as_deref().unwrap_or_default());
    }
    let without = |part: Option<usize>| {
        let rest = normal.iter().enumerate().filter(|(number, _)| Some(*number) != part);
        let mut sum = Normal::new(files.len());
        rest.for_each(|(_, normal)| sum.merge(normal));
        least_squares(&sum.gram, &sum.target)
    };
    let fitted: Vec<Vec<f64>> = (0..PARTS).map(|part| without(Some(part))).collect();
    let equal = vec![1.0; files.len()];
    let mut scores = vec![TileScores::new(threshold); files.len() + 2];
    for (done, ((tile, numbers), &part)) in tiles.iter().zip(&part_of).enumerate() {
        control.step("fit weights", (tiles.len() + done) as u64, 2 * tiles.len() as u64)?;
        let planes = read(numbers)?;
        let blended = [&equal, &fitted[part]].map(|weights| {
            let mut mean = Mean::default();
            planes.iter().zip(weights).for_each(|(plane, &weight)| mean.add(plane, weight));
            mean.value()
        });
        for (scores, plane) in scores.iter_mut().zip(planes.iter().chain(&blended)) {
            scores.add(plane, &tile.salt_flags(), Some(&tile.labelled_flags()))?;
        }
    }
    let mut figures: Vec<Figures> = scores.iter().map(TileScores::figures).collect::<Result<_>>()?;
    let rest = figures.split_off(files.len());
    let [mean, stacked] = rest[..] else {
        fail!(Internal, "stacking lost a figure");
    };
    Ok(Stacking { weights: without(None), tiles: tiles.len(), alone: figures, mean, stacked })
}

/// The part of each tile; tiles of one group share it.
fn parts(tiles: &[(&Tile, Vec<usize>)]) -> Vec<usize> {
    let keys = || tiles.iter().map(|(tile, _)| tile.group.as_ref().unwrap_or(&tile.id));
    let distinct: BTreeSet<&String> = keys().collect();
    let turn: BTreeMap<&String, usize> = distinct.into_iter().zip((0..PARTS).cycle()).collect();
    keys().map(|key| turn[key]).collect()
}

/// The normal equations of least squares.
#[derive(Debug, Clone)]
struct Normal {
    gram: Vec<f64>,
    target: Vec<f64>,
}

impl Normal {
    fn new(count: usize) -> Self {
        Self { gram: vec![0.0; count * count], target: vec![0.0; count] }
    }

    /// Adds the labelled pixels of a tile.
    fn add(&mut self, planes: &[Vec<f32>], mask: &[u8]) {
        let count = planes.len();
        let dot = |a: &[f32], value: &dyn Fn(usize) -> f64| -> f64 {
            let known = mask.iter().enumerate().filter(|(_, label)| **label < 2);
            known.map(|(pixel, _)| f64::from(a[pixel]) * value(pixel)).sum()
        };
        for (row, a) in planes.iter().enumerate() {
            for (column, b) in planes.iter().enumerate() {
                self.gram[row * count + column] += dot(a, &|pixel| f64::from(b[pixel]));
            }
            self.target[row] += dot(a, &|pixel| f64::from(u8::from(mask[pixel] == 1)));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.gram.iter_mut().zip(&other.gram).for_each(|(a, b)| *a += b);
        self.target.iter_mut().zip(&other.target).for_each(|(a, b)| *a += b);
    }
}
