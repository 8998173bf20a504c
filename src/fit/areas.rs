//! Labelled surveys, scaled by their own amplitudes, as areas to take tiles from.

use crate::control::Control;
use crate::error::Result;
use crate::train::{Area, LabelledSurvey, TrainingSpec};
use crate::volume::AmplitudeStats;

/// All of a survey.
pub(super) fn whole<'a>(
    survey: LabelledSurvey<'a>,
    spec: &TrainingSpec,
    control: &Control<'_>,
) -> Result<Area<'a>> {
    let stats = statistics(&survey, spec, control)?;
    Area::new(survey, 0..survey.seismic.grid().inlines.count, &stats)
}

/// What the recipe scales a survey's amplitudes by.
pub(super) fn statistics(
    survey: &LabelledSurvey<'_>,
    spec: &TrainingSpec,
    control: &Control<'_>,
) -> Result<AmplitudeStats> {
    let scaling = spec.input.scaling;
    AmplitudeStats::of(survey.seismic, [scaling.low_share, scaling.high_share], control)
}
