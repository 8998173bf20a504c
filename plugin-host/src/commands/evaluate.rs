//! `diapir evaluate`: a probability volume against labels.

use serde_json::json;

use super::Host;
use crate::abi::diapir_evaluation;
use crate::args::EvaluateArgs;
use crate::failure::HostError;
use crate::report::{Report, Table, figure};

pub(super) fn run(host: Host<'_>, args: &EvaluateArgs) -> Result<Report, HostError> {
    let read = args.read.choice();
    let probability = host.open(&args.probability, &read)?;
    let label = host.open(&args.label, &read)?;
    let found = host.plugin.evaluate(&probability, &label, args.threshold, &mut host.terminal.task())?;
    let mut table = Table::default();
    table
        .row("Probability", args.probability.display().to_string())
        .row("Labels", args.label.display().to_string())
        .row("Threshold", args.threshold.to_string());
    rows(&mut table, &found);
    let json = json!({
        "probability": args.probability, "label": args.label, "threshold": args.threshold, "evaluation": found,
    });
    Ok(Report::new(table.text(), json))
}

/// The figures, for a person.
pub(super) fn rows(table: &mut Table, found: &diapir_evaluation) {
    table
        .row("Voxel IoU", figure(found.voxel_iou))
        .row("Voxel Dice", figure(found.voxel_dice))
        .row("Best IoU", format!("{} at threshold {:.2}", figure(found.best_iou), found.best_threshold))
        .row("Tile score", format!("{} (mean precision over IoU 0.50 to 0.95)", figure(found.tile_score)))
        .row("Compared", format!("{} samples, {} tiles", found.samples, found.tiles));
}
