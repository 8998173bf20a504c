//! `diapir runs`: trainings side by side.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::args::RunsArgs;
use crate::failure::HostError;
use crate::report::Report;

/// What a run says of itself, and the last line of its history.
struct Run {
    folder: PathBuf,
    record: Value,
    last: Value,
}

pub(super) fn run(args: &RunsArgs) -> Result<Report, HostError> {
    let mut runs = Vec::new();
    for folder in &args.folders {
        let before = runs.len();
        find(folder, 2, &mut runs)?;
        if runs.len() == before {
            return Err(HostError::usage("holds no training: there is no run.json in it or below").at(folder));
        }
    }
    runs.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let json =
        runs.iter().map(|run| json!({"folder": run.folder, "run": run.record, "last_epoch": run.last}));
    Ok(Report::new(table(&runs), json!({"runs": json.collect::<Vec<_>>()})))
}

/// Collects the runs of a folder and, so many levels down, of those below.
fn find(folder: &Path, levels: usize, runs: &mut Vec<Run>) -> Result<(), HostError> {
    let path = folder.join("run.json");
    if path.is_file() {
        let text = std::fs::read_to_string(&path).map_err(|error| HostError::io(&error, "read", &path))?;
        let record = serde_json::from_str(&text).map_err(|error| {
            HostError::usage(format!("is not the record of a training: {error}")).at(&path)
        })?;
        let history = std::fs::read_to_string(folder.join("history.jsonl")).unwrap_or_default();
        let last = history.lines().last().and_then(|line| serde_json::from_str(line).ok());
        runs.push(Run { folder: folder.to_owned(), record, last: last.unwrap_or(Value::Null) });
        return Ok(());
    }
    if levels == 0 {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|error| HostError::io(&error, "list", folder))?;
    let mut below: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    below.sort();
    below.iter().try_for_each(|folder| find(folder, levels - 1, runs))
}

/// The model's validation score, or that of the last epoch so far.
fn score(run: &Run) -> f64 {
    let finished = run.record["result"]["validation_score"].as_f64();
    finished.or_else(|| run.last["validation"]["score"].as_f64()).unwrap_or(-1.0)
}

const HEADS: [&str; 10] =
    ["Score", "IoU", "Threshold", "Epochs", "Tiles", "Recipe", "Seed", "Fold", "State", "Run"];

fn table(runs: &[Run]) -> String {
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(runs.iter().map(row));
    let widths: Vec<usize> = (0..HEADS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let line = |row: &[String; 10]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn row(run: &Run) -> [String; 10] {
    let Run { folder, record, last } = run;
    let result = &record["result"];
    let either = |finished: &str, running: &str| {
        result[finished].as_f64().or_else(|| last["validation"][running].as_f64())
    };
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    };
    [
        figure(either("validation_score", "score")),
        figure(either("validation_iou", "iou")),
        figure(either("best_threshold", "best_threshold")),
        plain(&last["epoch"]),
        plain(&record["data"]["training_tiles"]),
        plain(&record["recipe"]),
        plain(&record["seed"]),
        plain(&record["folds"]["fold"]),
        plain(&record["state"]),
        folder.display().to_string(),
    ]
}
