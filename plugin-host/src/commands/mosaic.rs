//! `diapir mosaic`: tiles put together again.

use std::time::Instant;

use serde_json::json;

use super::{Host, learn};
use crate::args::MosaicArgs;
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::MosaicChoice;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &MosaicArgs) -> Result<Report, HostError> {
    outputs::check(&args.output, &[])?;
    let tilesets = learn::tilesets(host, &args.folders, &args.parts)?;
    let choice = MosaicChoice {
        match_histograms: args.match_histograms,
        max_distance: args.max_distance,
        min_certainty: args.min_certainty,
        pictures: args.pictures.as_deref().map(|folder| (folder, args.pictured_from)),
    };
    let begin = Instant::now();
    let found = host.plugin.mosaic_tiles(&tilesets, &args.output, &choice, &mut host.terminal.task())?;
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
