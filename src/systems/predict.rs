//! Folders of tiles through all models of a trained ensemble to one file of predictions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::folder::SystemFolder;
use super::members::{Member, members};
use crate::control::Control;
use crate::ensemble::blend;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::infer::{Predictor, PredictorOptions, predict_tiles};
use crate::output::create_folder;
use crate::recipe::Members;
use crate::tileset::{
    PredictionFile, PredictionFolder, PredictionHead, PredictionWriter, TileFolder, write_probability_png,
};
use crate::tiling::Channel;

/// How tiles are predicted.
#[derive(Debug, Clone, Default)]
pub struct TilePredictOptions {
    /// Where and how the networks run.
    pub predictor: PredictorOptions,
    /// Average each tile with its mirror image, for twice the time; `None`: as the trainings' recipe says.
    pub flip: Option<bool>,
    /// Which models of each fold; `None`: as the trainings' recipe says.
    pub members: Option<Members>,
    /// Go on with what an earlier call left in the folder.
    pub resume: bool,
    /// Write each tile's probabilities as a picture of 16 bits too.
    pub pictures: bool,
}

/// What was predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TilePredictReport {
    /// Tiles predicted.
    pub tiles: usize,
    /// Those that a training knew, each predicted only by models that have not seen it.
    pub out_of_fold: usize,
    /// Models.
    pub models: usize,
}

/// Predicts the tiles of a folder with the models of a cross-validation (`run`, or its parts one level down): each tile by the models that
/// have not been trained on it. Models and trainings count as `run/weights.json` says, which [`super::train_system`] leaves; or else the models of a training
/// count alike, and trainings by their numbers of models. Leaves `predictions.safetensors` in `output`, each model's own below `output/members`, those of
/// several trainings below `output/trainings`, and, if asked for, pictures below `output/probability`.
///
/// Probabilities are those of the networks' logits, whatever `options.predictor.calibrated` says: thresholds of recipes, and weights fitted to other
/// predictions, are for these.
///
/// # Errors
/// `NotFound`, `Dataset` when `run` holds no finished cross-validation or the folder no usable tile; `InvalidArgument` when `output`
/// holds predictions already and `options.resume` is not set; `ModelMismatch`; `Io`; `Cancelled`.
pub fn predict_tileset(
    run: &Path,
    folder: &TileFolder,
    output: &Path,
    options: &TilePredictOptions,
    control: &Control<'_>,
) -> Result<TilePredictReport> {
    folder.check()?;
    let (spec, members) = members(run, options.members)?;
    let flip = options.flip.unwrap_or(spec.flip);
    let files = PredictionFolder::new(output);
    let begun = files.result().exists() || (files.members().exists() && !files.all_members()?.is_empty());
    if begun && !options.resume {
        fail!(
            InvalidArgument,
            "{} holds predictions already, finished or not: go on with them (resume), or choose another folder",
            output.display()
        );
    }
    if options.members == Some(Members::Snapshots) && members.iter().all(|member| !member.is_snapshot) {
        control.warn(&format!(
            "the trainings of {} have no snapshots: the models that they kept are taken",
            run.display()
        ));
    }
    create_folder(&files.members())?;
    let mut predicted = Vec::new();
    for (turn, member) in (1..).zip(&members) {
        control.info(&format!("{} ({turn} of {})", member.name, members.len()));
        if predict_member(member, folder, flip, &files, options, control)? {
            predicted.push(member);
        }
    }
    if predicted.is_empty() {
        fail!(Dataset, "{}: no model may predict any of its tiles", folder.path().display());
    }
    forget_others(&files, &predicted)?;
    combine(&files, &predicted, &read_weights(&SystemFolder::new(run).weights())?, control)?;
    let blended = PredictionFile::open(&files.result())?;
    if options.pictures {
        draw(&blended, &files.pictures(), control)?;
    }
    let ids = &blended.head().ids;
    Ok(TilePredictReport {
        tiles: ids.len(),
        out_of_fold: ids.iter().filter(|id| members.iter().any(|member| member.knows(id))).count(),
        models: members.len(),
    })
}

