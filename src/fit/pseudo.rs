//! Pseudo-labels: confident predictions of tiles without masks, to train on beside the labelled ones.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::control::Control;
use crate::error::{Error, ErrorKind, Result, fail};
use crate::recipe::PseudoSpec;
use crate::tileset::{PredictionFile, PredictionFolder, Tile, TileFolder};

/// Predicted tiles to take pseudo-labels from.
#[derive(Debug, Clone)]
pub struct PseudoSource {
    /// What `systems::predict_tileset` left: the predictions of each network are below `members/`.
    pub predictions: PathBuf,
    /// The tiles; with groups where the labelled ones have them, so that neighbours are known.
    pub tiles: Arc<TileFolder>,
}

/// What pseudo-labels a training can take.
pub(super) struct Wanted<'a> {
    /// Which tiles are confident enough.
    pub(super) spec: &'a PseudoSpec,
    /// The tiles that the training is validated on.
    pub(super) validated: &'a [&'a Tile],
    /// Most tiles.
    pub(super) most: usize,
    /// Draws them where there are more.
    pub(super) seed: u64,
}

impl Wanted<'_> {
    /// The confident tiles with masks made of their predictions; pixels of which nobody is sure have no label there.
    ///
    /// Taken are the predictions of networks that have not been trained on any validation tile, averaged, or what they know of those tiles would
    /// come back by way of the labels. Tiles of the groups of validation tiles are left out.
    ///
    /// # Errors
    /// `Dataset` when no network qualifies or no tile is confident; `NotFound` for a folder without predictions of single networks; errors of
    /// the files.
    pub(super) fn of(&self, source: &PseudoSource, control: &Control<'_>) -> Result<TileFolder> {
        let judges = judges(&PredictionFolder::new(&source.predictions), self.validated)?;
        let groups: BTreeSet<&String> =
            self.validated.iter().filter_map(|tile| tile.group.as_ref()).collect();
        let known: BTreeSet<&str> = self.validated.iter().map(|tile| &*tile.id).collect();
        let tiles = source.tiles.tiles();
        let mut confident = Vec::new();
        let mut neighbours = 0usize;
        for (number, tile) in tiles.iter().enumerate() {
            if number % 256 == 0 {
                control.step("choose pseudo-labels", number as u64, tiles.len() as u64)?;
            }
            if tile.is_plain() || tile.mask.is_some() || known.contains(&*tile.id) {
                continue;
            }
            if tile.group.as_ref().is_some_and(|group| groups.contains(group)) {
                neighbours += 1;
                continue;
            }
            if let Some(mask) = mask(&judges, &tile.id, self.spec)? {
                confident.push((number, mask));
            }
        }
        control.info(&format!(
            "pseudo-labels: {} confident tiles, of which at most {} are taken; {neighbours} neighbours of validation tiles left out",
            confident.len(),
            self.most
        ));
        if confident.is_empty() || self.most == 0 {
            fail!(
                Dataset,
                "{}: no predicted tile may be learnt from: lower the recipe's pseudo.sure, or raise its share",
                source.predictions.display()
            );
        }
        confident.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        confident.truncate(self.most);
        confident.sort_by_key(|(number, _)| *number);
        source.tiles.labelled_as(confident)
    }
}

/// Refuses pseudo-labels where nobody knows which of their tiles are neighbours of validation tiles, unless the recipe says that this is wanted.
///
/// # Errors
/// `Dataset`.
pub(crate) fn check_groups(source: &PseudoSource, spec: &PseudoSpec, labelled: &TileFolder) -> Result<()> {
    let grouped = |folder: &TileFolder| folder.tiles().iter().any(|tile| tile.group.is_some());
    let Some(without) = [labelled, &source.tiles].into_iter().find(|folder| !grouped(folder)) else {
        return Ok(());
    };
    if spec.without_groups {
        return Ok(());
    }
    fail!(
        Dataset,
        "{}: no tile there has a group, so that neighbours of validation tiles would be learnt from and the score be too good: give the groups (--groups with the table of diapir mosaic), or set the recipe's pseudo.without_groups where tiles have no neighbours",
        without.path().display()
    );
}

/// The predictions of networks that were validated on all of these tiles.
fn judges(folder: &PredictionFolder, validated: &[&Tile]) -> Result<Vec<PredictionFile>> {
    let members = folder.members();
    if !members.is_dir() {
        let message = "there are no predictions of single networks: pseudo-labels come from a folder that holds a system's predictions";
        return Err(Error::new(ErrorKind::NotFound, message).at(&members));
    }
    let mut judges = Vec::new();
    for path in folder.all_members()? {
        let file = PredictionFile::open(&path)?;
        let unseen: BTreeSet<&str> = file.head().unseen.iter().map(String::as_str).collect();
        if validated.iter().all(|tile| unseen.contains(&*tile.id)) {
            judges.push(file);
        }
    }
    if judges.is_empty() {
        fail!(
            Dataset,
            "{}: every network there was trained on some of this fold's validation tiles: predict with a system of the same folds and seed",
            members.display()
        );
    }
    Ok(judges)
}

/// The mask of a tile that its judges are sure of; `None` when they are not, or one has not predicted it.
fn mask(judges: &[PredictionFile], id: &str, spec: &PseudoSpec) -> Result<Option<Vec<u8>>> {
    let mut sum: Vec<f32> = Vec::new();
    for file in judges {
        let Some(number) = file.number(id) else { return Ok(None) };
        let plane = file.probability(number)?;
        sum.resize(plane.len(), 0.0);
        sum.iter_mut().zip(&plane).for_each(|(sum, value)| *sum += value / judges.len() as f32);
    }
    Ok(spec.mask(&sum))
}
