//! `diapir train`: a model from labelled surveys.

use std::path::Path;

use serde_json::json;

use super::host::Host;
use super::learn;
use crate::abi::diapir_train_report;
use crate::args::TrainArgs;
use crate::failure::HostError;
use crate::report::{Report, Table, figure};

/// The model that a training leaves in its run folder.
pub(super) const MODEL: &str = "model.safetensors";
const CHECKPOINT: &str = "checkpoint.safetensors";
const REPORT: &str = "report.html";
/// All files and folders of a training.
const FILES: [&str; 8] = [
    MODEL,
    CHECKPOINT,
    REPORT,
    "history.jsonl",
    "run.json",
    "recipe.toml",
    "folds.json",
    "average.safetensors",
];
const FOLDERS: [&str; 3] = ["tensorboard", "kept", "snapshots"];

pub(super) fn run(host: Host<'_>, args: &TrainArgs) -> Result<Report, HostError> {
    host.need_torch("training")?;
    check_folder(&args.output, args)?;
    let options = args.learn.options(host.plugin)?;
    let data = learn::data(host, &args.learn, &args.validation)?;
    let has_data = args.learn.tiles.is_some() || !args.learn.survey.is_empty();
    let report = host.plugin.train(&data, &args.output, &options, &mut host.task()).map_err(|error| {
        if error.is_cancelled() && args.output.join(CHECKPOINT).exists() {
            error.advise("the same command with --resume goes on from the last checkpoint")
        } else if !has_data && error.is_invalid_argument() {
            error.advise(
                "give --survey SEISMIC LABEL, --tiles FOLDER, or a recipe with [sections] such as survey",
            )
        } else {
            error
        }
    })?;
    Ok(describe(&args.output, &report))
}

/// Refuses to mix two trainings in one folder.
fn check_folder(folder: &Path, args: &TrainArgs) -> Result<(), HostError> {
    if folder.exists() && !folder.is_dir() {
        return Err(HostError::usage("is a file; name a folder for the run").at(folder));
    }
    let resume = args.learn.resume;
    let used = [MODEL, CHECKPOINT].iter().any(|name| folder.join(name).exists());
    if used && !resume && !args.overwrite {
        return Err(HostError::usage(
            "holds a training already; go on with --resume, begin anew with --overwrite, or name another folder",
        )
        .at(folder));
    }
    if resume && !folder.join(CHECKPOINT).exists() {
        return Err(
            HostError::usage(format!("holds no {CHECKPOINT} to go on from; leave out --resume")).at(folder)
        );
    }
    if args.overwrite {
        remove(folder)?;
    }
    Ok(())
}

/// Takes the files of an earlier training away, so that none of them passes for one of the new.
pub(super) fn remove(folder: &Path) -> Result<(), HostError> {
    let files = FILES.iter().map(|name| (folder.join(name), false));
    for (path, is_folder) in files.chain(FOLDERS.iter().map(|name| (folder.join(name), true))) {
        let removed = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(HostError::io(&error, "remove", &path));
            }
            _ => {}
        }
    }
    Ok(())
}

fn describe(folder: &Path, report: &diapir_train_report) -> Report {
    let [model, page, history] = [MODEL, REPORT, "history.jsonl"].map(|name| folder.join(name));
    let mut table = Table::default();
    table
        .row("Model", model.display().to_string())
        .row("Report", page.display().to_string())
        .row("Epochs", format!("{} ({} steps)", report.epochs, report.steps))
        .row("Tiles", format!("{} to train, {} to validate", report.tiles, report.validation_tiles))
        .row("Loss", figure(report.loss))
        .row("Validation IoU", figure(report.validation_iou))
        .row("Validation score", figure(report.validation_score))
        .row(
            "Best threshold",
            format!("{:.3}, where the score is {}", report.best_threshold, figure(report.best_score)),
        )
        .row("Calibration error", figure(report.calibration_error))
        .row("Seconds", format!("{:.1}", report.seconds));
    let json = json!({"model": model, "page": page, "history": history, "report": report});
    Report::new(table.text(), json)
}
