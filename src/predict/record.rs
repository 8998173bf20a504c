//! What a prediction came to, for people and scripts: `NAME-run.json`.

use serde::Serialize;

use super::job::{Prepared, encoding};
use super::journal::{Account, RunRecord};
use super::options::OutputNames;
use crate::error::Result;
use crate::infer::{LineFigures, PredictReport, StageSeconds};
use crate::output::write_file;
use crate::segy::SegyVolume;
use crate::volume::VolumeSource as _;

#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    prepared: &'a Prepared,
    totals: PredictReport,
    runs: &'a [RunRecord],
}

/// The name of the record before the end.
pub(super) const RECORD: &str = "run.json";

/// Writes the record.
pub(super) fn write(
    prepared: &Prepared,
    names: &OutputNames,
    account: &Account,
    totals: PredictReport,
) -> Result<()> {
    let record = Record { prepared, totals, runs: &account.runs };
    let text = serde_json::to_vec_pretty(&record).map_err(|error| encoding(&error))?;
    write_file(&names.work.join(RECORD), &text)
}

/// The sums over all finished lines and runs.
pub(super) fn totals(prepared: &Prepared, account: &Account, survey: &SegyVolume) -> PredictReport {
    let mut figures = LineFigures::default();
    account.lines.values().for_each(|line| figures.add(&line.figures));
    let mut report = figures.report(survey.grid().samples.count);
    let most =
        |bytes: fn(&RunRecord) -> Option<u64>| account.runs.iter().filter_map(bytes).max().unwrap_or(0);
    report.memory_bound = most(|run| run.memory_bound);
    report.memory_peak = most(|run| run.memory_peak);
    report.seconds = account.runs.iter().fold(StageSeconds::default(), |sum, run| sum.plus(&run.seconds));
    report.seconds.statistics = prepared.seconds_statistics;
    report.seconds.total += prepared.seconds_statistics;
    report
}
