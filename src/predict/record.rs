//! What a prediction came to, for people and scripts: `NAME-run.json`.

use serde::Serialize;

use super::job::{Prepared, encoding};
use super::journal::{Account, RunRecord};
use super::options::OutputNames;
use crate::error::Result;
use crate::infer::{PredictReport, StageSeconds};
use crate::metrics::SeamFigure;
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
    (prepared, names): (&Prepared, &OutputNames),
    account: &Account,
    totals: PredictReport,
) -> Result<()> {
    let record = Record { prepared, totals, runs: &account.runs };
    let text = serde_json::to_vec_pretty(&record).map_err(|error| encoding(&error))?;
    write_file(&names.work.join(RECORD), &text)
}

/// The sums over all finished lines and runs.
pub(super) fn totals(prepared: &Prepared, account: &Account, survey: &SegyVolume) -> PredictReport {
    let mut report = PredictReport::default();
    let mut seams = SeamFigure::default();
    for line in account.lines.values() {
        report.tiles += line.tiles;
        report.blank_tiles += line.blank_tiles;
        report.live_traces += line.live_traces;
        seams.merge(&line.seams);
    }
    report.samples = report.live_traces * survey.grid().samples.count as u64;
    report.seam = seams.ratio().unwrap_or(f64::NAN);
    let most =
        |bytes: fn(&RunRecord) -> Option<u64>| account.runs.iter().filter_map(bytes).max().unwrap_or(0);
    report.memory_bound = most(|run| run.memory_bound);
    report.memory_peak = most(|run| run.memory_peak);
    report.seconds = account.runs.iter().fold(StageSeconds::default(), |sum, run| sum.plus(&run.seconds));
    report.seconds.statistics = prepared.seconds_statistics;
    report.seconds.total += prepared.seconds_statistics;
    report
}
