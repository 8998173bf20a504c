//! `diapir tgs`: systems on loose tiles, from training to a submission.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::host::Host;
use super::learn;
use crate::abi;
use crate::args::{
    MaskArgs, TgsArgs, TgsBlendArgs, TgsCommand, TgsPredictArgs, TgsReportArgs, TgsTrainArgs, TilesArgs,
};
use crate::failure::HostError;
use crate::outputs;
use crate::report::{Report, Table, figure};

const PREDICTIONS: &str = "predictions.safetensors";

pub(super) fn run(host: Host<'_>, args: &TgsArgs) -> Result<Report, HostError> {
    match &args.command {
        TgsCommand::Train(args) => train(host, args),
        TgsCommand::Predict(args) => predict(host, args),
        TgsCommand::Blend(args) => blend(host, args),
        TgsCommand::Postprocess(args) => finish(host, &args.masks, Output::Masks(&args.output)),
        TgsCommand::Submit(args) => finish(host, &args.masks, Output::Submission(&args.output)),
        TgsCommand::Report(args) => report(host, args),
    }
}

fn train(host: Host<'_>, args: &TgsTrainArgs) -> Result<Report, HostError> {
    host.need_torch("training")?;
    check_folder(&args.output)?;
    // Without the table of the labelled tiles' masks, which these have none in.
    let parts = TilesArgs { masks: None, ..args.parts.clone() };
    let pseudo_tiles =
        args.pseudo_tiles.as_ref().map(|folder| learn::tiles(host, folder, &parts)).transpose()?;
    let mut options = args.options(host.plugin)?;
    if let (Some(predictions), Some(tiles)) = (&args.pseudo, &pseudo_tiles) {
        options.set_pseudo(predictions, tiles)?;
    }
    let tiles = learn::tiles(host, &args.tiles, &args.parts)?;
    let trained = host.plugin.train_system(&tiles, &args.output, &options, &mut host.task());
    trained.map_err(resumable)?;
    let path = args.output.join("system.json");
    let found = read(&path)?;
    let mut table = Table::default();
    for training in found["trainings"].as_array().into_iter().flatten() {
        let name = training["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("Training");
        let folds = &training["folds"];
        let count = folds["folds"].as_array().map_or(0, Vec::len);
        let [mean, deviation] =
            ["mean_score", "score_deviation"].map(|key| figure(folds[key].as_f64().unwrap_or_default()));
        table.row(name, format!("{count} folds, score {mean} +- {deviation}"));
    }
    let predictions = args.output.join("out-of-fold").join(PREDICTIONS);
    table.row("Out of fold", predictions.display().to_string());
    stacked(&mut table, &found["stacked"]);
    measured(&mut table, &found["together"]);
    Ok(Report::new(table.text(), json!({"path": path, "predictions": predictions, "system": found})))
}

fn predict(host: Host<'_>, args: &TgsPredictArgs) -> Result<Report, HostError> {
    host.need_torch("predicting tiles")?;
    check_folder(&args.output)?;
    let tiles = learn::tiles(host, &args.tiles, &args.parts)?;
    let options = args.options(host.plugin)?;
    let task = &mut host.task();
    let found =
        host.plugin.predict_tiles(&args.run, &tiles, &args.output, &options, task).map_err(resumable)?;
    let path = args.output.join(PREDICTIONS);
    let mut table = Table::default();
    table
        .row("Predictions", path.display().to_string())
        .row("Tiles", format!("{}, {} of them out of fold", found.tiles, found.out_of_fold))
        .row("Networks", found.models.to_string());
    Ok(Report::new(table.text(), json!({"path": path, "report": found})))
}

fn blend(host: Host<'_>, args: &TgsBlendArgs) -> Result<Report, HostError> {
    let inputs: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    outputs::check(&args.output, &inputs)?;
    let mut table = Table::default();
    let mut json = json!({"path": args.output});
    let weights = match &args.stack {
        None => args.weights.clone(),
        Some(folder) => {
            let tiles = learn::tiles(host, folder, &args.parts)?;
            let path = args.output.with_extension("stack.json");
            outputs::check(&path, &inputs)?;
            let task = &mut host.task();
            let weights = host.plugin.stack_predictions(&args.files, &tiles, args.threshold, &path, task)?;
            let found = read(&path)?;
            let score = |figures: &Value| figure(figures["score"].as_f64().unwrap_or_default());
            for ((file, weight), alone) in
                args.files.iter().zip(&weights).zip(found["alone"].as_array().into_iter().flatten())
            {
                let line = format!("weight {weight:.3}, alone score {}", score(alone));
                table.row(&file.display().to_string(), line);
            }
            table.row("Plain mean", format!("score {}", score(&found["mean"])));
            let stacked = score(&found["stacked"]);
            let without = if args.parts.groups.is_some() { "the tile's group" } else { "the tile" };
            table.row("Stack", format!("score {stacked} (weights fitted without {without})"));
            json["stack"] = found;
            Some(weights)
        }
    };
    host.plugin.blend_predictions(&args.files, weights.as_deref(), &args.output, &mut host.task())?;
    table.row("Predictions", args.output.display().to_string());
    Ok(Report::new(table.text(), json))
}

/// Where masks go.
#[derive(Clone, Copy)]
enum Output<'a> {
    Masks(&'a Path),
    Submission(&'a Path),
}

fn finish(
    host: Host<'_>,
    MaskArgs { finish: args, tiles: folders, parts }: &MaskArgs,
    output: Output<'_>,
) -> Result<Report, HostError> {
    let mut options = args.options(host.plugin)?;
    let path = match output {
        Output::Masks(folder) => {
            check_folder(folder)?;
            options.set_masks(folder)?;
            folder
        }
        Output::Submission(file) => {
            outputs::check(file, &[&args.predictions])?;
            options.set_submission(file)?;
            file
        }
    };
    let tilesets = learn::tilesets(host, folders, parts)?;
    let task = &mut host.task();
    let found = host.plugin.finish_tiles(&args.predictions, &tilesets, &options, task)?;
    let mut table = Table::default();
    table
        .row("Masks", path.display().to_string())
        .row("Tiles", format!("{}, {} of them without salt", found.tiles, found.empty))
        .row("Threshold", figure(options.threshold))
        .row("Changed by mosaics", found.by_mosaics.to_string());
    Ok(Report::new(table.text(), json!({"path": path, "threshold": options.threshold, "report": found})))
}

fn report(host: Host<'_>, args: &TgsReportArgs) -> Result<Report, HostError> {
    let predictions = &args.finish.predictions;
    let path = args.output.clone().unwrap_or_else(|| predictions.with_file_name("report.json"));
    outputs::check(&path, &[predictions])?;
    let options = args.finish.options(host.plugin)?;
    let tilesets = learn::tilesets(host, &args.tiles, &args.parts)?;
    host.plugin.report_tiles(predictions, &tilesets, &options, &path, &mut host.task())?;
    let found = read(&path)?;
    let mut table = Table::default();
    table.row("Report", path.display().to_string());
    measured(&mut table, &found);
    Ok(Report::new(table.text(), json!({"path": path, "report": found})))
}

/// What the weights that were fitted are worth on tiles that they were fitted without.
fn stacked(table: &mut Table, found: &Value) {
    let score = |stacking: &Value, key: &str| figure(stacking[key]["score"].as_f64().unwrap_or_default());
    let folds = found["folds"].as_array().into_iter().flatten();
    let folds = folds.map(|fold| (fold["members"][0].as_str(), &fold["stacking"]));
    let trainings = Some((Some("trainings"), &found["trainings"])).filter(|(_, found)| !found.is_null());
    let mut any = false;
    for (name, stacking) in folds.chain(trainings) {
        let line =
            format!("score {}, the plain mean {}", score(stacking, "stacked"), score(stacking, "mean"));
        table.row(&format!("Stack of {}", name.unwrap_or_default()), line);
        any = true;
    }
    if any {
        table.row(
            "Note",
            "below, weights were fitted to these tiles, so that the figures are a little too good",
        );
    }
}

/// The lines of what was measured.
fn measured(table: &mut Table, found: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    let figures = &found["figures"];
    table
        .row("Tiles", found["tiles"].to_string())
        .row(
            "Score",
            format!("{} at threshold {}", figure(number(&figures["score"])), number(&found["threshold"])),
        )
        .row(
            "Best threshold",
            format!(
                "{:.3}, where the score is {}; {} when chosen on other tiles",
                number(&figures["best_threshold"]),
                figure(number(&figures["best_score"])),
                figure(number(&found["score_at_chosen_threshold"]))
            ),
        )
        .row("IoU", figure(number(&figures["iou"])))
        .row("Calibration error", figure(number(&figures["calibration_error"])))
        .gap();
    for class in found["by_coverage"].as_array().into_iter().flatten() {
        let up_to = number(&class["up_to"]);
        let name = if up_to == 0.0 { "No salt".to_owned() } else { format!("Up to {:.0} %", 100.0 * up_to) };
        let line = format!("{} ({} tiles)", figure(number(&class["score"])), class["tiles"]);
        table.row(&name, line);
    }
    table.gap();
    for rule in found["rules"].as_array().into_iter().flatten() {
        let line = format!("{} ({:+.4})", figure(number(&rule["score"])), number(&rule["change"]));
        table.row(rule["rule"].as_str().unwrap_or_default(), line);
    }
    table.row("The given rules together", figure(number(&found["together"])));
}

fn check_folder(folder: &Path) -> Result<(), HostError> {
    match folder.exists() && !folder.is_dir() {
        true => Err(HostError::usage("is a file; name a folder").at(folder)),
        false => Ok(()),
    }
}

fn resumable(error: HostError) -> HostError {
    match error.is_cancelled() {
        true => error.advise("the same command with --resume goes on where it stopped"),
        false => error,
    }
}

/// A JSON file that the library wrote.
fn read(path: &Path) -> Result<Value, HostError> {
    let text = std::fs::read_to_string(path).map_err(|error| HostError::io(&error, "read", path))?;
    serde_json::from_str(&text).map_err(|error| {
        HostError::status(abi::DIAPIR_STATUS_INTERNAL, format!("the report is not JSON: {error}")).at(path)
    })
}
