//! What work a folder of unfinished files belongs to.

use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::options::{Sections, SurveyOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::infer::{Ensemble, Line, PredictOptions};
use crate::segy::{SampleFormat, SegyVolume, WriteOptions};
use crate::volume::{AmplitudeStats, VolumeSource as _};

/// A model, as far as it matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelIdentity {
    /// SHA-256 over the tensors.
    pub(super) tensors: String,
    /// SHA-256 over the rest of the model file.
    pub(super) about: String,
    pub(super) recipe: String,
    pub(super) seed: u64,
    pub(super) precision: String,
}

/// Everything that the samples of the output depend on. Two runs of the same job work on the same files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) library: String,
    /// As it was named by the run that began: others may see it elsewhere.
    pub(super) survey: String,
    /// Bytes of the survey's file, and when it was last changed, in nanoseconds since 1970.
    pub(super) survey_bytes: u64,
    pub(super) survey_modified: Option<u64>,
    /// SHA-256 over some of its bytes: two surveys may be alike in all else.
    pub(super) survey_probe: String,
    /// SHA-256 over the survey's grid, the place of headers, and which trace of the file is where.
    pub(super) survey_geometry: String,
    pub(super) models: Vec<ModelIdentity>,
    pub(super) predict: PredictOptions,
    pub(super) sections: Sections,
    pub(super) uncertainty: bool,
    /// The threshold of the mask, if one is written.
    pub(super) mask: Option<f32>,
    /// The threshold of the report's outlines, if one is written.
    pub(super) report: Option<f32>,
    /// Sample format code.
    pub(super) format: u16,
}

/// The job and what was found out before the first tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub(super) job: Job,
    /// Of each input contract.
    pub(super) amplitudes: Vec<AmplitudeStats>,
    /// How long the survey was streamed for them.
    pub(super) seconds_statistics: f64,
}

