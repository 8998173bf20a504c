//! Training, prediction and the demo through the program. Needs a library with libtorch.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use support::{diapir, error, good, has, json, json_file, names, stderr};

/// Changes that make the demo's recipe small.
const TINY: [&str; 12] = [
    "--set",
    "stages.0.epochs=1",
    "--set",
    "stages.1.epochs=1",
    "--set",
    "network.encoder.width=4",
    "--set",
    "network.decoder.widths=[32, 16, 8, 4]",
    "--set",
    "tiles.line_step=16",
    "--set",
    "batch=8",
];

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let plain = ["train", "--survey", "a/seismic.sgy", "a/label.sgy", "--recipe", "demo", "--device", "cpu"];
    [&plain[..], &TINY, more].concat()
}

/// One process at a time computes: their threads would only get in each other's way.
static CORES: Mutex<()> = Mutex::new(());

/// A folder with two surveys, `a` and `b`, and a small model trained on `a`, once for all tests.
struct Trained {
    place: tempfile::TempDir,
    report: serde_json::Value,
}

const MODEL: &str = "run/model.safetensors";

fn trained() -> &'static Path {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    let trained = TRAINED.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        for (folder, seed) in [("a", "1"), ("b", "2")] {
            let size = ["synth", "--size", "110x110x220", "--seed", seed, "--output", folder];
            good(place.path(), &size);
        }
        let report = json(place.path(), &train(&["--output", "run"]));
        Trained { place, report }
    });
    assert_eq!(trained.report["report"]["epochs"], 2);
    assert!(trained.report["report"]["tiles"].as_i64().unwrap() > 0);
    trained.place.path()
}

/// A model file in half the size predicts like the whole.
fn a_model_is_halved(place: &Path) {
    let halve = ["model", "halve", MODEL, "--output", "half.safetensors"];
    good(place, &halve);
    assert_eq!(error(place, &halve, 2)["name"], "USAGE");
    let size = |path: &str| fs::metadata(place.join(path)).unwrap().len();
    assert!(size("half.safetensors") < size(MODEL) * 6 / 10, "{}", size("half.safetensors"));
    let predict = |model: &str, output: &str| {
        json(place, &["predict", model, "b/seismic.sgy", "--device", "cpu", "--output", output]);
        json(place, &["evaluate", output, "b/label.sgy"])["evaluation"]["best_iou"].as_f64().unwrap()
    };
    let (whole, half) = (predict(MODEL, "whole.sgy"), predict("half.safetensors", "half.sgy"));
    assert!((whole - half).abs() < 0.02, "{whole} {half}");
}

/// A model's weights exported, imported, and trained on from.
fn weights_go_out_and_in(place: &Path) {
    let export = ["model", "export", MODEL, "--part", "network", "--output", "weights.safetensors"];
    good(place, &export);
    assert_eq!(error(place, &export, 2)["name"], "USAGE");
    error(place, &["model", "export", "none.safetensors", "--output", "w.safetensors"], 11);
    let import = ["model", "import", "weights.safetensors", "--recipe", "demo", "--part", "network"];
    let import = [&import[..], &TINY, &["--output", "imported.safetensors"]].concat();
    let report = json(place, &import);
    assert_eq!(report["report"]["missing"], 0);
    assert!(report["report"]["matched"].as_i64().unwrap() > 50);
    let other =
        ["model", "import", "weights.safetensors", "--recipe", "demo", "--output", "other.safetensors"];
    let refused = error(place, &other, 12);
    assert!(refused["message"].as_str().unwrap().contains("do not fit"), "{refused}");
    assert!(!place.join("other.safetensors").exists());
    good(place, &train(&["--output", "again", "--initial", "imported.safetensors"]));
    let again = json(place, &["model", "info", "again/model.safetensors"]);
    assert!(again["model"]["training"]["initial"].as_str().is_some_and(|hash| hash.len() == 64));
    let wrong =
        ["--set", "network.heads.mask_kernel=3", "--output", "no", "--initial", "imported.safetensors"];
    error(place, &train(&wrong), 12);
}

