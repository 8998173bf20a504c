//! Folders of tiles through all models of a trained ensemble to one file of predictions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::members::{Member, members};
use crate::control::Control;
use crate::ensemble::blend;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::infer::{Predictor, PredictorOptions, predict_tiles};
use crate::output::create_folder;
use crate::tileset::{PredictionFile, PredictionHead, PredictionWriter, TileFolder, write_probability_png};
use crate::train::Members;

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
/// have not been trained on it. The models of a training count alike; trainings count as `run/weights.json` says, which [`super::train_system`] leaves, or else by
/// their numbers of models. Leaves `predictions.safetensors` in `output`, each model's own below `output/members`, those of several trainings below
/// `output/trainings`, and, if asked for, pictures below `output/probability`.
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
    let parts = output.join("members");
    let result = output.join("predictions.safetensors");
    if !options.resume && (parts.exists() || result.exists()) {
        fail!(
            InvalidArgument,
            "{} holds predictions already: go on with them (resume), or choose another folder",
            output.display()
        );
    }
    create_folder(&parts)?;
    let mut trainings: BTreeMap<&str, Vec<PredictionFile>> = BTreeMap::new();
    for (turn, member) in (1..).zip(&members) {
        control.info(&format!("{} ({turn} of {})", member.name, members.len()));
        if let Some(path) = predict_member(member, (folder, flip), &parts, options, control)? {
            trainings.entry(&member.training).or_default().push(PredictionFile::open(&path)?);
        }
    }
    if trainings.is_empty() {
        fail!(Dataset, "{}: no model may predict any of its tiles", folder.path().display());
    }
    if let [files] = &trainings.values().collect::<Vec<_>>()[..] {
        blend(files, &vec![1.0; files.len()], &result, control)?;
    } else {
        create_folder(&output.join(TRAININGS))?;
        for (name, files) in &trainings {
            blend(files, &vec![1.0; files.len()], &of_training(output, name), control)?;
        }
        let given = weights(&run.join("weights.json"))?;
        let of = |name: &str| members.iter().filter(|member| member.training == name).count() as f64;
        let weights: BTreeMap<String, f64> = trainings
            .keys()
            .map(|&name| (name.to_owned(), given.get(name).copied().unwrap_or_else(|| of(name))))
            .collect();
        combine(output, &weights, control)?;
    }
    let blended = PredictionFile::open(&result)?;
    if options.pictures {
        draw(&blended, &output.join("probability"), control)?;
    }
    let ids = &blended.head().ids;
    Ok(TilePredictReport {
        tiles: ids.len(),
        out_of_fold: ids.iter().filter(|id| members.iter().any(|member| member.knows(id))).count(),
        models: members.len(),
    })
}

/// Where the predictions of each of several trainings are.
pub(super) const TRAININGS: &str = "trainings";

/// The predictions of one of several trainings.
pub(super) fn of_training(output: &Path, name: &str) -> PathBuf {
    output.join(TRAININGS).join(format!("{name}.safetensors"))
}

/// Makes the predictions of all trainings from those of each.
pub(super) fn combine(output: &Path, weights: &BTreeMap<String, f64>, control: &Control<'_>) -> Result<()> {
    let files: Vec<PredictionFile> =
        weights.keys().map(|name| PredictionFile::open(&of_training(output, name))).collect::<Result<_>>()?;
    let weights: Vec<f64> = weights.values().copied().collect();
    blend(&files, &weights, &output.join("predictions.safetensors"), control)
}

/// The weights of trainings by name; none where there is no such file.
fn weights(path: &Path) -> Result<BTreeMap<String, f64>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path).on("read", path)?;
    serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Malformed, format!("not a list of trainings with weights: {error}")).at(path)
    })
}

/// The predictions of one model, unless they are there; `None` when it may judge no tile.
fn predict_member(
    member: &Member,
    (folder, flip): (&TileFolder, bool),
    parts: &Path,
    options: &TilePredictOptions,
    control: &Control<'_>,
) -> Result<Option<PathBuf>> {
    let tiles = folder.tiles();
    let numbers: Vec<usize> = (0..tiles.len()).filter(|&number| member.judges(&tiles[number].id)).collect();
    if numbers.is_empty() {
        return Ok(None);
    }
    let bytes = std::fs::read(&member.path).on("read", &member.path)?;
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    drop(bytes);
    let predictor = Predictor::load(&member.path, &options.predictor)?;
    let head = PredictionHead {
        ids: numbers.iter().map(|&number| tiles[number].id.clone()).collect(),
        size: folder.size(),
        any_salt: predictor.model().network.heads.classifier.is_some(),
        made_of: vec![format!(
            "model {hash}, tiles {}{}",
            folder.data_hash(),
            if flip { ", mirrored too" } else { "" }
        )],
        unseen: member.unseen(),
    };
    let path = parts.join(format!("{}.safetensors", member.name));
    if path.exists() && PredictionFile::open(&path).is_ok_and(|found| *found.head() == head) {
        return Ok(Some(path));
    }
    let mut writer = PredictionWriter::create(&path, head)?;
    predict_tiles(&predictor, folder, (&numbers, flip), control, |tile| {
        writer.add(tile.probability, tile.any_salt)
    })?;
    writer.finish()?;
    Ok(Some(path))
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
