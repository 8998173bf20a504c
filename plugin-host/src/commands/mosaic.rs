//! `diapir mosaic`: tiles put together again.

use std::time::Instant;

use serde_json::json;

use super::host::Host;
use super::learn;
use crate::args::MosaicArgs;
use crate::failure::HostError;
use crate::outputs;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &MosaicArgs) -> Result<Report, HostError> {
    outputs::check(&args.output, &[])?;
    let tilesets = learn::tilesets(host, &args.folders, &args.parts)?;
    let options = args.options(host.plugin)?;
    let begin = Instant::now();
    let found = host.plugin.mosaic_tiles(&tilesets, &args.output, &options, &mut host.task())?;
    let seconds = begin.elapsed().as_secs_f64();
    let mut table = Table::default();
    table
        .row("Tiles", found.tiles.to_string())
        .row(
            "Neighbours",
            format!("{}, {} of them refused as contradicting others", found.links, found.refused),
        )
        .row(
            "Mosaics",
            format!("{} of {} tiles, the largest of {}", found.mosaics, found.placed, found.largest),
        )
        .row("Table", args.output.display().to_string());
    if let Some(folder) = &args.pictures {
        table.row("Pictures", folder.display().to_string());
    }
    table.row("Seconds", format!("{seconds:.1}"));
    let json = json!({"table": args.output, "pictures": args.pictures, "mosaics": found, "seconds": seconds});
    Ok(Report::new(table.text(), json))
}