/// Makes the predictions of each training from those of its models, and those of the system from those of its trainings.
pub(super) fn combine(
    output: &PredictionFolder,
    members: &[&Member],
    weights: &BTreeMap<String, f64>,
    control: &Control<'_>,
) -> Result<()> {
    let mut trainings: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in members {
        trainings.entry(&member.training).or_default().push(member);
    }
    for (name, members) in &trainings {
        let path = output.training(name);
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        let files: Vec<PredictionFile> = members
            .iter()
            .map(|member| PredictionFile::open(&output.member(&member.name)))
            .collect::<Result<_>>()?;
        let given = members.iter().map(|member| weights.get(&member.name).copied().unwrap_or(1.0));
        blend(&files, &given.collect::<Vec<f64>>(), &path, control)?;
    }
    if trainings.contains_key("") {
        return Ok(());
    }
    let files: Vec<PredictionFile> =
        trainings.keys().map(|name| PredictionFile::open(&output.training(name))).collect::<Result<_>>()?;
    let given =
        trainings.iter().map(|(name, members)| weights.get(*name).copied().unwrap_or(members.len() as f64));
    blend(&files, &given.collect::<Vec<f64>>(), &output.result(), control)
}

/// Removes what models that are not asked for any more predicted earlier: all that is there is taken for what this system says.
fn forget_others(files: &PredictionFolder, members: &[&Member]) -> Result<()> {
    let kept: BTreeSet<PathBuf> = members.iter().map(|member| files.member(&member.name)).collect();
    for path in files.all_members()? {
        if !kept.contains(&path) {
            std::fs::remove_file(&path).on("remove", &path)?;
        }
    }
    Ok(())
}

/// The weights of models and trainings by name; none where there is no such file.
fn read_weights(path: &Path) -> Result<BTreeMap<String, f64>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path).on("read", path)?;
    serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Malformed, format!("not a list of models and trainings with weights: {error}"))
            .at(path)
    })
}

/// Predicts with one model, unless that was done; whether it may judge any tile.
fn predict_member(
    member: &Member,
    folder: &TileFolder,
    flip: bool,
    files: &PredictionFolder,
    options: &TilePredictOptions,
    control: &Control<'_>,
) -> Result<bool> {
    let tiles = folder.tiles();
    let numbers: Vec<usize> = (0..tiles.len()).filter(|&number| member.judges(&tiles[number].id)).collect();
    if numbers.is_empty() {
        return Ok(false);
    }
    let bytes = std::fs::read(&member.path).on("read", &member.path)?;
    let hash = format!("{:x}", Sha256::digest(&bytes));
    drop(bytes);
    let how = PredictorOptions { calibrated: false, ..options.predictor };
    let predictor = Predictor::load(&member.path, &how)?;
    let needs_depths = predictor.model().contract.channels.contains(&Channel::RelativeDepth);
    let head = PredictionHead {
        ids: numbers.iter().map(|&number| tiles[number].id.clone()).collect(),
        size: folder.size(),
        any_salt: predictor.model().network.heads.classifier.is_some(),
        made_of: vec![format!(
            "model {hash} in {}, tiles {}{}",
            predictor.precision(),
            if needs_depths { folder.depth_hash() } else { folder.data_hash().to_owned() },
            if flip { ", mirrored too" } else { "" }
        )],
        unseen: member.unseen(),
    };
    let path = files.member(&member.name);
    if path.exists() && PredictionFile::open(&path).is_ok_and(|found| *found.head() == head) {
        return Ok(true);
    }
    let mut writer = PredictionWriter::create(&path, head)?;
    predict_tiles(&predictor, folder, &numbers, flip, control, |tile| {
        writer.add(tile.probability, tile.any_salt)
    })?;
    writer.finish()?;
    Ok(true)
}

fn draw(file: &PredictionFile, folder: &Path, control: &Control<'_>) -> Result<()> {
    create_folder(folder)?;
    let ids = &file.head().ids;
    for (number, id) in ids.iter().enumerate() {
        if number % 256 == 0 {
            control.step("write pictures", number as u64, ids.len() as u64)?;
        }
        let path = folder.join(format!("{id}.png"));
        write_probability_png(&path, file.head().size, &file.probability(number)?)?;
    }
    control.step("write pictures", ids.len() as u64, ids.len() as u64)
}