/// It has learnt from random sections of another kind: on synthetic surveys, which it has never seen, it must
/// still beat a volume that is salt throughout.
fn the_built_in_model_needs_no_training(place: &Path) {
    assert_eq!(json(place, &["model", "info"])["path"], "built-in");
    assert_eq!(json(place, &["model", "list"])["models"], serde_json::json!(["survey", "tgs"]));
    for (name, recipe) in [("survey", "survey"), ("tgs", "diapir-fast")] {
        let info = json(place, &["model", "info", name]);
        assert_eq!((&info["path"], &info["model"]["training"]["recipe"]), (&name.into(), &recipe.into()));
    }
    let result = json(place, &["predict", "b/seismic.sgy", "--device", "cpu", "--output", "built-in.sgy"]);
    assert_eq!(result["report"]["tiles"].as_i64().map(|tiles| tiles > 0), Some(true));
    let found = json(place, &["evaluate", "built-in.sgy", "b/label.sgy"]);
    let all = json(place, &["evaluate", "built-in.sgy", "b/label.sgy", "--threshold", "0.0001"]);
    let iou = |found: &serde_json::Value| found["evaluation"]["best_iou"].as_f64().unwrap();
    let everything = all["evaluation"]["voxel_iou"].as_f64().unwrap();
    assert!(iou(&found) > everything + 0.02, "{found} {all}");
    error(place, &["predict", "nowhere.sgy", "--output", "built-in.sgy"], 11);
}

#[test]
fn a_survey_is_learned_predicted_measured_and_drawn() {
    if !has("torch", "train and predict") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    assert!(place.join(MODEL).exists() && place.join("run/history.jsonl").exists());
    assert_eq!(error(place, &train(&["--output", "run"]), 2)["name"], "USAGE");

    let info = json(place, &["model", "info", MODEL]);
    assert!(info["model"]["threshold"].as_f64().is_some());
    assert_eq!(info["model"]["stages"][0]["name"], "encoder.0");
    let table = good(place, &["model", "info", MODEL]);
    assert!(table.contains("receptive field") && table.contains("4 x 101x101"), "{table}");
    weights_go_out_and_in(place);
    a_model_is_halved(place);
    let predict = ["predict", MODEL, "b/seismic.sgy", "--device", "cpu", "--output", "p.sgy"];
    let result = json(place, &[&predict[..], &["--png", "p.png", "--label", "b/label.sgy"]].concat());
    let live = json(place, &["scan", "b/seismic.sgy"])["info"]["live_count"].as_i64().unwrap();
    assert_eq!(result["report"]["samples"].as_i64(), Some(live * 220));
    assert!(result["report"]["seconds_total"].as_f64().unwrap() > 0.0);
    assert!(fs::read(place.join("p.png")).unwrap().starts_with(b"\x89PNG"));
    let found = json(place, &["evaluate", "p.sgy", "b/label.sgy"]);
    assert!((0.0..=1.0).contains(&found["evaluation"]["voxel_iou"].as_f64().unwrap()));
    segyio_agrees(&place.join("b/seismic.sgy"), &place.join("p.sgy"));
    the_built_in_model_needs_no_training(place);
    let bytes =
        ["predict", MODEL, "b/seismic.sgy", "--device", "cpu", "--format", "int8", "--output", "p8.sgy"];
    json(place, &bytes);
    let rounded = json(place, &["evaluate", "p8.sgy", "b/label.sgy"]);
    let iou = |found: &serde_json::Value, name: &str| found["evaluation"][name].as_f64().unwrap();
    assert!((iou(&rounded, "best_iou") - iou(&found, "best_iou")).abs() < 0.02, "{rounded} {found}");
    assert!(
        fs::metadata(place.join("p8.sgy")).unwrap().len()
            < fs::metadata(place.join("p.sgy")).unwrap().len() / 2
    );
    if has("gdal", "maps") {
        good(place, &["export", "p.sgy", "--top", "top.tif", "--max", "max.tif"]);
        assert!(place.join("top.tif").exists() && place.join("max.tif").exists());
    }
}

