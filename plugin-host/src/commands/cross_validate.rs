//! `diapir cross-validate`: a training for each fold.

use serde_json::json;

use super::host::Host;
use super::learn;
use crate::args::CrossValidateArgs;
use crate::failure::HostError;
use crate::report::{Report, Table, figure};

pub(super) fn run(host: Host<'_>, args: &CrossValidateArgs) -> Result<Report, HostError> {
    host.need_torch("training")?;
    let folder = &args.output;
    if folder.exists() && !folder.is_dir() {
        return Err(HostError::usage("is a file; name a folder for the runs").at(folder));
    }
    let options = args.learn.options(host.plugin)?;
    let data = learn::data(host, &args.learn, &[])?;
    let found =
        host.plugin.cross_validate(&data, folder, &options, &mut host.task()).map_err(|error| match error
            .is_cancelled()
        {
            true => error.advise("the same command with --resume goes on where it stopped"),
            false => error,
        })?;
    let path = folder.join("cross-validation.json");
    let mut table = Table::default();
    table
        .row("Runs", folder.display().to_string())
        .row("Result", path.display().to_string())
        .row("Folds", found.folds.to_string())
        .row("Score", format!("{} +- {}", figure(found.mean_score), figure(found.score_deviation)))
        .row("IoU", figure(found.mean_iou))
        .row("All tiles together", format!("score {}", figure(found.score)))
        .row(
            "Best threshold",
            format!("{:.3}, where the score is {}", found.best_threshold, figure(found.best_score)),
        )
        .row("Calibration error", figure(found.calibration_error));
    Ok(Report::new(table.text(), json!({"path": path, "result": found})))
}
