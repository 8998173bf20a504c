//! `diapir train`: a model from labelled surveys.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Host;
use crate::abi::diapir_train_report;
use crate::args::TrainArgs;
use crate::failure::HostError;
use crate::plugin::{Survey, SurveyChoice, TrainChoice};
use crate::recipe;
use crate::report::{Report, Table, figure};

/// What a training leaves in its run folder.
pub(super) const MODEL: &str = "model.safetensors";
const HISTORY: &str = "history.jsonl";
const CHECKPOINT: &str = "checkpoint.safetensors";

pub(super) fn run(host: Host<'_>, args: &TrainArgs) -> Result<Report, HostError> {
    host.need_torch("training")?;
    check_folder(&args.output, args)?;
    let choice = TrainChoice {
        recipe: recipe::text(host.plugin, &args.recipe, &args.set)?,
        device: Some(args.device.device.clone()),
        precision: Some(args.device.precision.name().to_owned()),
        resume: args.resume,
        initial: args.initial.clone(),
    };
    let read = args.read.choice();
    let training = pairs(host, &args.survey, &read)?;
    let validation = pairs(host, &args.validation, &read)?;
    let report = host
        .plugin
        .train([&training, &validation], &args.output, &choice, &mut host.terminal.task())
        .map_err(|error| match error.is_cancelled() && args.output.join(CHECKPOINT).exists() {
            true => error.advise("the same command with --resume goes on from the last checkpoint"),
            false => error,
        })?;
    Ok(describe(&args.output, &report))
}

/// Refuses to mix two trainings in one folder.
fn check_folder(folder: &Path, args: &TrainArgs) -> Result<(), HostError> {
    if folder.exists() && !folder.is_dir() {
        return Err(HostError::usage("is a file; name a folder for the run").at(folder));
    }
    let used = [MODEL, HISTORY, CHECKPOINT].iter().any(|name| folder.join(name).exists());
    if used && !args.resume && !args.overwrite {
        return Err(HostError::usage(
            "holds a training already; go on with --resume, begin anew with --overwrite, or name another folder",
        )
        .at(folder));
    }
    if args.resume && !folder.join(CHECKPOINT).exists() {
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
    for name in [MODEL, HISTORY, CHECKPOINT] {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(HostError::io(&error, "remove", &path));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Opens seismic and label files that follow each other in a list.
fn pairs(host: Host<'_>, paths: &[PathBuf], read: &SurveyChoice) -> Result<Vec<[Survey; 2]>, HostError> {
    let open = |pair: &[PathBuf]| match pair {
        [seismic, label] => Ok([host.open(seismic, read)?, host.open(label, read)?]),
        _ => Err(HostError::usage("surveys come in pairs: SEISMIC LABEL")),
    };
    paths.chunks(2).map(open).collect()
}

fn describe(folder: &Path, report: &diapir_train_report) -> Report {
    let model = folder.join(MODEL);
    let mut table = Table::default();
    table
        .row("Model", model.display().to_string())
        .row("History", folder.join(HISTORY).display().to_string())
        .row("Epochs", format!("{} ({} steps)", report.epochs, report.steps))
        .row("Tiles", format!("{} to train, {} to validate", report.tiles, report.validation_tiles))
        .row("Loss", figure(report.loss))
        .row("Validation IoU", figure(report.validation_iou))
        .row("Validation score", figure(report.validation_score))
        .row("Seconds", format!("{:.1}", report.seconds));
    let json = json!({"model": model, "history": folder.join(HISTORY), "report": report});
    Report::new(table.text(), json)
}
