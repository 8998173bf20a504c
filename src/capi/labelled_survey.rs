//! Surveys to learn from.

use super::failure::Failure;
use super::handle::{self, InUse};
use super::memory;
use super::survey::diapir_survey;
use super::tileset::diapir_tileset;
#[cfg(feature = "torch")]
use crate::fit::{LabelledData, LabelledSurvey};

/// A survey and its interpretation on the same grid: label samples of 0.5 or more are salt.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct diapir_labelled_survey {
    /// The amplitudes.
    pub seismic: *const diapir_survey,
    /// The labels.
    pub label: *const diapir_survey,
}

/// Labelled surveys in use by one call.
pub(super) struct Surveys<'a>(Vec<Pair<'a>>);

struct Pair<'a> {
    seismic: InUse<'a, diapir_survey>,
    label: InUse<'a, diapir_survey>,
}

impl Surveys<'_> {
    /// # Safety
    /// `given` is NULL or holds `count` pairs of surveys of this library.
    pub(super) unsafe fn borrow(
        given: *const diapir_labelled_survey,
        count: usize,
        parameter: &str,
    ) -> Result<Self, Failure> {
        // SAFETY: the same contract.
        let given = unsafe { memory::input(given, count, parameter) }?;
        // SAFETY: the same contract, for the handles.
        let pair = |(index, pair): (usize, &diapir_labelled_survey)| unsafe {
            let seismic = handle::borrow(pair.seismic, &format!("{parameter}[{index}].seismic"))?;
            let label = handle::borrow(pair.label, &format!("{parameter}[{index}].label"))?;
            Ok(Pair { seismic, label })
        };
        Ok(Self(given.iter().enumerate().map(pair).collect::<Result<_, Failure>>()?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses an empty list, whose length the parameter `count` tells.
    pub(super) fn some(self, count: &str) -> Result<Self, Failure> {
        match self.is_empty() {
            true => Err(Failure::invalid(format!("{count} is 0; give at least one labelled survey"))),
            false => Ok(self),
        }
    }

    #[cfg(feature = "torch")]
    pub(super) fn sources(&self) -> Vec<LabelledSurvey<'_>> {
        let volumes = self.0.iter().map(|pair| (&pair.seismic.volume, &pair.label.volume));
        volumes.map(|(seismic, label)| LabelledSurvey { seismic, label }).collect()
    }
}

/// What is learnt from.
pub(super) enum Data<'a> {
    Surveys(Surveys<'a>),
    Tiles(InUse<'a, diapir_tileset>),
}

#[cfg(feature = "torch")]
impl Data<'_> {
    /// Does `work` with it in Rust's terms.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(LabelledData<'_>) -> crate::error::Result<T>,
    ) -> crate::error::Result<T> {
        match self {
            Data::Surveys(surveys) => work(LabelledData::Surveys(&surveys.sources())),
            Data::Tiles(tileset) => work(LabelledData::Tiles(&tileset.folder)),
        }
    }
}
