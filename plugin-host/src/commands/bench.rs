//! `diapir bench`: measurements that anyone can repeat.

use std::time::Instant;

use serde_json::{Value, json};

use super::host::Host;
use super::predict::{memory, seam};
use super::synth;
use crate::abi::{diapir_predict_report, diapir_predict_survey_output};
use crate::args::{BenchArgs, BenchCommand, BenchPredictArgs, BenchSectionArgs, Quality};
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::{Model, Options, SectionInput};
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &BenchArgs) -> Result<Report, HostError> {
    host.need_torch("prediction")?;
    match &args.command {
        BenchCommand::Predict(args) => predict(host, args),
        BenchCommand::Section(args) => section(host, args),
    }
}

/// Seconds that one tile takes the networks, with nothing else going on.
fn alone(models: &[&Model], batch: f64) -> Result<f64, HostError> {
    let started = Instant::now();
    let mut batches = 0;
    while started.elapsed().as_secs_f64() < 2.0 {
        models.iter().try_for_each(|model| model.warm_up())?;
        batches += 1;
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(batches) / batch)
}

struct Run {
    report: diapir_predict_report,
    /// End to end, without statistics of amplitudes.
    seconds: f64,
    /// Of the networks alone.
    alone: f64,
}

impl Run {
    fn ratio(&self) -> f64 {
        self.seconds / self.alone
    }
}

fn predict(host: Host<'_>, args: &BenchPredictArgs) -> Result<Report, HostError> {
    let _folders = outputs::NewFolders::create(&args.output)?;
    let survey = match &args.survey {
        Some(survey) => survey.clone(),
        None => {
            let [seismic, label] = ["bench-survey.sgy", "bench-label.sgy"].map(|name| args.output.join(name));
            synth::write(host, &seismic, &label, &args.size.options(host.plugin, 1)?)?;
            seismic
        }
    };
    let on = args.device.options(host.plugin, args.batch)?;
    let model = host.plugin.load_model(args.model.as_deref(), &on)?;
    let more = args.how.ensemble.iter().map(|path| host.plugin.load_model(Some(path), &on));
    let more: Vec<Model> = more.collect::<Result<_, _>>()?;
    let models: Vec<&Model> = std::iter::once(&model).chain(&more).collect();
    let info = model.info()?;
    let batch = info["batch"].as_f64().unwrap_or(1.0);
    // Networks alone are measured with tiles of the model's own size.
    let is_plain =
        args.how.tile.is_none() && args.how.quality != Quality::Draft && info["contract"]["window"].is_null();
    let flips = args.how.flip || args.how.quality == Quality::Best;
    let survey = host.open(&survey, &args.read.options(host.plugin)?)?;
    let how = args.how.options(host.plugin, &more)?;
    let files: Options<'_, diapir_predict_survey_output> = host.plugin.options()?;
    let output = args.output.join("bench-salt.sgy");
    let mut runs = Vec::new();
    alone(&models, batch)?;
    for _ in 0..args.repeat {
        host.terminal.check()?;
        let before = alone(&models, batch)?;
        let report = model.predict_survey(&survey, &output, &how, &files, &mut host.task())?;
        let per_tile = 0.5 * (before + alone(&models, batch)?);
        let draws = args.how.dropout_passes.max(1);
        let passes = f64::from(draws) * if flips { 2.0 } else { 1.0 };
        runs.push(Run {
            report,
            seconds: report.seconds_total - report.seconds_statistics,
            alone: per_tile * passes * report.tiles as f64,
        });
    }
    runs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    Ok(describe(&runs, is_plain, &info))
}

/// The table of the run in the middle, and the ratios of all.
fn describe(runs: &[Run], is_plain: bool, info: &Value) -> Report {
    let run = &runs[runs.len() / 2];
    let report = &run.report;
    let speed = |seconds: f64| {
        let samples = report.samples as f64 / seconds.max(1e-9) / 1e6;
        format!("{seconds:8.2} s {:10.1} MB/s {samples:10.2} million samples/s", 4.0 * samples)
    };
    let mut table = Table::default();
    table
        .row("Model", format!("{}, {}", text(&info["device"]), text(&info["precision"])))
        .row("Tiles", format!("{}, {} to a batch", report.tiles, info["batch"]))
        .row("Samples", format!("{} on {} live traces", report.samples, report.live_traces));
    let stages = [
        ("  read", report.seconds_read),
        ("  tile", report.seconds_tile),
        ("  copy", report.seconds_copy),
        ("  forward", report.seconds_forward),
        ("  stitch", report.seconds_stitch),
        ("  write", report.seconds_write),
    ];
    for (name, seconds) in stages {
        table.row(name, speed(seconds));
    }
    table.row("End to end", speed(run.seconds));
    if is_plain {
        let ratios: Vec<String> = runs.iter().map(|run| format!("{:.3}", run.ratio())).collect();
        table
            .row("Networks alone", speed(run.alone))
            .row("Ratio", format!("{:.3} (all: {})", run.ratio(), ratios.join(", ")));
    }
    table.row("Seam", seam(report.seam)).row("Memory", memory(report));
    let all = runs.iter().map(|run| {
        json!({"report": run.report, "seconds": run.seconds, "networks_alone": run.alone, "ratio": run.ratio()})
    });
    Report::new(table.text(), json!({"device": info["device"], "runs": all.collect::<Vec<_>>()}))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

fn section(host: Host<'_>, args: &BenchSectionArgs) -> Result<Report, HostError> {
    let on = args.device.options(host.plugin, args.batch)?;
    let model = host.plugin.load_model(args.model.as_deref(), &on)?;
    let how = args.how.options(host.plugin, &[])?;
    let wave = |at: i64| ((at / args.samples) as f32 * 0.05 + (at % args.samples) as f32 * 0.3).sin();
    let samples: Vec<f32> = (0..args.traces * args.samples).map(wave).collect();
    let input = SectionInput {
        samples: &samples,
        traces: args.traces,
        samples_per_trace: args.samples,
        lowest: -1.0,
        highest: 1.0,
    };
    let mut seconds = Vec::new();
    let timed = || -> Result<f64, HostError> {
        let started = Instant::now();
        model.predict_section(&input, &how, &mut host.task())?;
        Ok(started.elapsed().as_secs_f64())
    };
    let cold = timed()?;
    for _ in 0..args.repeat {
        host.terminal.check()?;
        seconds.push(timed()?);
    }
    seconds.sort_by(f64::total_cmp);
    let (median, info) = (seconds[seconds.len() / 2], model.info()?);
    let mut table = Table::default();
    table
        .row("Model", format!("{}, {}", text(&info["device"]), text(&info["precision"])))
        .row("Section", format!("{} traces of {} samples", args.traces, args.samples))
        .row("First", format!("{:.0} ms", 1e3 * cold))
        .row("Median", format!("{:.0} ms of {} more", 1e3 * median, seconds.len()))
        .row("Slowest", format!("{:.0} ms", 1e3 * seconds[seconds.len() - 1]))
        .row("Speed", format!("{:.3} million samples/s", samples.len() as f64 / median / 1e6));
    let json = json!({"device": info["device"], "first_seconds": cold, "median_seconds": median, "seconds": seconds});
    Ok(Report::new(table.text(), json))
}
