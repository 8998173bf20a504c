//! `diapir scan`: what a SEG-Y file holds, and what is odd about it.

use serde_json::{Value, json};

use super::host::Host;
use crate::abi::diapir_survey_info;
use crate::args::ScanArgs;
use crate::failure::HostError;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &ScanArgs) -> Result<Report, HostError> {
    let survey = host.open(&args.file, &args.read.options(host.plugin)?)?;
    let (info, summary) = (survey.info()?, survey.summary()?);
    let report = survey.report(!args.quick, &mut host.task())?;
    if let Some(path) = &args.map {
        survey.live_map(path)?;
    }
    let header = args.text.then(|| survey.text_header()).transpose()?;
    let problems = problems(&summary, &report);
    let mut table = Table::default();
    table.row("File", args.file.display().to_string());
    format(&mut table, &info);
    axes(&mut table, &info);
    match Map::of(&info) {
        Some(map) => map.rows(&mut table, &info),
        None => {
            table.row("Map position", "none: the coordinates fit no regular grid");
        }
    }
    for (name, key) in [("Without trace", "missing"), ("Dead", "dead"), ("Duplicates", "duplicates")] {
        if let Some(count) = summary[key].as_u64().filter(|count| *count > 0) {
            table.row(name, count.to_string());
        }
    }
    if let Some(quality) = report["quality"].as_object() {
        samples(&mut table, quality);
    }
    for assumption in texts(&summary["assumptions"]) {
        table.row("Assumed", assumption);
    }
    for problem in &problems {
        table.row(problem.kind, &*problem.text);
    }
    let violations = report["violations"].as_array().map_or(0, Vec::len);
    if args.strict && violations == 0 {
        table.row("Strict", "the file meets the demands of common readers");
    }
    if let Some(path) = &args.map {
        table.row("Map of live traces", path.display().to_string());
    }
    let mut text = table.text();
    if let Some(header) = &header {
        text += &format!("\n{}\n", header.trim_end());
    }
    let map = Map::of(&info).map(|map| map.json());
    let ranked: Vec<Value> =
        problems.iter().map(|problem| json!({"kind": problem.kind, "text": problem.text})).collect();
    let json = json!({
        "path": args.file, "info": info, "map": map, "summary": summary, "assumptions": summary["assumptions"],
        "problems": ranked, "quality": report["quality"], "violations": report["violations"], "text_header": header,
    });
    Ok(Report { found_fault: args.strict && violations > 0, ..Report::new(text, json) })
}

/// Something that a person should look at.
struct Problem {
    kind: &'static str,
    text: String,
}

/// What is wrong, worst first: samples that spoil results, then what the scan warns of, then what other
/// programs mind.
fn problems(summary: &Value, report: &Value) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |kind, text| found.push(Problem { kind, text });
    let quality = &report["quality"];
    let count = |key: &str| quality[key].as_u64().unwrap_or(0);
    let bad = count("nan") + count("infinite");
    if bad > 0 {
        add("Problem", format!("{bad} samples are NaN or infinite: they are taken as 0"));
    }
    for (key, what) in [
        ("constant", "have one value in all samples: dead, but not marked as dead"),
        (
            "clipped",
            "have their largest magnitude in three or more neighbouring samples: clipped, or of few levels",
        ),
    ] {
        let traces = quality[key]["count"].as_u64().unwrap_or(0);
        if traces > 0 {
            let share = 100.0 * traces as f64 / count("traces").max(1) as f64;
            let first = &quality[key]["examples"][0];
            add(
                "Problem",
                format!(
                    "{traces} live traces ({share:.1} %) {what}; the first is at inline {}, crossline {}",
                    first[0], first[1]
                ),
            );
        }
    }
    texts(&summary["warnings"]).for_each(|text| add("Warning", text.to_owned()));
    for violation in report["violations"].as_array().into_iter().flatten() {
        add(
            "Readers",
            format!("byte {}: {}", violation["byte"], violation["text"].as_str().unwrap_or_default()),
        );
    }
    found
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Amplitudes in two lines and a histogram.
fn samples(table: &mut Table, quality: &serde_json::Map<String, Value>) {
    let number = |key: &str| quality[key].as_f64().unwrap_or(0.0);
    table.row(
        "Amplitudes",
        format!(
            "{} to {}, mean {}, root mean square {}, {:.1} % zeros",
            significant(number("lowest")),
            significant(number("highest")),
            significant(number("mean")),
            significant(number("rms")),
            100.0 * number("zeros") / number("samples").max(1.0)
        ),
    );
    let percentile = |pair: &Value| {
        format!("{} %: {}", pair[0].as_f64().unwrap_or(0.0), significant(pair[1].as_f64().unwrap_or(0.0)))
    };
    let percentiles: Vec<String> =
        quality["percentiles"].as_array().into_iter().flatten().map(percentile).collect();
    table.row("Percentiles", percentiles.join(", "));
    let counts: Vec<f64> =
        quality["histogram"]["counts"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let most = counts.iter().copied().fold(0.0, f64::max);
    if most > 0.0 {
        let bar = |count: &f64| BARS[((count / most * 8.0).ceil() as usize).min(8)];
        let bars: String = counts.iter().map(bar).collect();
        let end = |key: &str| significant(quality["histogram"][key].as_f64().unwrap_or(0.0));
        table.row("Histogram", format!("{} {bars} {}", end("low"), end("high")));
    }
}

/// A number with five significant digits.
fn significant(value: f64) -> String {
    let size = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    match 4 - size {
        digits @ 0..=9 => format!("{value:.*}", digits as usize),
        _ => format!("{value:.4e}"),
    }
}

const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn format(table: &mut Table, info: &diapir_survey_info) {
    let samples = match info.sample_format {
        1 => "IBM float, 4 bytes".to_owned(),
        2 => "integer, 4 bytes".to_owned(),
        3 => "integer, 2 bytes".to_owned(),
        5 => "IEEE float, 4 bytes".to_owned(),
        4 => "integer with gain, 4 bytes".to_owned(),
        6 => "IEEE float, 8 bytes".to_owned(),
        7 => "integer, 3 bytes".to_owned(),
        8 => "integer, 1 byte".to_owned(),
        9 => "integer, 8 bytes".to_owned(),
        10 => "unsigned integer, 4 bytes".to_owned(),
        11 => "unsigned integer, 2 bytes".to_owned(),
        12 => "unsigned integer, 8 bytes".to_owned(),
        15 => "unsigned integer, 3 bytes".to_owned(),
        16 => "unsigned integer, 1 byte".to_owned(),
        code => format!("format {code}"),
    };
    let order = match info.byte_order {
        2 => "little-endian",
        3 => "big-endian with swapped byte pairs",
        _ => "big-endian",
    };
    table.row("Format", format!("{samples} (code {}), {order}", info.sample_format));
    let sorting = match info.sorting {
        1 => "inline by inline",
        2 => "crossline by crossline",
        _ => "neither by inline nor by crossline",
    };
    table.row("Sorting", sorting);
}

fn axes(table: &mut Table, info: &diapir_survey_info) {
    let line = |count: i64, first: i32, step: i32| {
        let last = i64::from(first) + i64::from(step) * (count - 1).max(0);
        format!("{count}: {first} to {last}, step {step}")
    };
    let unit = unit(info);
    let last = info.sample_first + info.sample_interval * (info.sample_count - 1).max(0) as f64;
    let bins = info.inline_count.saturating_mul(info.crossline_count);
    let share = 100.0 * info.live_count as f64 / bins.max(1) as f64;
    table
        .row("Inlines", line(info.inline_count, info.inline_first, info.inline_step))
        .row("Crosslines", line(info.crossline_count, info.crossline_first, info.crossline_step))
        .row(
            "Samples",
            format!(
                "{}: {} to {last} {unit}, every {} {unit}",
                info.sample_count, info.sample_first, info.sample_interval
            ),
        )
        .row("Traces", format!("{} in the file", info.trace_count))
        .row("Live", format!("{} of {bins} positions ({share:.1} %)", info.live_count));
}

fn unit(info: &diapir_survey_info) -> &'static str {
    match info.sample_unit {
        2 => "m",
        3 => "ft",
        _ => "ms",
    }
}

