//! `diapir synth`: a synthetic survey and its labels.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::Host;
use crate::args::SynthArgs;
use crate::failure::HostError;
use crate::outputs::{self, NewFolders};
use crate::plugin::SynthChoice;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &SynthArgs) -> Result<Report, HostError> {
    let (seismic, label, _folders) = paths(args)?;
    let choice = SynthChoice { seed: args.seed, size: args.size.0, sample_interval_ms: args.sample_interval };
    let begin = Instant::now();
    write(host, [&seismic, &label], &choice)?;
    let seconds = begin.elapsed().as_secs_f64();
    let [inlines, crosslines, samples] = choice.size;
    let mut table = Table::default();
    table
        .row("Seismic", seismic.display().to_string())
        .row("Labels", label.display().to_string())
        .row("Size", format!("{inlines} inlines x {crosslines} crosslines x {samples} samples"))
        .row("Seed", choice.seed.to_string())
        .row("Seconds", format!("{seconds:.1}"));
    let json = json!({
        "seismic": seismic, "label": label, "seed": choice.seed,
        "inlines": inlines, "crosslines": crosslines, "samples": samples,
        "sample_interval_ms": choice.sample_interval_ms, "seconds": seconds,
    });
    Ok(Report::new(table.text(), json))
}

/// Writes one survey; both files or none.
pub(super) fn write(
    host: Host<'_>,
    [seismic, label]: [&Path; 2],
    choice: &SynthChoice,
) -> Result<(), HostError> {
    host.terminal.check()?;
    host.plugin.write_synthetic([seismic, label], choice, &mut host.terminal.task())
}

fn paths(args: &SynthArgs) -> Result<(PathBuf, PathBuf, Option<NewFolders>), HostError> {
    match (&args.output, &args.seismic, &args.label) {
        (Some(folder), None, None) => {
            let folders = NewFolders::create(folder)?;
            Ok((folder.join("seismic.sgy"), folder.join("label.sgy"), Some(folders)))
        }
        (None, Some(seismic), Some(label)) => {
            outputs::check(seismic, &[])?;
            outputs::check(label, &[])?;
            if std::path::absolute(seismic).ok() == std::path::absolute(label).ok() {
                return Err(HostError::usage("--seismic and --label name the same file").at(seismic));
            }
            Ok((seismic.clone(), label.clone(), None))
        }
        _ => Err(HostError::usage("give either --output FOLDER or both --seismic FILE and --label FILE")),
    }
}
