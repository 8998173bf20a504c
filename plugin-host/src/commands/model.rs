//! `diapir model`: list and describe models, import weights into one, export its weights, halve it.

use std::path::Path;

use serde_json::{Value, json};

use super::host::Host;
use crate::abi::diapir_model_options;
use crate::args::{ModelArgs, ModelCommand, ModelExportArgs, ModelHalveArgs, ModelImportArgs, ModelInfoArgs};
use crate::failure::HostError;
use crate::plugin::{BUILTIN, Options};
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &ModelArgs) -> Result<Report, HostError> {
    host.need_torch("a model")?;
    match &args.command {
        ModelCommand::List => list(host),
        ModelCommand::Info(args) => info(host, args),
        ModelCommand::Import(args) => import(host, args),
        ModelCommand::Export(args) => export(host, args),
        ModelCommand::Halve(args) => halve(host, args),
    }
}

fn list(host: Host<'_>) -> Result<Report, HostError> {
    let names = host.plugin.model_names()?;
    Ok(Report::new(names.iter().map(|name| format!("{name}\n")).collect(), json!({"models": names})))
}

fn halve(host: Host<'_>, args: &ModelHalveArgs) -> Result<Report, HostError> {
    refuse_existing(&args.output, args.overwrite)?;
    host.plugin.weights_halve(&args.model, &args.output)?;
    let mut table = Table::default();
    table.row("Model", args.output.display().to_string());
    Ok(Report::new(table.text(), json!({"model": args.output})))
}

fn info(host: Host<'_>, args: &ModelInfoArgs) -> Result<Report, HostError> {
    let mut options: Options<'_, diapir_model_options> = host.plugin.options()?;
    options.set_device("cpu")?;
    let info = host.plugin.load_model(args.model.as_deref(), &options)?.info()?;
    let mut table = Table::default();
    let path = args.model.as_deref().unwrap_or(Path::new(BUILTIN));
    table.row("model", path.display().to_string());
    let mut stages = String::new();
    if let Value::Object(object) = &info {
        let mut object = object.clone();
        stages = object.remove("stages").map(|rows| stage_table(&rows)).unwrap_or_default();
        table.object(&object);
    }
    Ok(Report::new(format!("{}\n{stages}", table.text()), json!({"path": path, "model": info})))
}

/// A line per stage of the network and one with the sums.
fn stage_table(rows: &Value) -> String {
    const NONE: &Vec<Value> = &Vec::new();
    let rows = rows.as_array().unwrap_or(NONE);
    let name = |row: &Value| row["name"].as_str().unwrap_or_default().to_owned();
    let width = rows.iter().map(|row| name(row).len()).max().unwrap_or(0).max(5);
    let line = |name: &str, shape: &str, parameters: u64, flops: u64, field: &str| {
        let operations = flops as f64 / 1e9;
        format!("{name:width$}  {shape:>16}  {parameters:>12}  {operations:>9.3}  {field:>15}\n")
    };
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or_default();
    let mut text = format!(
        "{:width$}  {:>16}  {:>12}  {:>9}  {:>15}\n",
        "stage", "channels x size", "parameters", "GFLOP", "receptive field"
    );
    for row in rows {
        let [channels, height, columns] = [0, 1, 2].map(|axis| row["shape"][axis].as_u64().unwrap_or(0));
        let shape = format!("{channels} x {height}x{columns}");
        let field = row["receptive_field"].to_string();
        text += &line(&name(row), &shape, number(row, "parameters"), number(row, "flops"), &field);
    }
    let sum = |key: &str| rows.iter().map(|row| number(row, key)).sum();
    text + &line("sum", "", sum("parameters"), sum("flops"), "")
}

fn import(host: Host<'_>, args: &ModelImportArgs) -> Result<Report, HostError> {
    refuse_existing(&args.output, args.overwrite)?;
    let options = args.options(host.plugin)?;
    let report = host
        .plugin
        .weights_import(&args.weights, &args.output, &options, &mut host.task())
        .map_err(|error| error.at(&args.weights))?;
    let mut table = Table::default();
    table
        .row("Model", args.output.display().to_string())
        .row("Matched", format!("{} tensors, {} of them adapted", report.matched, report.adapted))
        .row("Missing", report.missing.to_string())
        .row("Unexpected", report.unexpected.to_string())
        .row("Other shape", report.wrong_shape.to_string())
        .row("Not needed", report.ignored.to_string());
    Ok(Report::new(table.text(), json!({"model": args.output, "report": report})))
}

fn export(host: Host<'_>, args: &ModelExportArgs) -> Result<Report, HostError> {
    refuse_existing(&args.output, args.overwrite)?;
    host.plugin.weights_export(&args.model, &args.output, &args.options(host.plugin)?)?;
    let mut table = Table::default();
    table.row("Weights", args.output.display().to_string());
    Ok(Report::new(table.text(), json!({"weights": args.output})))
}

fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), HostError> {
    if path.exists() && !overwrite {
        return Err(HostError::usage("exists; name another file, or replace it with --overwrite").at(path));
    }
    Ok(())
}
