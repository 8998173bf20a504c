//! Commands of one call: info, scan, synth, evaluate.

use std::path::Path;

use serde_json::{Value, json};

use super::{Outcome, open, report};
use crate::args::Headers;
use crate::plugin::{HostError, Plugin, Result};
use crate::terminal::Terminal;

fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|error| HostError::own(format!("the library's JSON cannot be read: {error}")))
}

pub(super) fn info(plugin: Plugin) -> Result<Outcome> {
    let [version, libtorch, gdal] = plugin.versions();
    // A build without libtorch has no devices and no recipes.
    let (devices, recipes) =
        if libtorch.is_empty() { Default::default() } else { (plugin.devices()?, plugin.recipes()?) };
    let or_none = |text: &str| if text.is_empty() { "not in this build".to_owned() } else { text.to_owned() };
    let lines = vec![
        format!("libdiapir {version}"),
        format!("libtorch  {}", or_none(&libtorch)),
        format!("GDAL      {}", or_none(&gdal)),
        format!("devices   {}", devices.join(", ")),
        format!("recipes   {}", recipes.join(", ")),
    ];
    Ok(Outcome {
        json: json!({"version": version, "libtorch": libtorch, "gdal": gdal, "devices": devices, "recipes": recipes}),
        lines,
    })
}

pub(super) fn model(plugin: Plugin, path: &Path) -> Result<Outcome> {
    let json = parse(&plugin.load_model(path, "cpu", "auto", 0)?.info()?)?;
    Ok(Outcome { lines: vec![format!("{json:#}")], json })
}

pub(super) fn recipe(plugin: Plugin, name: &str) -> Result<Outcome> {
    let text = plugin.recipe(name)?;
    Ok(Outcome { json: json!({"name": name, "toml": text}), lines: vec![text] })
}

pub(super) fn scan(plugin: Plugin, path: &Path, headers: &Headers, terminal: &Terminal) -> Result<Outcome> {
    let json = parse(&open(plugin, path, headers, terminal)?.summary()?)?;
    let (grid, layout) = (&json["grid"], &json["layout"]);
    let axis = |name: &str| {
        let (first, step, count) = (&grid[name]["first"], &grid[name]["step"], &grid[name]["count"]);
        format!("{count} from {first} in steps of {step}")
    };
    let mut lines = vec![
        format!("{}", path.display()),
        format!(
            "format      {} {} endian, revision {}",
            layout["format"], layout["byte_order"], layout["revision"]
        ),
        format!(
            "traces      {}, sorted by {}; {} live, {} dead, {} positions empty",
            layout["traces"], json["sorting"], json["live"], json["dead"], json["missing"]
        ),
        format!("inlines     {}", axis("inlines")),
        format!("crosslines  {}", axis("crosslines")),
        format!("samples     {} {}", axis("samples"), grid["samples"]["unit"]),
    ];
    if !grid["georef"].is_null() {
        let georef = &grid["georef"];
        lines.push(format!(
            "origin      {}; per inline {}, per crossline {}; residual {}",
            georef["origin"], georef["inline_step"], georef["crossline_step"], georef["residual"]
        ));
    }
    let warnings = json["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(warnings.map(|warning| format!("warning     {warning}")));
    Ok(Outcome { json, lines })
}

pub(super) fn synth(
    plugin: Plugin,
    (seed, size): (u64, [i64; 3]),
    paths: [&Path; 2],
    terminal: &Terminal,
) -> Result<Outcome> {
    plugin.synth(paths, seed, size, terminal)?;
    let [seismic, label] = paths.map(|path| path.display().to_string());
    Ok(Outcome {
        json: json!({"seed": seed, "seismic": seismic, "label": label}),
        lines: vec![format!("wrote {seismic} and {label}")],
    })
}

pub(super) fn evaluate(
    plugin: Plugin,
    [probability, label]: [&Path; 2],
    threshold: f32,
    terminal: &Terminal,
) -> Result<Outcome> {
    let headers = Headers::default();
    let (probability, label) =
        (open(plugin, probability, &headers, terminal)?, open(plugin, label, &headers, terminal)?);
    let (json, lines) = report::evaluation(&probability.evaluate(&label, threshold, terminal)?);
    Ok(Outcome { json, lines })
}
