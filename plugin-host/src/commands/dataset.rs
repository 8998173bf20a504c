//! `diapir dataset`: what is in a folder of tiles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::host::Host;
use super::learn;
use crate::args::{DatasetArgs, DatasetCommand, DatasetInfoArgs};
use crate::failure::HostError;
use crate::report::{Report, Table};

/// Problems listed for a person; a program gets all.
const LISTED: usize = 40;
/// Characters of the longest bar.
const BAR: usize = 40;

pub(super) fn run(host: Host<'_>, args: &DatasetArgs) -> Result<Report, HostError> {
    match &args.command {
        DatasetCommand::Info(args) => info(host, args),
    }
}

fn info(host: Host<'_>, args: &DatasetInfoArgs) -> Result<Report, HostError> {
    let tiles = learn::tiles(host, &args.folder, &args.tiles)?;
    let found = tiles.info()?;
    if let Some(path) = &args.sheet {
        tiles.contact_sheet(path, args.count)?;
    }
    let number = |key: &str| found[key].as_u64().unwrap_or_default();
    let mut table = Table::default();
    table
        .row("Folder", args.folder.display().to_string())
        .row("Tiles", format!("{} of {size} x {size}", number("tiles"), size = number("size")))
        .row("With masks", number("labelled").to_string())
        .row("Without salt", number("empty").to_string())
        .row("All salt", number("full").to_string())
        .row(
            "Mean coverage",
            format!("{:.1} %", 100.0 * found["mean_coverage"].as_f64().unwrap_or_default()),
        );
    match found["depth_range"].as_array().map(Vec::as_slice) {
        Some([shallow, deep]) => table.row("Depths", format!("{shallow} to {deep}")),
        _ => table.row("Depths", "none: there is no table of depths"),
    };
    if let Some(path) = &args.sheet {
        table.row("Contact sheet", path.display().to_string());
    }
    let mut text = table.text();
    text += &histogram(&found["coverage"]);
    text += &problems(&found["problems"]);
    Ok(Report::new(text, json!({"folder": args.folder, "sheet": args.sheet, "dataset": found})))
}

fn histogram(coverage: &Value) -> String {
    let counts: Vec<u64> =
        coverage.as_array().into_iter().flatten().map(|count| count.as_u64().unwrap_or_default()).collect();
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    let line = |(class, count): (usize, &u64)| {
        let name = match class {
            0 => "no salt".to_owned(),
            class => format!("{} to {} %", 10 * (class - 1), 10 * class),
        };
        let bar = "#".repeat((*count as usize * BAR).div_ceil(most as usize));
        format!("{name:>12} {count:>6} {bar}").trim_end().to_owned() + "\n"
    };
    format!(
        "\nSalt coverage of the tiles with masks\n{}",
        counts.iter().enumerate().map(line).collect::<String>()
    )
}

/// A line for each kind, then the problems, those that keep a tile from being used first.
fn problems(problems: &Value) -> String {
    let problems = problems.as_array().map(Vec::as_slice).unwrap_or_default();
    if problems.is_empty() {
        return "\nNothing is wrong.\n".to_owned();
    }
    let text = |problem: &Value, key: &str| problem[key].as_str().unwrap_or_default().to_owned();
    let (harmless, excluding): (Vec<&Value>, Vec<&Value>) =
        problems.iter().partition(|problem| problem["kind"] == "empty_image");
    let mut counts = BTreeMap::new();
    for problem in problems {
        *counts.entry(text(problem, "kind")).or_insert(0usize) += 1;
    }
    let kinds: String = counts.iter().map(|(kind, count)| format!("{kind:>16} {count:>6}\n")).collect();
    let line = |problem: &&Value| {
        format!("{:14} {:14} {}\n", text(problem, "id"), text(problem, "kind"), text(problem, "detail"))
    };
    let mut lines: String = excluding.iter().chain(&harmless).take(LISTED).map(line).collect();
    if problems.len() > LISTED {
        lines += &format!(".. and {} more: --json lists all\n", problems.len() - LISTED);
    }
    format!(
        "\nProblems: {} tiles cannot be used, {} can but teach nothing\n{kinds}\n{lines}",
        excluding.len(),
        harmless.len()
    )
}