#[test]
fn bad_input_to_predict_leaves_nothing() {
    if !has("torch", "bad input to predict") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    let to = |survey: &'static str, output: &'static str| {
        ["predict", MODEL, survey, "--device", "cpu", "--output", output]
    };
    let line = [&to("b/seismic.sgy", "x.sgy")[..], &["--png", "x.png", "--line", "9"]].concat();
    assert_eq!(error(place, &line, 10)["name"], "OUT_OF_RANGE");
    error(place, &to("b/seismic.sgy", "b/seismic.sgy"), 2);
    error(place, &["predict", "b/seismic.sgy", "b/seismic.sgy", "--output", "x.sgy"], 12);
    error(place, &["predict", "nowhere.safetensors", "b/seismic.sgy", "--output", "x.sgy"], 11);
    error(place, &to("missing.sgy", "x.sgy"), 11);
    let cut = fs::read(place.join("b/seismic.sgy")).unwrap();
    fs::write(place.join("cut.sgy"), &cut[..cut.len() - 500]).unwrap();
    let cut = error(place, &to("cut.sgy", "x.sgy"), 11);
    assert_eq!((cut["name"].as_str(), cut["path"].as_str()), (Some("TRUNCATED"), Some("cut.sgy")));
    assert!(cut["message"].as_str().unwrap().contains("left over"), "{cut}");
    error(place, &to("b/seismic.sgy", "run/model.safetensors/x.sgy"), 11);
    for name in ["x.sgy", "x.png"] {
        assert!(!place.join(name).exists(), "{name} was left");
    }
}

/// Lets segyio compare a survey with what was predicted from it.
fn segyio_agrees(survey: &Path, result: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let python = root.join(".venv/bin/python");
    if !python.exists() {
        println!("SKIPPED segyio on {}: there is no .venv with segyio (`make setup`)", result.display());
        return;
    }
    let output = std::process::Command::new(python)
        .arg(root.join("tests/python/same_geometry.py"))
        .args([survey, result])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", survey.display(), stderr(&output));
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn real_surveys_are_predicted_and_segyio_opens_the_results() {
    const FILES: [&str; 8] = [
        "F3_very_small.sgy",
        "cube_w_deadtraces.segy",
        "ex1_missing_traces_75x71x26.segy",
        "ex2_complete_3d_75x71x26.segy",
        "f3.sgy",
        "ib_synth_iainb.segy",
        "small.sgy",
        "volve10-migvel-depth-sub3d.sgy",
    ];
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/segy");
    if !data.is_dir() {
        println!("SKIPPED prediction of real surveys: there is no {}", data.display());
        return;
    }
    if !has("torch", "prediction of real surveys") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    let results = tempfile::tempdir().unwrap();
    for name in FILES {
        let (survey, result) = (data.join(name), results.path().join(name));
        let paths = [&survey, &result].map(|path| path.to_str().unwrap());
        good(place, &["predict", MODEL, paths[0], "--device", "cpu", "--output", paths[1]]);
        segyio_agrees(&survey, &result);
    }
}

#[test]
fn a_prediction_is_gone_on_with() {
    if !has("torch", "a prediction that goes on") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    let predict =
        ["predict", MODEL, "b/seismic.sgy", "--device", "cpu", "--resume", "--output", "resumed.sgy"];
    let mut child = diapir(place, &predict).stderr(Stdio::null()).spawn().unwrap();
    let unfinished = place.join(".resumed.sgy.work");
    let started = Instant::now();
    while !unfinished.exists() && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(1500));
    let interrupted =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let status = child.wait().unwrap();
    let whole = json(place, &["predict", MODEL, "b/seismic.sgy", "--device", "cpu", "--output", "whole.sgy"]);
    if status.code() == Some(130) {
        assert!(unfinished.exists() && !place.join("resumed.sgy").exists());
        let rest = json(place, &predict);
        let samples = |report: &serde_json::Value| report["report"]["samples"].as_i64().unwrap();
        assert!(samples(&rest) <= samples(&whole));
    } else {
        println!("SKIPPED interrupting a prediction: it was done before it could be interrupted");
    }
    assert!(fs::read(place.join("resumed.sgy")).unwrap() == fs::read(place.join("whole.sgy")).unwrap());
    assert!(!unfinished.exists());
}

