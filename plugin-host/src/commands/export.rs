//! `diapir export`: maps and a picture of a probability volume.

use std::path::Path;

use serde_json::{Value, json};

use super::host::Host;
use crate::abi::{self, diapir_survey_options};
use crate::args::{ExportArgs, PictureArgs};
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::{MapPaths, Options, Over, Survey};
use crate::report::{Report, Table};
use crate::values::Direction;

pub(super) fn run(host: Host<'_>, args: &ExportArgs) -> Result<Report, HostError> {
    let picture = &args.picture;
    if picture.top.is_none() && picture.max.is_none() && picture.png.is_none() {
        return Err(HostError::usage("nothing to draw: give --top, --max or --png"));
    }
    if picture.png.is_some() && args.seismic.is_none() {
        return Err(HostError::usage("--png needs the seismic survey behind the picture: --seismic FILE"));
    }
    let inputs = [Some(args.probability.as_path()), args.seismic.as_deref()];
    check(host, picture, &inputs.into_iter().flatten().collect::<Vec<_>>())?;
    let read = args.read.options(host.plugin)?;
    let probability = host.open(&args.probability, &read)?;
    let seismic = args.seismic.as_ref().map(|path| host.open(path, &read)).transpose()?;
    let drawing = Drawing {
        probability: &probability,
        seismic: seismic.as_ref(),
        label: label(host, picture, &read)?,
        direction: args.direction,
        threshold: args.threshold,
    };
    draw(host, picture, &drawing)?;
    let mut table = Table::default();
    rows(&mut table, picture);
    Ok(Report::new(table.text(), files(picture)))
}

/// What there is to draw from.
pub(super) struct Drawing<'a> {
    pub(super) probability: &'a Survey,
    /// Behind the picture.
    pub(super) seismic: Option<&'a Survey>,
    pub(super) label: Option<Survey>,
    pub(super) direction: Direction,
    pub(super) threshold: f64,
}

/// Refuses, before long work, what could not be drawn after it.
pub(super) fn check(host: Host<'_>, args: &PictureArgs, inputs: &[&Path]) -> Result<(), HostError> {
    if (args.top.is_some() || args.max.is_some()) && !host.plugin.has_gdal() {
        return Err(HostError::status(
            abi::DIAPIR_STATUS_UNSUPPORTED,
            "maps need GDAL, which this build of the library was made without; leave out --top and --max",
        ));
    }
    if args.png.is_none() && (args.line.is_some() || args.label.is_some() || args.title.is_some()) {
        return Err(HostError::usage("--line, --label and --title are for the picture: give --png FILE.png"));
    }
    for output in [&args.top, &args.max, &args.png].into_iter().flatten() {
        outputs::check(output, inputs)?;
    }
    Ok(())
}

/// Opens the labels that the picture shall show.
pub(super) fn label(
    host: Host<'_>,
    args: &PictureArgs,
    read: &Options<'_, diapir_survey_options>,
) -> Result<Option<Survey>, HostError> {
    args.label.as_ref().map(|path| host.open(path, read)).transpose()
}

/// Draws what was asked for.
pub(super) fn draw(host: Host<'_>, args: &PictureArgs, drawing: &Drawing<'_>) -> Result<(), HostError> {
    if args.top.is_some() || args.max.is_some() {
        let options = args.maps_options(host.plugin, drawing.threshold)?;
        let paths = MapPaths { top: args.top.as_deref(), max: args.max.as_deref() };
        host.terminal.check()?;
        host.plugin.export_maps(drawing.probability, paths, &options, &mut host.task())?;
    }
    if let (Some(path), Some(seismic)) = (&args.png, drawing.seismic) {
        let options = args.section_options(host.plugin, drawing.direction, drawing.threshold)?;
        let over = Over { probability: Some(drawing.probability), label: drawing.label.as_ref() };
        host.terminal.check()?;
        host.plugin.export_section_png(seismic, over, path, &options)?;
    }
    Ok(())
}

/// The files drawn, for a person.
pub(super) fn rows(table: &mut Table, args: &PictureArgs) {
    let files = [("Top of salt", &args.top), ("Largest probability", &args.max), ("Picture", &args.png)];
    for (name, path) in files {
        if let Some(path) = path {
            table.row(name, path.display().to_string());
        }
    }
}

/// The files drawn, for a program.
pub(super) fn files(args: &PictureArgs) -> Value {
    json!({"top": args.top, "max": args.max, "png": args.png})
}
