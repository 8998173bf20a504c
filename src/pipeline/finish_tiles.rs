//! Predictions of tiles to final masks, as a submission or as pictures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::control::Control;
use crate::error::{Result, fail};
use crate::output::create_folder;
use crate::postprocess::{Board, BoardTile, TileRules};
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
    /// A folder where they go as PNG, 255 for salt.
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
/// `InvalidArgument` for rules that need mosaics without a table, and when there is nothing to write; `Dataset` when every predicted tile has
/// a mask; errors of the files.
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
    let mosaics = mosaics(&options.rules, options.mosaics.as_deref())?;
    let known = by_id(folders);
    let work = Finishing { file, known: &known, mosaics: &mosaics, threshold: options.threshold };
    let wanted = |id: &str| known.get(id).is_none_or(|tile| tile.mask.is_none());
    let before = work.tile_by_tile(&options.rules, control)?;
    let mut after = before.clone();
    work.by_mosaics(&options.rules, |_| false, &mut after);
    let masks: Vec<(&str, &Vec<bool>)> =
        after.iter().map(|(id, mask)| (*id, mask)).filter(|(id, _)| wanted(id)).collect();
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
        by_mosaics: masks.iter().filter(|(id, mask)| before.get(id) != Some(mask)).count(),
    })
}

/// The table, if the rules need one.
pub(super) fn mosaics(rules: &TileRules, path: Option<&Path>) -> Result<BTreeMap<String, MosaicPlace>> {
    match path {
        Some(path) => read_mosaics(path),
        None if rules.needs_mosaics() => fail!(
            InvalidArgument,
            "the rules look at mosaics, and no table of mosaics is given: make one (diapir mosaic), or switch those rules off"
        ),
        None => Ok(BTreeMap::new()),
    }
}

/// The tiles of folders.
pub(super) fn by_id<'a>(folders: &[&'a TileFolder]) -> BTreeMap<&'a str, &'a Tile> {
    folders.iter().flat_map(|folder| folder.tiles()).map(|tile| (&*tile.id, tile)).collect()
}

impl<'a> Finishing<'a> {
    /// The mask of each predicted tile. Labels of tiles that `hidden` names are treated as unknown.
    pub(super) fn masks(
        &self,
        rules: &TileRules,
        hidden: impl Fn(&str) -> bool,
        control: &Control<'_>,
    ) -> Result<BTreeMap<&'a str, Vec<bool>>> {
        let mut masks = self.tile_by_tile(rules, control)?;
        self.by_mosaics(rules, hidden, &mut masks);
        Ok(masks)
    }

    /// The mask of each predicted tile by the rules that look at one tile.
    fn tile_by_tile(&self, rules: &TileRules, control: &Control<'_>) -> Result<BTreeMap<&'a str, Vec<bool>>> {
        let ids = &self.file.head().ids;
        let mut masks = BTreeMap::new();
        for (number, id) in ids.iter().enumerate() {
            if number % 256 == 0 {
                control.step("apply rules", number as u64, ids.len() as u64)?;
            }
            let plain = self.known.get(&**id).is_some_and(|tile| tile.is_plain());
            let probability = self.file.probability(number)?;
            let mask = rules.mask(&probability, self.file.any_salt(number), plain, self.threshold);
            masks.insert(&**id, mask);
        }
        control.step("apply rules", ids.len() as u64, ids.len() as u64)?;
        Ok(masks)
    }

    /// Lays the mosaics out, applies their rules, and takes the masks of predicted tiles from there.
    fn by_mosaics(
        &self,
        rules: &TileRules,
        hidden: impl Fn(&str) -> bool,
        masks: &mut BTreeMap<&'a str, Vec<bool>>,
    ) {
        if !rules.needs_mosaics() {
            return;
        }
        let mut groups: BTreeMap<&str, Vec<(&str, &MosaicPlace)>> = BTreeMap::new();
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
                if let (Some(tile), Some(mask)) = (tile, masks.get_mut(id)) {
                    mask.clone_from(&tile.mask);
                }
            }
        }
    }
}
