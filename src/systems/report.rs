//! What predictions of labelled tiles are worth, and what each rule adds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::finish::{Finishing, by_id, mosaics};
use crate::control::Control;
use crate::error::{Result, fail};
use crate::metrics::{Confusion, Figures, MeanPrecision, TileScores};
use crate::rules::{MosaicRules, TileRules};
use crate::tileset::{PredictionFile, Tile, TileFolder};

/// Parts that thresholds are chosen without, and whose labels are hidden from the rules of mosaics.
const PARTS: usize = 5;
/// Sizes in pixels below which patches are tried as too small.
const SMALL: [usize; 4] = [10, 25, 50, 100];
/// Probabilities of any salt below which tiles are tried as empty.
const GATES: [f32; 5] = [0.1, 0.2, 0.3, 0.5, 0.7];

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TileReport {
    /// Labelled tiles that were predicted.
    pub tiles: usize,
    /// The threshold that the rules were measured at.
    pub threshold: f32,
    /// Figures without any rule, at that threshold.
    pub figures: Figures,
    /// The score when each fifth of the tiles is judged at the threshold that is best for the others.
    pub score_at_chosen_threshold: f64,
    /// The score by how much of a tile is salt: none, up to 10 %, ..
    pub by_coverage: Vec<CoverageScore>,
    /// Each rule by itself.
    pub rules: Vec<RuleScore>,
    /// The rules that were given, together.
    pub together: f64,
}

/// The score of the tiles of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageScore {
    /// Largest share of salt in the class, 0..=1.
    pub up_to: f64,
    /// Its tiles.
    pub tiles: u64,
    /// Their mean precision; 0 without any.
    pub score: f64,
}

/// What a rule does by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleScore {
    /// The rule as a recipe has it.
    pub rule: String,
    /// The score with it.
    pub score: f64,
    /// The score with it less that without any.
    pub change: f64,
}

/// Measures predictions, which must be out of fold, on the tiles that have masks in `folders`. For the rules of mosaics a fifth of the labels is hidden in
/// turn; tiles without masks count there as neighbours, where they are predicted too.
///
/// # Errors
/// `Dataset` when no predicted tile has a mask, and as [`super::finish_tiles`]; `InvalidArgument`; errors of the files; `Cancelled`.
pub fn report_tiles(
    file: &PredictionFile,
    folders: &[&TileFolder],
    (rules, threshold): (&TileRules, f32),
    table: Option<&Path>,
    control: &Control<'_>,
) -> Result<TileReport> {
    rules.check()?;
    let mosaics = mosaics(rules, table)?;
    let known = by_id(folders, file)?;
    // Ids say nothing about tiles, so that every fifth is as good as drawn.
    let labelled: BTreeMap<&str, (usize, &Tile)> = known
        .iter()
        .filter(|(id, tile)| tile.mask.is_some() && file.number(id).is_some())
        .zip((0..PARTS).cycle())
        .map(|((id, tile), part)| (*id, (part, *tile)))
        .collect();
    if labelled.is_empty() {
        let folders: Vec<String> = folders.iter().map(|folder| folder.path().display().to_string()).collect();
        fail!(Dataset, "none of the tiles in {} has a mask in {}", file.path().display(), folders.join(", "));
    }
    let finishing = Finishing { file, known: &known, mosaics: &mosaics, threshold };
    finishing.warn_of_rules(rules, control);
    let work = Work { finishing, labelled: &labelled, control };
    let (figures, score_at_chosen_threshold) = work.plain()?;
    let base = work.score(&TileRules::default())?;
    let mut found = Vec::new();
    for (rule, rules) in catalogue(file.head().any_salt, !mosaics.is_empty()) {
        let score = work.score(&rules)?.0;
        found.push(RuleScore { rule, score, change: score - base.0 });
    }
    Ok(TileReport {
        tiles: labelled.len(),
        threshold,
        figures,
        score_at_chosen_threshold,
        by_coverage: base.1,
        rules: found,
        together: work.score(rules)?.0,
    })
}

