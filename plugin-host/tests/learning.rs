//! Training, prediction and the demo through the program. Needs a library with libtorch.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{diapir, error, good, has, json, names, stderr};

/// Changes that make the demo's recipe small.
const TINY: [&str; 10] = [
    "--set",
    "stages.0.epochs=1",
    "--set",
    "stages.1.epochs=1",
    "--set",
    "network.width=4",
    "--set",
    "tiles.line_step=16",
    "--set",
    "batch=8",
];

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let plain = ["train", "--survey", "a/seismic.sgy", "a/label.sgy", "--recipe", "demo", "--device", "cpu"];
    [&plain[..], &TINY, more].concat()
}

#[test]
fn a_survey_is_learned_predicted_measured_and_drawn() {
    if !has("torch", "train and predict") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    for (folder, seed) in [("a", "1"), ("b", "2")] {
        good(place, &["synth", "--size", "110x110x220", "--seed", seed, "--output", folder]);
    }
    let trained = json(place, &train(&["--output", "run"]));
    assert_eq!(trained["report"]["epochs"], 2);
    assert!(trained["report"]["tiles"].as_i64().unwrap() > 0);
    assert!(place.join("run/model.safetensors").exists() && place.join("run/history.jsonl").exists());
    assert_eq!(error(place, &train(&["--output", "run"]), 2)["name"], "USAGE");

    let model = "run/model.safetensors";
    let info = json(place, &["info", "--model", model]);
    assert!(info["model"]["threshold"].as_f64().is_some());
    let predict = ["predict", model, "b/seismic.sgy", "--device", "cpu", "--output", "p.sgy"];
    let result = json(place, &[&predict[..], &["--png", "p.png", "--label", "b/label.sgy"]].concat());
    let live = json(place, &["scan", "b/seismic.sgy"])["info"]["live_count"].as_i64().unwrap();
    assert_eq!(result["report"]["samples"].as_i64(), Some(live * 220));
    assert!(result["report"]["seconds_total"].as_f64().unwrap() > 0.0);
    assert!(fs::read(place.join("p.png")).unwrap().starts_with(b"\x89PNG"));
    let found = json(place, &["evaluate", "p.sgy", "b/label.sgy"]);
    assert!((0.0..=1.0).contains(&found["evaluation"]["voxel_iou"].as_f64().unwrap()));

    assert_eq!(
        error(place, &[&predict[..], &["--png", "x.png", "--line", "9"]].concat(), 10)["name"],
        "OUT_OF_RANGE"
    );
    let overwrite = ["predict", model, "b/seismic.sgy", "--output", "b/seismic.sgy"];
    error(place, &overwrite, 2);
    error(place, &["predict", "b/seismic.sgy", "b/seismic.sgy", "--output", "q.sgy"], 12);
    assert!(!place.join("q.sgy").exists() && !place.join("x.png").exists());
    if has("gdal", "maps") {
        good(place, &["export", "p.sgy", "--top", "top.tif", "--max", "max.tif"]);
        assert!(place.join("top.tif").exists() && place.join("max.tif").exists());
    }
}

#[test]
fn a_training_is_interrupted_and_resumed() {
    if !has("torch", "resuming a training") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    good(place, &["synth", "--size", "110x110x220", "--output", "a"]);
    error(place, &train(&["--output", "run", "--resume"]), 2);
    let long = train(&["--output", "run", "--set", "stages.0.epochs=12"]);
    let child = diapir(place, &long).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    while !place.join("run/checkpoint.safetensors").exists() {
        assert!(begin.elapsed() < Duration::from_secs(120), "no checkpoint after two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("--resume"));
    assert!(names(&place.join("run")).iter().all(|name| !name.starts_with('.')), "temporary files are left");
    let resumed = json(place, &[&long[..], &["--resume"]].concat());
    assert_eq!(resumed["report"]["epochs"], 13);
    let history = fs::read_to_string(place.join("run/history.jsonl")).unwrap();
    assert_eq!(history.lines().count(), 13, "{history}");
}

#[test]
fn recipes_are_refused_with_a_reason() {
    if !has("torch", "recipes") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let unknown = ["train", "--survey", "a", "b", "--recipe", "nonsense", "--output", "run"];
    assert!(error(place, &unknown, 2)["message"].as_str().unwrap().contains("demo"));
    good(place, &["synth", "--size", "20x20x64", "--output", "a"]);
    let typo = train(&["--output", "run", "--set", "stage.0.epochs=1"]);
    assert!(error(place, &typo, 10)["message"].as_str().unwrap().contains("stage"));
    assert!(!place.join("run/model.safetensors").exists());
    assert!(good(place, &["info", "--recipe", "demo"]).contains("[network]"));
}