impl Job {
    pub(super) fn new(ensemble: &Ensemble<'_>, survey: &SegyVolume, options: &SurveyOptions) -> Result<Self> {
        let identity = |member: &&crate::infer::Predictor| -> Result<ModelIdentity> {
            let about = member.model();
            let text = serde_json::to_string(about).map_err(|error| encoding(&error))?;
            Ok(ModelIdentity {
                tensors: member.digest().to_owned(),
                about: digest(text.as_bytes()),
                recipe: about.training.recipe.clone(),
                seed: about.training.seed,
                precision: member.precision().to_owned(),
            })
        };
        let threshold = options.threshold.unwrap_or(ensemble.members()[0].model().threshold);
        let modified = survey.modified().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            library: env!("CARGO_PKG_VERSION").to_owned(),
            survey: survey.path().display().to_string(),
            survey_bytes: survey.file_bytes(),
            survey_modified: modified.and_then(|since| u64::try_from(since.as_nanos()).ok()),
            survey_probe: survey.probe()?,
            survey_geometry: geometry(survey),
            models: ensemble.members().iter().map(identity).collect::<Result<_>>()?,
            predict: options.predict,
            sections: options.sections.of_survey(survey.grid()),
            uncertainty: options.uncertainty,
            mask: options.mask.then_some(threshold),
            report: options.report.then_some(threshold),
            format: options.format.code(),
        })
    }

    /// All lines, in the order of their numbers.
    pub(super) fn lines(&self, survey: &SegyVolume) -> Vec<Line> {
        let directions = self.sections.directions().into_iter();
        directions.flat_map(|direction| Line::all(survey.grid(), direction)).collect()
    }

    /// Whether the other is the same work.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Self { survey: other.survey.clone(), ..self.clone() } == *other
    }

    /// What another job has otherwise, for people.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let survey = |job: &Self| (job.survey_bytes, job.survey_geometry.clone(), job.survey_probe.clone());
        let all = [
            (self.library != other.library, "the version of the library"),
            (survey(self) != survey(other), "the survey"),
            (self.survey_modified != other.survey_modified, "when the survey was changed"),
            (self.models != other.models, "the models or their precision"),
            (self.predict != other.predict, "tiles, overlap, flips and the like"),
            (self.sections != other.sections, "directions"),
            (
                (self.uncertainty, self.mask, self.report, self.format)
                    != (other.uncertainty, other.mask, other.report, other.format),
                "what is written",
            ),
        ];
        all.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
    }

    /// Whether this is the survey that the work began with.
    ///
    /// # Errors
    /// `Io`, `Truncated`.
    pub(super) fn is_of(&self, survey: &SegyVolume) -> Result<bool> {
        Ok(self.survey_geometry == geometry(survey)
            && self.survey_bytes == survey.file_bytes()
            && self.survey_probe == survey.probe()?)
    }

    /// How the probability is written.
    pub(super) fn probability(&self) -> WriteOptions {
        let format = SampleFormat::from_code(self.format).unwrap_or(SampleFormat::Ieee32);
        WriteOptions { format, history: self.history("SALT PROBABILITY 0 TO 1"), ..WriteOptions::default() }
    }

    /// How the uncertainty is written.
    pub(super) fn uncertainty(&self) -> WriteOptions {
        let history = self.history("STANDARD DEVIATION OF SALT PROBABILITY");
        WriteOptions { history, ..self.probability() }
    }

    /// How the mask is written.
    pub(super) fn mask(&self, threshold: f32) -> WriteOptions {
        let history = self.history(&format!("1 WHERE SALT PROBABILITY EXCEEDS {threshold}, 0 ELSEWHERE"));
        WriteOptions { format: SampleFormat::Int8, scale: Some(1.0), history, ..WriteOptions::default() }
    }

    fn history(&self, what: &str) -> Vec<String> {
        let mut lines = vec![format!("DIAPIR {}: {what}", self.library)];
        for model in self.models.iter().take(4) {
            lines.push(
                format!("MODEL {:.12} RECIPE {} SEED {}", model.tensors, model.recipe, model.seed)
                    .to_uppercase(),
            );
        }
        if self.models.len() > 4 {
            lines.push(format!("AND {} MORE MODELS", self.models.len() - 4));
        }
        let sections = match self.sections {
            Sections::One(direction) => format!("{direction:?}"),
            Sections::Both(fusion) => format!("{fusion:?} of inline and crossline"),
        };
        let PredictOptions { tile, overlap, edge, window, flip, dropout_passes, resample, skip_blank } =
            self.predict;
        let overlap = overlap.map_or_else(|| "default".to_owned(), |overlap| overlap.to_string());
        let flip = if flip { ", flip" } else { "" };
        let resampled = if resample { ", resampled" } else { "" };
        let blank = if skip_blank { "" } else { ", blank tiles too" };
        lines.push(format!("{sections} sections, {tile:?} tiles, overlap {overlap}{flip}").to_uppercase());
        lines.push(
            format!("{edge:?} edge, {window:?} window, {dropout_passes} dropout passes{resampled}{blank}")
                .to_uppercase(),
        );
        lines
    }
}

fn geometry(survey: &SegyVolume) -> String {
    let mut hash = Sha256::new();
    let (grid, live) = (survey.grid(), survey.live());
    let bytes = survey.summary().traces.bytes;
    hash.update(format!("{:?} {:?} {:?} {bytes:?}", grid.inlines, grid.crosslines, grid.samples).as_bytes());
    for inline in 0..grid.inlines.count {
        for crossline in 0..grid.crosslines.count {
            // Dead bins have no trace, or one that is not looked at.
            let trace = survey.trace_number(inline, crossline).filter(|_| live.is_live(inline, crossline));
            hash.update(trace.unwrap_or(u64::MAX).to_le_bytes());
        }
    }
    format!("{:x}", hash.finalize())
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Encoding our own records cannot fail.
pub(super) fn encoding(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot encode a record: {error}"))
}
