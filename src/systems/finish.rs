//! Predictions of tiles to final masks, as a submission or as pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::control::Control;
use crate::error::{IoContext, Result, fail};
use crate::output::create_folder;
use crate::rules::{Board, BoardTile, TileRules};
use crate::tileset::{
    MosaicPlace, PredictionFile, Tile, TileFolder, read_mosaics, write_mask_png, write_submission,
};

/// How predictions become masks.
#[derive(Debug, Clone, Default)]
pub struct FinishOptions {
    /// What is done.
    pub rules: TileRules,
    /// Probability above which a pixel is salt.
    pub threshold: f32,
    /// The table of mosaics, for the rules that need it.
    pub mosaics: Option<PathBuf>,
    /// Where the masks go as run-length codes, `id,rle_mask`.
    pub submission: Option<PathBuf>,
    /// A folder without pictures where they go as PNG, 255 for salt.
    pub masks: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FinishReport {
    /// Tiles without a mask in the folders, which the outputs hold.
    pub tiles: usize,
    /// Those without salt.
    pub empty: usize,
    /// Those whose mask a rule of mosaics changed.
    pub by_mosaics: usize,
}

/// What masks are made from.
#[derive(Clone, Copy)]
pub(super) struct Finishing<'a> {
    pub(super) file: &'a PredictionFile,
    pub(super) known: &'a BTreeMap<&'a str, &'a Tile>,
    pub(super) mosaics: &'a BTreeMap<String, MosaicPlace>,
    pub(super) threshold: f32,
}

/// Applies the rules to all predictions, and writes the masks of the tiles that have none in `folders`. The labels there are what rules of mosaics lean on.
///
/// # Errors
/// `InvalidArgument` for rules that need mosaics without a table, when there is nothing to write, and when the folder for masks holds pictures; `Dataset`
/// when every predicted tile has a mask, when a submission would lack a tile of the folders, for folders with tiles that cannot be used, of another
/// size, or with an id in common; errors of the files.
pub fn finish_tiles(
    file: &PredictionFile,
    folders: &[&TileFolder],
    options: &FinishOptions,
    control: &Control<'_>,
) -> Result<FinishReport> {
    options.rules.check()?;
    if options.submission.is_none() && options.masks.is_none() {
        fail!(InvalidArgument, "neither a submission nor a folder of masks is asked for");
    }
    if let Some(folder) = options.masks.as_deref().filter(|folder| folder.is_dir()) {
        refuse_pictures(folder)?;
    }
    let mosaics = mosaics(&options.rules, options.mosaics.as_deref())?;
    let known = by_id(folders, file)?;
    let work = Finishing { file, known: &known, mosaics: &mosaics, threshold: options.threshold };
    work.warn_of_rules(&options.rules, control);
    let missing = work.missing();
    if let Some(first) = missing.first() {
        let told = format!(
            "{} tiles without a mask have no prediction in {}; the first is {first}",
            missing.len(),
            file.path().display()
        );
        if options.submission.is_some() {
            fail!(
                Dataset,
                "{told}: a submission needs every tile, so predict them too, or name no folder that has them"
            );
        }
        control.warn(&told);
    }
    let wanted = |id: &str| known.get(id).is_none_or(|tile| tile.mask.is_none());
    let mut all = work.tile_by_tile(&options.rules, |_| true, control)?;
    let changed = work.by_mosaics(&options.rules, |_| false, &mut all);
    let masks: Vec<(&str, &Vec<bool>)> =
        all.iter().map(|(id, mask)| (*id, mask)).filter(|(id, _)| wanted(id)).collect();
    if masks.is_empty() {
        fail!(Dataset, "{}: each of its tiles has a mask already", file.path().display());
    }
    if let Some(folder) = &options.masks {
        create_folder(folder)?;
        for (turn, (id, mask)) in masks.iter().enumerate() {
            control.step("write masks", turn as u64, masks.len() as u64)?;
            write_mask_png(&folder.join(format!("{id}.png")), file.head().size, mask)?;
        }
    }
    if let Some(path) = &options.submission {
        write_submission(path, file.head().size, masks.iter().map(|(id, mask)| (*id, (*mask).clone())))?;
    }
    Ok(FinishReport {
        tiles: masks.len(),
        empty: masks.iter().filter(|(_, mask)| !mask.contains(&true)).count(),
        by_mosaics: masks.iter().filter(|(id, _)| changed.contains(id)).count(),
    })
}

/// Refuses a folder with pictures: masks of two predictions in one folder cannot be told apart.
fn refuse_pictures(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).on("list the folder", folder)? {
        let path = entry.on("list the folder", folder)?.path();
        if path.extension().is_some_and(|extension| extension == "png") {
            fail!(
                InvalidArgument,
                "{} holds pictures already: name an empty folder for the masks",
                folder.display()
            );
        }
    }
    Ok(())
}

/// The table, if the rules need one.
pub(super) fn mosaics(rules: &TileRules, path: Option<&Path>) -> Result<BTreeMap<String, MosaicPlace>> {
    match path {
        Some(path) => read_mosaics(path),
        None if rules.needs_mosaics() => fail!(
            InvalidArgument,
            "the rules look at mosaics, and no table of mosaics is given: find the mosaics of these tiles, or switch those rules off"
        ),
        None => Ok(BTreeMap::new()),
    }
}

