//! The data that trainings and cross-validations learn from.

use std::path::{Path, PathBuf};

use super::host::Host;
use crate::abi::diapir_survey_options;
use crate::args::{LearnArgs, TilesArgs};
use crate::failure::HostError;
use crate::plugin::{LabelledSurvey, Options, Tileset, TrainingData};

/// Opens what is learnt from.
pub(super) fn data(
    host: Host<'_>,
    args: &LearnArgs,
    validation: &[PathBuf],
) -> Result<TrainingData, HostError> {
    if let Some(folder) = &args.tiles {
        return Ok(TrainingData::Tiles(tiles(host, folder, &args.parts)?));
    }
    let read = args.read.options(host.plugin)?;
    let pairs = |paths: &[PathBuf]| pairs(host, paths, &read);
    Ok(TrainingData::Surveys { training: pairs(&args.survey)?, validation: pairs(validation)? })
}

/// Opens a folder of tiles, with progress.
pub(super) fn tiles(host: Host<'_>, folder: &Path, args: &TilesArgs) -> Result<Tileset, HostError> {
    let options = args.options(host.plugin)?;
    host.terminal.check()?;
    host.plugin.open_tileset(folder, &options, &mut host.task()).map_err(|error| error.at(folder))
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
fn pairs(
    host: Host<'_>,
    paths: &[PathBuf],
    read: &Options<'_, diapir_survey_options>,
) -> Result<Vec<LabelledSurvey>, HostError> {
    let open = |pair: &[PathBuf]| match pair {
        [seismic, label] => {
            Ok(LabelledSurvey { seismic: host.open(seismic, read)?, label: host.open(label, read)? })
        }
        _ => Err(HostError::usage("surveys come in pairs: SEISMIC LABEL")),
    };
    paths.chunks(2).map(open).collect()
}