/// Bin size and direction, from the affine fit of the coordinates.
struct Map {
    /// Distance between neighbouring inlines, and between neighbouring crosslines, in map units.
    bin: [f64; 2],
    /// Directions in which inline and crossline numbers grow, in degrees clockwise from grid north.
    azimuth: [f64; 2],
}

impl Map {
    fn of(info: &diapir_survey_info) -> Option<Self> {
        let steps =
            [[info.inline_step_x, info.inline_step_y], [info.crossline_step_x, info.crossline_step_y]];
        let azimuth = |[x, y]: [f64; 2]| x.atan2(y).to_degrees().rem_euclid(360.0);
        (info.has_georeference != 0)
            .then(|| Self { bin: steps.map(|[x, y]| x.hypot(y)), azimuth: steps.map(azimuth) })
    }

    fn rows(&self, table: &mut Table, info: &diapir_survey_info) {
        let ([inline, crossline], [inward, along]) = (self.bin, self.azimuth);
        table
            .row("Origin", format!("x {:.2}, y {:.2}", info.origin_x, info.origin_y))
            .row("Bin size", format!("{inline:.2} between inlines, {crossline:.2} between crosslines"))
            .row(
                "Rotation",
                format!(
                    "crossline numbers grow towards {along:.2}, inline numbers towards {inward:.2} degrees from north"
                ),
            )
            .row("Residual", format!("{:.3} (root mean square of the coordinates)", info.residual));
    }

    fn json(&self) -> Value {
        json!({
            "inline_spacing": self.bin[0],
            "crossline_spacing": self.bin[1],
            "inline_azimuth_degrees": self.azimuth[0],
            "crossline_azimuth_degrees": self.azimuth[1],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azimuths_are_clockwise_from_north() {
        let info = diapir_survey_info {
            struct_size: 0,
            sample_format: 5,
            inline_count: 2,
            crossline_count: 2,
            sample_count: 2,
            trace_count: 4,
            live_count: 4,
            inline_first: 1,
            inline_step: 1,
            crossline_first: 1,
            crossline_step: 1,
            sample_first: 0.0,
            sample_interval: 4.0,
            sample_unit: 1,
            byte_order: 1,
            sorting: 1,
            has_georeference: 1,
            origin_x: 0.0,
            origin_y: 0.0,
            inline_step_x: -20.0,
            inline_step_y: 0.0,
            crossline_step_x: 9.0,
            crossline_step_y: 12.0,
            residual: 0.0,
        };
        let map = Map::of(&info).unwrap();
        assert_eq!(map.bin, [20.0, 15.0]);
        assert!((map.azimuth[0] - 270.0).abs() < 1e-9 && (map.azimuth[1] - 36.869_897_645_8).abs() < 1e-6);
        assert!(Map::of(&diapir_survey_info { has_georeference: 0, ..info }).is_none());
    }
}