/// The tiles of folders that predictions are of, or of some of them.
pub(super) fn by_id<'a>(
    folders: &[&'a TileFolder],
    file: &PredictionFile,
) -> Result<BTreeMap<&'a str, &'a Tile>> {
    let mut tiles = BTreeMap::new();
    for folder in folders {
        folder.check()?;
        folder.check_size(file)?;
        for tile in folder.tiles() {
            if tiles.insert(&*tile.id, tile).is_some() {
                fail!(Dataset, "the tile {} is in more than one of the folders", tile.id);
            }
        }
    }
    Ok(tiles)
}

impl<'a> Finishing<'a> {
    /// Tells of rules that have nothing to go by.
    pub(super) fn warn_of_rules(&self, rules: &TileRules, control: &Control<'_>) {
        if rules.any_salt_below.is_some() && !self.file.head().any_salt {
            control
                .warn("any_salt_below has no effect: the predictions do not say whether a tile has any salt");
        }
        let unknown = self.file.head().ids.iter().filter(|id| !self.known.contains_key(id.as_str())).count();
        if rules.plain_is_empty && unknown > 0 {
            control.warn(&format!(
                "plain_is_empty has no effect on {unknown} predicted tiles whose images are in none of the folders"
            ));
        }
        if rules.needs_mosaics() {
            let ids = &self.file.head().ids;
            if !ids.iter().any(|id| self.mosaics.contains_key(id)) {
                control.warn("the rules of mosaics have no effect: the table of mosaics names none of the predicted tiles");
            } else if (rules.mosaics.verticals || rules.mosaics.below_full)
                && !self.known.values().any(|tile| tile.mask.is_some() && self.mosaics.contains_key(&tile.id))
            {
                control.warn(
                    "mosaics.verticals and mosaics.below_full have no effect: no tile of a mosaic has a mask; name the folder of labelled tiles too",
                );
            }
        }
    }

    /// Tiles of the folders that have neither a mask nor a prediction.
    fn missing(&self) -> Vec<&'a str> {
        let known = self.known.values();
        let missing = known.filter(|tile| tile.mask.is_none() && self.file.number(&tile.id).is_none());
        missing.map(|tile| &*tile.id).collect()
    }

    /// The mask of each predicted tile that is `asked` for, by the rules that look at one tile.
    pub(super) fn tile_by_tile(
        &self,
        rules: &TileRules,
        asked: impl Fn(&str) -> bool,
        control: &Control<'_>,
    ) -> Result<BTreeMap<&'a str, Vec<bool>>> {
        let ids = &self.file.head().ids;
        let mut masks = BTreeMap::new();
        for (number, id) in ids.iter().enumerate() {
            if number % 256 == 0 {
                control.step("apply rules", number as u64, ids.len() as u64)?;
            }
            if !asked(id) {
                continue;
            }
            let plain = self.known.get(&**id).is_some_and(|tile| tile.is_plain());
            let probability = self.file.probability(number)?;
            let mask = rules.mask(&probability, self.file.any_salt(number), plain, self.threshold);
            masks.insert(&**id, mask);
        }
        control.step("apply rules", ids.len() as u64, ids.len() as u64)?;
        Ok(masks)
    }

    /// Lays the mosaics out, applies their rules, takes the masks of predicted tiles from there, and tells which have changed. Labels of tiles that
    /// `hidden` names are treated as unknown.
    pub(super) fn by_mosaics(
        &self,
        rules: &TileRules,
        hidden: impl Fn(&str) -> bool,
        masks: &mut BTreeMap<&'a str, Vec<bool>>,
    ) -> BTreeSet<&'a str> {
        let mut changed = BTreeSet::new();
        if !rules.needs_mosaics() {
            return changed;
        }
        let mut groups: BTreeMap<&str, Vec<(&'a str, &MosaicPlace)>> = BTreeMap::new();
        for (id, place) in self.mosaics {
            groups.entry(&place.group).or_default().push((id, place));
        }
        for places in groups.values() {
            let most = |side: fn(&MosaicPlace) -> usize| {
                places.iter().map(|(_, place)| side(place)).max().map_or(0, |last| last + 1)
            };
            let extent = [most(|place| place.row), most(|place| place.column)];
            let mut board = Board::new(self.file.head().size, extent);
            for (id, place) in places {
                let label = self.known.get(id).filter(|_| !hidden(id)).filter(|tile| tile.mask.is_some());
                let tile = match (label, masks.get(id)) {
                    (Some(tile), _) => BoardTile::new(tile.salt_flags(), true),
                    (None, Some(mask)) => BoardTile::new(mask.clone(), false),
                    (None, None) => continue,
                };
                board.put(place.row, place.column, tile);
            }
            rules.apply(&mut board);
            for (id, place) in places {
                let tile = board.tile(place.row, place.column).filter(|tile| !tile.known);
                if let (Some(tile), Some(mask)) = (tile, masks.get_mut(*id))
                    && *mask != tile.mask
                {
                    mask.clone_from(&tile.mask);
                    changed.insert(*id);
                }
            }
        }
        changed
    }
}
