//! Random sections to a model file.

use std::path::Path;

use super::areas::whole;
use super::options::{FitOptions, FitReport};
use super::run::Run;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::train::{LabelledSurvey, RandomTiles, RunFolder, SurveyTiles, TileSource};

/// Trains on the recipe's random sections, and validates on surveys or, where there are none, on other random sections.
pub(super) fn fit_sections(
    validation: &[LabelledSurvey<'_>],
    folder: &Path,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<FitReport> {
    let spec = &options.recipe.training;
    let Some(sections) = &spec.sections else {
        fail!(InvalidArgument, "no survey is given, and the recipe has no [sections] to draw instead");
    };
    let place = options.place()?;
    let [tiles, drawn] = RandomTiles::pair(sections, spec.seed, &spec.input)?;
    let folder = RunFolder::prepare(folder, options.resume)?;
    let surveys;
    let validation: &dyn TileSource = if validation.is_empty() {
        &drawn
    } else {
        let check = validation.iter().map(|&survey| whole(survey, spec, control)).collect::<Result<_>>()?;
        surveys = SurveyTiles::new(check, tiles.contract().clone(), spec, control)?;
        &surveys
    };
    let run = Run { tiles: &tiles, validation, folder: &folder, options, place };
    Ok(run.train(|| Ok(()), control)?.0)
}
