//! Random sections to a model file.

use std::path::Path;

use super::options::{FitOptions, FitReport};
use super::run::Run;
use super::surveys::statistics;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::train::{Area, LabelledSurvey, RunFolder, SurveyTiles, TileSource};

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
    let [tiles, drawn] = sections.sources(spec.seed, &spec.input)?;
    let folder = RunFolder::prepare(folder, options.resume)?;
    let mut check = Vec::new();
    for &survey in validation {
        let stats = statistics(&survey, spec, control)?;
        check.push(Area::new(survey, 0..survey.seismic.grid().inlines.count, &stats)?);
    }
    let surveys;
    let validation: &dyn TileSource = if check.is_empty() {
        &drawn
    } else {
        surveys = SurveyTiles::new(check, tiles.contract().clone(), spec, control)?;
        &surveys
    };
    let run = Run { tiles: &tiles, validation, folder: &folder, options, place };
    Ok(run.train(|| Ok(()), control)?.0)
}