/// Each rule alone.
fn catalogue(any_salt: bool, mosaics: bool) -> Vec<(String, TileRules)> {
    let none = TileRules::default();
    let of_mosaics = |rules: MosaicRules| TileRules { mosaics: rules, ..none };
    let still = none.mosaics;
    let mut all = Vec::new();
    if any_salt {
        all.extend(GATES.map(|share| {
            (format!("any_salt_below = {share}"), TileRules { any_salt_below: Some(share), ..none })
        }));
    }
    all.push(("plain_is_empty".to_owned(), TileRules { plain_is_empty: true, ..none }));
    all.extend(SMALL.map(|small| (format!("small_salt = {small}"), TileRules { small_salt: small, ..none })));
    all.extend(SMALL.map(|small| (format!("small_gaps = {small}"), TileRules { small_gaps: small, ..none })));
    all.push(("holes".to_owned(), TileRules { holes: true, ..none }));
    all.push(("full_is_empty".to_owned(), TileRules { full_is_empty: true, ..none }));
    if mosaics {
        all.extend([
            ("mosaics.verticals".to_owned(), of_mosaics(MosaicRules { verticals: true, ..still })),
            ("mosaics.joins".to_owned(), of_mosaics(MosaicRules { joins: true, ..still })),
            ("mosaics.corners".to_owned(), of_mosaics(MosaicRules { corners: true, ..still })),
            ("mosaics.below_full".to_owned(), of_mosaics(MosaicRules { below_full: true, ..still })),
        ]);
    }
    all
}

struct Work<'a, 'c> {
    finishing: Finishing<'a>,
    /// Labelled tiles with the part that each belongs to.
    labelled: &'a BTreeMap<&'a str, (usize, &'a Tile)>,
    control: &'a Control<'c>,
}

impl Work<'_, '_> {
    /// Figures without rules, and the score with thresholds chosen without the tiles that they judge.
    fn plain(&self) -> Result<(Figures, f64)> {
        let Finishing { file, threshold, .. } = self.finishing;
        let mut parts = vec![TileScores::new(threshold); PARTS];
        for (id, (part, tile)) in self.labelled {
            let Some(number) = file.number(id) else { continue };
            let probability = file.probability(number)?;
            parts[*part].add(&probability, &tile.salt_flags(), Some(&tile.labelled_flags()))?;
        }
        let mut all = TileScores::new(threshold);
        parts.iter().for_each(|part| all.merge(part));
        let mut sum = 0.0;
        for (turn, part) in parts.iter().enumerate() {
            let mut others = TileScores::new(threshold);
            parts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != turn)
                .for_each(|(_, part)| others.merge(part));
            let chosen = others.sweep().best().map_or(threshold, |best| best.threshold);
            let at = part.sweep().curve().into_iter().find(|(threshold, _)| *threshold >= chosen);
            if let Some((_, score)) = at {
                sum += score * part.tiles().len() as f64;
            }
        }
        Ok((all.figures()?, sum / self.labelled.len() as f64))
    }

    /// The score with these rules, and by coverage.
    fn score(&self, rules: &TileRules) -> Result<(f64, Vec<CoverageScore>)> {
        let mut all = MeanPrecision::default();
        let mut classes = [MeanPrecision::default(); 11];
        let turns = if rules.needs_mosaics() { PARTS } else { 1 };
        let asked = |id: &str| {
            self.labelled.contains_key(id) || (turns > 1 && self.finishing.mosaics.contains_key(id))
        };
        let before = self.finishing.tile_by_tile(rules, asked, self.control)?;
        for turn in 0..turns {
            let judged =
                |id: &str| turns == 1 || self.labelled.get(id).is_some_and(|(part, _)| *part == turn);
            let mut masks = Cow::Borrowed(&before);
            if turns > 1 {
                self.finishing.by_mosaics(rules, judged, masks.to_mut());
            }
            for (id, (_, tile)) in self.labelled.iter().filter(|(id, _)| judged(id)) {
                let Some(mask) = masks.get(id) else { continue };
                let counts = Confusion::of(mask, &tile.salt_flags(), Some(&tile.labelled_flags()))?;
                all.add(&counts);
                classes[((tile.coverage() * 10.0).ceil() as usize).min(10)].add(&counts);
            }
        }
        let classes = classes.iter().enumerate().map(|(class, mean)| CoverageScore {
            up_to: class as f64 / 10.0,
            tiles: mean.tiles(),
            score: mean.mean().unwrap_or(0.0),
        });
        Ok((all.mean().unwrap_or(0.0), classes.collect()))
    }
}