#[test]
fn parts_are_predicted_and_finished() {
    if !has("torch", "a prediction in parts") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    let predict = |output: &str, more: &[&str]| {
        let how = ["predict", MODEL, "b/seismic.sgy", "--device", "cpu", "--direction", "both"];
        let and = ["--quality", "draft", "--tile", "section", "--uncertainty", "--mask", "--output", output];
        json(place, &[&how[..], &and, more].concat())
    };
    let whole = predict("at-once.sgy", &[]);
    let finish = ["finish", "b/seismic.sgy", "--output", "in-parts.sgy"];
    error(place, &finish, 11);
    assert_eq!(predict("in-parts.sgy", &["--part", "2/2"])["part"], 2);
    let missing = error(place, &finish, 11);
    assert!(missing["message"].as_str().unwrap().contains("run the missing parts"), "{missing}");
    predict("in-parts.sgy", &["--part", "1/2"]);
    let parts = json(place, &finish);
    assert_eq!(parts["report"]["tiles"], whole["report"]["tiles"]);
    for suffix in [".sgy", "-mask.sgy", "-uncertainty.sgy"] {
        let [a, b] =
            ["at-once", "in-parts"].map(|stem| fs::read(place.join(format!("{stem}{suffix}"))).unwrap());
        assert!(a == b, "{suffix}");
    }
    json_file(&place.join("in-parts-run.json"), "NAME-run.json");
    assert!(!place.join(".in-parts.sgy.work").exists());
    error(place, &["predict", MODEL, "b/seismic.sgy", "--output", "x.sgy", "--part", "3/2"], 2);
}

#[test]
fn speed_is_measured_by_stage() {
    if !has("torch", "measuring prediction") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = trained();
    let how = ["--device", "cpu", "--repeat", "1"];
    let predict = json(
        place,
        &[&["bench", "predict", MODEL, "--size", "4x60x90", "--output", "bench"][..], &how].concat(),
    );
    let run = &predict["runs"][0];
    for name in ["read", "tile", "copy", "forward", "stitch", "write", "total"] {
        assert!(run["report"][format!("seconds_{name}")].as_f64().unwrap() > 0.0, "{name}");
    }
    assert!(run["networks_alone"].as_f64().unwrap() > 0.0 && run["ratio"].as_f64().unwrap() > 0.0);
    assert!(run["report"]["memory_bound"].as_i64().unwrap() > 0);
    let section = ["bench", "section", MODEL, "--traces", "60", "--samples", "70"];
    assert!(json(place, &[&section[..], &how].concat())["median_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_training_is_interrupted_and_resumed() {
    if !has("torch", "resuming a training") {
        return;
    }
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
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
    let rates = |more: &[&'static str]| {
        let plain =
            ["rates", "--survey", "a/seismic.sgy", "a/label.sgy", "--recipe", "demo", "--device", "cpu"];
        [
            &plain[..],
            &TINY,
            &["--set", "input.tile=32", "--set", "input.padded=32", "--output", "rates.csv"],
            more,
        ]
        .concat()
    };
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let found = json(place, &rates(&["--steps", "12"]));
    assert!(found["lowest"].as_f64().is_some_and(|rate| (0.0..=1.0).contains(&rate)), "{found}");
    let table = fs::read_to_string(place.join("rates.csv")).unwrap();
    assert!(table.starts_with("step,rate,loss,smoothed\n1,") && table.lines().count() > 6, "{table}");
    assert!(error(place, &rates(&["--resume"]), 2)["message"].as_str().unwrap().contains("resumed"));
    error(place, &rates(&["--from", "2"]), 10);
    assert!(good(place, &["recipe", "show", "demo"]).contains("[network.encoder]"));
}
