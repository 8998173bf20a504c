//! `diapir predict` and `diapir finish`: the salt probability of a survey.

use std::path::Path;

use serde_json::json;

use super::export::{self, Drawing};
use super::host::Host;
use crate::abi::{self, diapir_predict_report, diapir_survey_info};
use crate::args::{FinishSurveyArgs, Part, PredictArgs};
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::Model;
use crate::report::{Report, Table};
use crate::values::Direction;

pub(super) fn run(host: Host<'_>, args: &PredictArgs) -> Result<Report, HostError> {
    host.need_torch("prediction")?;
    check_outputs(host, args)?;
    let on = args.model_options(host.plugin)?;
    let model = host.plugin.load_model(args.model(), &on)?;
    let more = args.how.ensemble.iter().map(|path| host.plugin.load_model(Some(path), &on));
    let more: Vec<Model> = more.collect::<Result<_, _>>()?;
    let read = args.read.options(host.plugin)?;
    let survey = host.open(args.survey(), &read)?;
    let info = survey.info()?;
    check_line(&info, args)?;
    let label = export::label(host, &args.picture, &read)?;
    host.terminal.check()?;
    // What the model tells takes memory: not when the work is done, beyond what was said beforehand.
    let threshold = match args.threshold {
        Some(threshold) => threshold,
        None => threshold(&model)?,
    };
    let (how, files) = (args.how.options(host.plugin, &more)?, args.output_options(host.plugin)?);
    let report = model.predict_survey(&survey, &args.output, &how, &files, &mut host.task())?;
    if let Some(part) = args.part.filter(|part| part.count > 1) {
        return Ok(describe_part(args, part, &report));
    }
    let wanted = &args.picture;
    if wanted.top.is_some() || wanted.max.is_some() || wanted.png.is_some() {
        let probability = host.open(&args.output, &args.read.options_of_result(host.plugin)?)?;
        let drawing = Drawing {
            probability: &probability,
            seismic: Some(&survey),
            label,
            direction: args.how.drawn(&info),
            threshold,
        };
        export::draw(host, wanted, &drawing)?;
    }
    Ok(describe(args, &report, threshold))
}

/// `diapir finish`: the end of a prediction in parts.
pub(super) fn finish(host: Host<'_>, args: &FinishSurveyArgs) -> Result<Report, HostError> {
    host.need_torch("prediction")?;
    outputs::check(&args.output, &[&args.survey])?;
    let survey = host.open(&args.survey, &args.read.options(host.plugin)?)?;
    let report = host.plugin.finish_survey(&survey, &args.output, &mut host.task())?;
    let mut table = Table::default();
    table.row("Probability", args.output.display().to_string());
    figures(&mut table, &report);
    let json = json!({"probability": args.output, "report": report});
    Ok(Report::new(table.text(), json))
}

/// The probability from which the model's makers take a sample for salt.
pub(super) fn threshold(model: &Model) -> Result<f64, HostError> {
    let info = model.info()?;
    let threshold = info["threshold"].as_f64().filter(|threshold| (0.0..=1.0).contains(threshold));
    threshold.ok_or_else(|| {
        HostError::status(
            abi::DIAPIR_STATUS_INTERNAL,
            "the library does not tell the model's threshold; give --threshold",
        )
        .at(model.path())
    })
}

fn check_outputs(host: Host<'_>, args: &PredictArgs) -> Result<(), HostError> {
    let inputs = [Some(args.survey()), args.model(), args.picture.label.as_deref()];
    let more = args.how.ensemble.iter().map(std::path::PathBuf::as_path);
    let inputs: Vec<&Path> = inputs.into_iter().flatten().chain(more).collect();
    outputs::check(&args.output, &inputs)?;
    export::check(host, &args.picture, &inputs)
}

/// Refuses, before long work, a section that is not there.
fn check_line(info: &diapir_survey_info, args: &PredictArgs) -> Result<(), HostError> {
    let Some(line) = args.picture.line else { return Ok(()) };
    let (name, first, step, count) = match args.how.drawn(info) {
        Direction::Inline => ("inlines", info.inline_first, info.inline_step, info.inline_count),
        Direction::Crossline => {
            ("crosslines", info.crossline_first, info.crossline_step, info.crossline_count)
        }
    };
    let offset = i64::from(line) - i64::from(first);
    let step = i64::from(step);
    if step != 0 && offset % step == 0 && (0..count).contains(&(offset / step)) {
        return Ok(());
    }
    let last = i64::from(first) + step * (count - 1).max(0);
    let message = format!("--line is {line}, the survey's {name} are {first} to {last}, step {step}");
    Err(HostError::status(abi::DIAPIR_STATUS_OUT_OF_RANGE, message).at(args.survey()))
}

fn describe(args: &PredictArgs, report: &diapir_predict_report, threshold: f64) -> Report {
    let mut table = Table::default();
    table.row("Probability", args.output.display().to_string());
    export::rows(&mut table, &args.picture);
    table.row("Threshold", threshold.to_string());
    figures(&mut table, report);
    let json = json!({
        "probability": args.output, "files": export::files(&args.picture), "threshold": threshold,
        "samples_per_second": speed(report), "report": report,
    });
    Report::new(table.text(), json)
}

fn describe_part(args: &PredictArgs, part: Part, report: &diapir_predict_report) -> Report {
    let Part { index, count } = part;
    let mut table = Table::default();
    table.row("Part", format!("{index} of {count} is done; what all parts have done so far:"));
    figures(&mut table, report);
    let next = format!("diapir finish {} --output {}", args.survey().display(), args.output.display());
    table.row("After the last", format!("{next} (and the options that say how to read the survey)"));
    let json = json!({"part": index, "parts": count, "report": report});
    Report::new(table.text(), json)
}

fn speed(report: &diapir_predict_report) -> f64 {
    report.samples as f64 / report.seconds_total.max(1e-9)
}

/// Expected and found.
pub(super) fn memory(report: &diapir_predict_report) -> String {
    let mebibytes = |bytes: i64| bytes >> 20;
    format!("{} MiB, at most {} expected", mebibytes(report.memory_peak), mebibytes(report.memory_bound))
}

/// What a prediction came to.
fn figures(table: &mut Table, report: &diapir_predict_report) {
    let blank = match report.blank_tiles {
        0 => String::new(),
        blank => format!(", {blank} blank ones passed over"),
    };
    table
        .row("Tiles", format!("{}{blank}", report.tiles))
        .row("Samples", format!("{} on {} live traces", report.samples, report.live_traces))
        .row("Seam", seam(report.seam))
        .row("Memory", memory(report))
        .row("Speed", format!("{:.3} million samples/s", speed(report) / 1e6))
        .row("Seconds", format!("{:.1} in all; stages overlap:", report.seconds_total));
    stages(table, report);
}

/// How visible tile borders are.
pub(super) fn seam(seam: f64) -> String {
    match seam.is_finite() {
        true => format!("{seam:.3} (1: tile borders are not visible)"),
        false => "none: the tiles have no border to see".to_owned(),
    }
}

/// Seconds per stage.
pub(super) fn stages(table: &mut Table, report: &diapir_predict_report) {
    for (name, seconds) in [
        ("  statistics", report.seconds_statistics),
        ("  read", report.seconds_read),
        ("  tile", report.seconds_tile),
        ("  copy", report.seconds_copy),
        ("  forward", report.seconds_forward),
        ("  stitch", report.seconds_stitch),
        ("  write", report.seconds_write),
    ] {
        table.row(name, format!("{seconds:.2}"));
    }
}
