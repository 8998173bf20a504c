//! `diapir evaluate`: a probability volume against labels, or a model against tiles.

use std::path::Path;

use serde_json::json;

use super::host::Host;
use super::learn;
use crate::abi::diapir_evaluate_report;
use crate::args::EvaluateArgs;
use crate::failure::HostError;
use crate::report::{Report, Table, figure};

pub(super) fn run(host: Host<'_>, args: &EvaluateArgs) -> Result<Report, HostError> {
    match (&args.tiles, &args.model, &args.probability, &args.label) {
        (Some(tiles), Some(model), ..) => of_tiles(host, args, tiles, model),
        (_, _, Some(probability), Some(label)) => of_volumes(host, args, probability, label),
        _ => Err(HostError::usage("give PROBABILITY and LABEL, or --tiles FOLDER and --model MODEL")),
    }
}

fn of_volumes(
    host: Host<'_>,
    args: &EvaluateArgs,
    probability_path: &Path,
    label_path: &Path,
) -> Result<Report, HostError> {
    let read = args.read.options(host.plugin)?;
    let threshold = args.threshold.unwrap_or(0.5);
    let probability = host.open(probability_path, &read)?;
    let label = host.open(label_path, &read)?;
    let found = host.plugin.evaluate(&probability, &label, threshold, &mut host.task())?;
    let mut table = Table::default();
    table
        .row("Probability", probability_path.display().to_string())
        .row("Labels", label_path.display().to_string())
        .row("Threshold", threshold.to_string());
    rows(&mut table, &found);
    let json = json!({
        "probability": probability_path, "label": label_path, "threshold": threshold, "evaluation": found,
    });
    Ok(Report::new(table.text(), json))
}

fn of_tiles(
    host: Host<'_>,
    args: &EvaluateArgs,
    folder: &Path,
    model_path: &Path,
) -> Result<Report, HostError> {
    host.need_torch("predicting tiles")?;
    let model = host.plugin.load_model(Some(model_path), &args.device.options(host.plugin, None)?)?;
    let tiles = learn::tiles(host, folder, &args.parts)?;
    let found = host.plugin.evaluate_tiles(&model, &tiles, args.threshold, &mut host.task())?;
    let mut table = Table::default();
    table
        .row("Tiles", format!("{} ({})", folder.display(), found.tiles))
        .row("Model", model_path.display().to_string())
        .row("Score", format!("{} (mean precision over IoU 0.50 to 0.95)", figure(found.score)))
        .row("IoU", figure(found.iou))
        .row("Cross-entropy", figure(found.cross_entropy))
        .row(
            "Best threshold",
            format!("{:.3}, where the score is {}", found.best_threshold, figure(found.best_score)),
        )
        .row("Calibration error", figure(found.calibration_error));
    Ok(Report::new(table.text(), json!({"tiles": folder, "model": model_path, "evaluation": found})))
}

/// The figures, for a person.
pub(super) fn rows(table: &mut Table, found: &diapir_evaluate_report) {
    table
        .row("Voxel IoU", figure(found.voxel_iou))
        .row("Voxel Dice", figure(found.voxel_dice))
        .row("Best IoU", format!("{} at threshold {:.2}", figure(found.best_iou), found.best_threshold))
        .row("Tile score", format!("{} (mean precision over IoU 0.50 to 0.95)", figure(found.tile_score)))
        .row("Compared", format!("{} samples, {} tiles", found.samples, found.tiles));
}
