//! What a run folder says of itself, for people and for listings of runs: `run.json`, `recipe.toml`, `folds.json`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::options::{FitOptions, FitReport, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::output::write_file;
use crate::tileset::TileFolder;
use crate::train::{RunFiles, RunFolder, TileSource};
use crate::volume::LineAxis;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// At work, or killed.
    Running,
    Stopped,
    Finished,
}

/// Whether the training in a folder has come to its end.
pub(crate) fn is_finished(files: &RunFiles) -> bool {
    #[derive(Deserialize)]
    struct Record {
        state: State,
    }
    let text = std::fs::read(files.record());
    text.is_ok_and(|text| {
        serde_json::from_slice::<Record>(&text).is_ok_and(|record| record.state == State::Finished)
    })
}

/// One training, as `run.json` has it.
#[derive(Debug, Serialize)]
pub(super) struct RunRecord {
    /// Seconds since 1970 when this run of the program began.
    started: u64,
    state: State,
    /// What stopped it.
    error: Option<String>,
    recipe: String,
    seed: u64,
    folds: crate::train::FoldSpec,
    resumed: bool,
    environment: Environment,
    data: Data,
    /// What it came to, once finished.
    result: Option<FitReport>,
}

#[derive(Debug, Serialize)]
struct Environment {
    library: &'static str,
    libtorch: &'static str,
    system: &'static str,
    processor: &'static str,
    threads: usize,
    device: String,
    arithmetic: String,
}

#[derive(Debug, Serialize)]
struct Data {
    training_tiles: usize,
    training_sha256: String,
    validation_tiles: usize,
    validation_sha256: String,
}

impl RunRecord {
    pub(super) fn new(
        options: &FitOptions,
        place: Place,
        training: &dyn TileSource,
        validation: &dyn TileSource,
    ) -> Self {
        Self {
            started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            state: State::Running,
            error: None,
            recipe: options.recipe.training.name.clone(),
            seed: options.recipe.training.seed,
            folds: options.recipe.folds,
            resumed: options.resume,
            environment: Environment {
                library: env!("CARGO_PKG_VERSION"),
                libtorch: crate::tensor::libtorch_version(),
                system: std::env::consts::OS,
                processor: std::env::consts::ARCH,
                threads: std::thread::available_parallelism().map_or(1, |count| count.get()),
                device: format!("{:?}", place.device),
                arithmetic: format!("{:?}", place.kind),
            },
            data: Data {
                training_tiles: training.len(),
                training_sha256: training.data_hash().to_owned(),
                validation_tiles: validation.len(),
                validation_sha256: validation.data_hash().to_owned(),
            },
            result: None,
        }
    }

    pub(super) fn stopped(&mut self, error: &Error) {
        (self.state, self.error) = (State::Stopped, Some(error.to_string()));
    }

    pub(super) fn finished(&mut self, report: &FitReport) {
        (self.state, self.result) = (State::Finished, Some(report.clone()));
    }

    /// Writes the record, and the text of the recipe as it was resolved.
    pub(super) fn write(&self, folder: &RunFolder, recipe: &str) -> Result<()> {
        write_file(&folder.recipe(), recipe.as_bytes())?;
        write_file(&folder.record(), &json(self)?)
    }
}

/// Leaves the ids of each fold in the run folder.
pub(super) fn write_folds(
    folder: &RunFolder,
    tiles: &TileFolder,
    numbers: &[usize],
    folds: &[usize],
) -> Result<()> {
    let mut ids: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (&number, &fold) in numbers.iter().zip(folds) {
        ids.entry(fold).or_default().push(&tiles.tiles()[number].id);
    }
    write_file(&folder.folds(), &json(&ids)?)
}

/// The inlines of one survey by their use, as first and last number.
#[derive(Debug, Serialize)]
pub(super) struct LineFold {
    training: Vec<[i32; 2]>,
    validation: Option<[i32; 2]>,
}

impl LineFold {
    /// From indices of inlines.
    pub(super) fn new(
        lines: &LineAxis,
        training: &[Range<usize>],
        validation: Option<&Range<usize>>,
    ) -> Self {
        let numbers =
            |range: &Range<usize>| [lines.number(range.start), lines.number(range.end.saturating_sub(1))];
        Self { training: training.iter().map(numbers).collect(), validation: validation.map(numbers) }
    }
}

/// Leaves the inlines of each training survey in the run folder.
pub(super) fn write_line_folds(folder: &RunFolder, folds: &[LineFold]) -> Result<()> {
    write_file(&folder.folds(), &json(&folds)?)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode the run's record: {error}")))
}
