//! `diapir demo`: the whole road on synthetic surveys; the one that is predicted was never trained on.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::train::recipe;
use super::{Outcome, open, open_pairs, report};
use crate::args::Headers;
use crate::plugin::{HostError, Plugin, Result, TrainJob};
use crate::terminal::Terminal;

/// Seeds trained on, and the one validated on.
const TRAINING: [u64; 3] = [11, 12, 13];
const VALIDATION: u64 = 31;
/// Probability from which salt is scored and mapped.
const THRESHOLD: f32 = 0.5;
/// The reference system that the synthetic coordinates are meant in.
const CRS: &str = "EPSG:32631";

pub(super) fn demo(
    plugin: Plugin,
    folder: &Path,
    (seed, size, named): (u64, [i64; 3], &str),
    terminal: &Terminal,
) -> Result<Outcome> {
    if TRAINING.contains(&seed) || seed == VALIDATION {
        return Err(HostError::own(format!("seed {seed} is trained on; choose another")));
    }
    let run = folder.join("run");
    if run.exists() {
        return Err(HostError::own(format!(
            "{} holds an earlier demo: remove it, or name another folder with --output",
            folder.display()
        )));
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| HostError::own(format!("{}: {error}", folder.display())))?;
    let started = Instant::now();
    let pair =
        |seed: u64| [folder.join(format!("seismic-{seed}.sgy")), folder.join(format!("label-{seed}.sgy"))];
    for seed in TRAINING.into_iter().chain([VALIDATION, seed]) {
        let [seismic, label] = pair(seed);
        plugin.synth([&seismic, &label], seed, size, terminal)?;
    }
    let synth = started.elapsed().as_secs_f64();
    let paths = TRAINING.map(pair).concat();
    let (training, validation) =
        (open_pairs(plugin, &paths, terminal)?, open_pairs(plugin, &pair(VALIDATION), terminal)?);
    let text = recipe(plugin, named)?;
    let job = TrainJob {
        training: &training,
        validation: &validation,
        folder: &run,
        recipe: &text,
        device: "auto",
        precision: "auto",
        resume: false,
    };
    let trained = plugin.train(&job, terminal)?;
    let (mut json, mut lines) = score(plugin, folder, pair(seed), terminal)?;
    let (train_json, train_lines) = report::train(&trained);
    json["train"] = train_json;
    json["seconds_synth"] = json!(synth);
    json["seconds_total"] = json!(started.elapsed().as_secs_f64());
    lines.splice(0..0, train_lines);
    lines.push(format!(
        "seconds: synth {synth:.1}, train {:.1}, all {:.1}",
        trained.seconds,
        started.elapsed().as_secs_f64()
    ));
    lines.push(format!(
        "results in {}: probability.sgy, top.tif, max.tif, section.png, run/model.safetensors",
        folder.display()
    ));
    Ok(Outcome { json, lines })
}

/// Predicts the unseen survey and compares it with its label.
fn score(
    plugin: Plugin,
    folder: &Path,
    [seismic, label]: [PathBuf; 2],
    terminal: &Terminal,
) -> Result<(Value, Vec<String>)> {
    let headers = Headers { crs: Some(CRS.to_owned()), ..Headers::default() };
    let model = plugin.load_model(&folder.join("run/model.safetensors"), "auto", "auto", 0)?;
    let (survey, label) =
        (open(plugin, &seismic, &headers, terminal)?, open(plugin, &label, &headers, terminal)?);
    let output = folder.join("probability.sgy");
    let (predicted, mut lines) = report::predict(&model.predict(&survey, &output, |_| (), terminal)?);
    let probability = open(plugin, &output, &headers, terminal)?;
    let (found, score) = report::evaluation(&probability.evaluate(&label, THRESHOLD, terminal)?);
    let exporting = Instant::now();
    probability.maps(Some(&folder.join("top.tif")), Some(&folder.join("max.tif")), THRESHOLD, terminal)?;
    survey.picture([Some(&probability), Some(&label)], &folder.join("section.png"), 0, None, THRESHOLD)?;
    lines.push(format!("seconds: export {:.2}", exporting.elapsed().as_secs_f64()));
    lines.extend(score);
    Ok((json!({"predict": predicted, "evaluation": found}), lines))
}
