//! The library's reports as JSON and as lines.

use serde_json::{Value, json};

use crate::abi::{Evaluation, PredictReport, TrainReport};

pub(super) fn train(report: &TrainReport) -> (Value, Vec<String>) {
    let json = json!({
        "epochs": report.epochs, "steps": report.steps, "tiles": report.tiles, "validation_tiles": report.validation_tiles,
        "loss": report.loss, "validation_iou": report.validation_iou, "validation_score": report.validation_score,
        "seconds": report.seconds,
    });
    let line = format!(
        "trained {} epochs on {} tiles in {:.0} s: validation IoU {:.3}, score {:.3}",
        report.epochs, report.tiles, report.seconds, report.validation_iou, report.validation_score
    );
    (json, vec![line])
}

pub(super) fn predict(report: &PredictReport) -> (Value, Vec<String>) {
    let stages = [
        ("statistics", report.seconds_statistics),
        ("read", report.seconds_read),
        ("tile", report.seconds_tile),
        ("forward", report.seconds_forward),
        ("stitch", report.seconds_stitch),
        ("write", report.seconds_write),
        ("total", report.seconds_total),
    ];
    let rate = report.samples as f64 / report.seconds_total.max(1e-9);
    let seconds: serde_json::Map<String, Value> =
        stages.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let json = json!({
        "tiles": report.tiles, "samples": report.samples, "live_traces": report.live_traces, "seam": report.seam,
        "voxels_per_second": rate, "seconds": seconds,
    });
    let stages: Vec<String> = stages.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    let lines = vec![
        format!(
            "predicted {} live traces in {} tiles: {:.2} Mvoxel/s, seam {:.2} (1 is none)",
            report.live_traces,
            report.tiles,
            rate / 1e6,
            report.seam
        ),
        format!("seconds: {}", stages.join(", ")),
    ];
    (json, lines)
}

pub(super) fn evaluation(found: &Evaluation) -> (Value, Vec<String>) {
    let json = json!({
        "voxel_iou": found.voxel_iou, "voxel_dice": found.voxel_dice, "tile_score": found.tile_score,
        "best_threshold": found.best_threshold, "best_iou": found.best_iou, "samples": found.samples, "tiles": found.tiles,
    });
    let line = format!(
        "voxel IoU {:.3}, Dice {:.3}, tile score {:.3}; best threshold {:.2} gives IoU {:.3}",
        found.voxel_iou, found.voxel_dice, found.tile_score, found.best_threshold, found.best_iou
    );
    (json, vec![line])
}
