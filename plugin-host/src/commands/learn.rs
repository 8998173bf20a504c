//! What trainings and cross-validations share: the data, the choices.

use std::path::{Path, PathBuf};

use super::Host;
use crate::args::{LearnArgs, TilesArgs};
use crate::failure::HostError;
use crate::plugin::{Survey, SurveyChoice, Tileset, TilesetChoice, TrainChoice, TrainingData};
use crate::recipe;

/// The choices, with the recipe resolved.
pub(super) fn choice(host: Host<'_>, args: &LearnArgs) -> Result<TrainChoice, HostError> {
    Ok(TrainChoice {
        recipe: recipe::text(host.plugin, &args.recipe, &args.set)?,
        device: Some(args.device.device.clone()),
        precision: Some(args.device.precision.name().to_owned()),
        resume: args.resume,
        initial: args.initial.clone(),
        pseudo: None,
    })
}

/// Opens what is learnt from.
pub(super) fn data(
    host: Host<'_>,
    args: &LearnArgs,
    validation: &[PathBuf],
) -> Result<TrainingData, HostError> {
    if let Some(folder) = &args.tiles {
        return Ok(TrainingData::Tiles(tiles(host, folder, &args.parts)?));
    }
    let read = args.read.choice();
    let pairs = |paths: &[PathBuf]| pairs(host, paths, &read);
    Ok(TrainingData::Surveys { training: pairs(&args.survey)?, validation: pairs(validation)? })
}

/// Opens a folder of tiles, with progress.
pub(super) fn tiles(host: Host<'_>, folder: &Path, args: &TilesArgs) -> Result<Tileset, HostError> {
    let choice = TilesetChoice {
        depths: args.depths.clone(),
        masks: args.masks.clone(),
        groups: args.groups.clone(),
        unlabelled: args.unlabelled,
        leave_out: args.leave_out,
    };
    host.terminal.check()?;
    host.plugin.open_tileset(folder, &choice, &mut host.terminal.task()).map_err(|error| error.at(folder))
}

/// Opens several folders of tiles, whose parts lie alike.
pub(super) fn tilesets(
    host: Host<'_>,
    folders: &[PathBuf],
    args: &TilesArgs,
) -> Result<Vec<Tileset>, HostError> {
    folders.iter().map(|folder| tiles(host, folder, args)).collect()
}

/// Opens seismic and label files that follow each other in a list.
fn pairs(host: Host<'_>, paths: &[PathBuf], read: &SurveyChoice) -> Result<Vec<[Survey; 2]>, HostError> {
    let open = |pair: &[PathBuf]| match pair {
        [seismic, label] => Ok([host.open(seismic, read)?, host.open(label, read)?]),
        _ => Err(HostError::usage("surveys come in pairs: SEISMIC LABEL")),
    };
    paths.chunks(2).map(open).collect()
}
