//! `diapir synth`: a synthetic survey and its labels.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::host::Host;
use crate::abi::diapir_synth_options;
use crate::args::SynthArgs;
use crate::failure::HostError;
use crate::outputs::{self, NewFolders};
use crate::plugin::Options;
use crate::report::{Report, Table};
use crate::values::Size;

pub(super) fn run(host: Host<'_>, args: &SynthArgs) -> Result<Report, HostError> {
    let Paths { seismic, label, _folders } = Paths::of(args)?;
    let options = args.options(host.plugin)?;
    let begin = Instant::now();
    write(host, &seismic, &label, &options)?;
    let seconds = begin.elapsed().as_secs_f64();
    let Size { inlines, crosslines, samples } = args.size;
    let mut table = Table::default();
    table
        .row("Seismic", seismic.display().to_string())
        .row("Labels", label.display().to_string())
        .row("Size", format!("{inlines} inlines x {crosslines} crosslines x {samples} samples"))
        .row("Seed", args.seed.to_string())
        .row("Seconds", format!("{seconds:.1}"));
    let json = json!({
        "seismic": seismic, "label": label, "seed": args.seed,
        "inlines": inlines, "crosslines": crosslines, "samples": samples,
        "sample_interval_ms": args.sample_interval, "seconds": seconds,
    });
    Ok(Report::new(table.text(), json))
}

/// Writes one survey; both files or none.
pub(super) fn write(
    host: Host<'_>,
    seismic: &Path,
    label: &Path,
    options: &Options<'_, diapir_synth_options>,
) -> Result<(), HostError> {
    host.terminal.check()?;
    host.plugin.synth_write(seismic, label, options, &mut host.task())
}

/// Where a survey and its labels go.
struct Paths {
    seismic: PathBuf,
    label: PathBuf,
    /// Taken away again if nothing is written.
    _folders: Option<NewFolders>,
}

impl Paths {
    fn of(args: &SynthArgs) -> Result<Self, HostError> {
        match (&args.output, &args.seismic, &args.label) {
            (Some(folder), None, None) => {
                let folders = Some(NewFolders::create(folder)?);
                let [seismic, label] = ["seismic.sgy", "label.sgy"].map(|name| folder.join(name));
                Ok(Self { seismic, label, _folders: folders })
            }
            (None, Some(seismic), Some(label)) => {
                outputs::check(seismic, &[])?;
                outputs::check(label, &[])?;
                if std::path::absolute(seismic).ok() == std::path::absolute(label).ok() {
                    return Err(HostError::usage("--seismic and --label name the same file").at(seismic));
                }
                Ok(Self { seismic: seismic.clone(), label: label.clone(), _folders: None })
            }
            _ => Err(HostError::usage("give either --output FOLDER or both --seismic FILE and --label FILE")),
        }
    }
}
