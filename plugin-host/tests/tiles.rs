//! Loose tiles through the program: from a folder to a model, and from a system to a submission.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;
#[path = "../../tests/tile_support/mod.rs"]
mod tile_support;

use std::fs;
use std::path::Path;

use support::{error, good, has, json, json_file, stderr};

/// A recipe for tiles of 24 x 24 that trains in a second.
const SMALL: &str = r#"
name = "small"
seed = 1
batch = 8
threshold = 0.5
[network.encoder]
kind = "residual_se"
width = 4
levels = 3
squeeze = "mean"
reduction = 2
[network.decoder]
kind = "residual_se"
widths = [8, 4]
squeeze = "mean"
reduction = 2
[input]
tile = 24
padded = 24
padding = "reflect"
channels = ["amplitude"]
scaling = { low_share = 0.01, high_share = 0.99 }
[folds]
kind = "coverage"
count = 3
[augment]
flip = 0.5
[[stages]]
epochs = 2
rate = 1e-2
schedule = { kind = "cosine" }
loss = { bce = 1.0 }
"#;

/// Of the folder of tiles.
fn mosaics_are_found(place: &Path) {
    let mosaic = ["mosaic", "tiles", "--output", "mosaics.csv"];
    let found = json(place, &[&mosaic[..], &["--pictures", "mosaics", "--pictured-from", "2"]].concat());
    assert_eq!(found["mosaics"]["tiles"], 24);
    let pictures = fs::read_dir(place.join("mosaics")).unwrap().count() as u64;
    assert_eq!(found["mosaics"]["mosaics"], pictures);
    let rows = fs::read_to_string(place.join("mosaics.csv")).unwrap();
    assert!(rows.starts_with("id,group,row,column\n"));
    assert_eq!(found["mosaics"]["placed"], rows.lines().count() as u64 - 1);
    assert!(good(place, &mosaic).contains("Mosaics"));
    let none = json(place, &["mosaic", "tiles", "--output", "none.csv", "--listed-from", "25"]);
    assert_eq!((&none["mosaics"]["mosaics"], &none["mosaics"]["placed"]), (&0.into(), &0.into()));
    assert_eq!(fs::read_to_string(place.join("none.csv")).unwrap().lines().count(), 1, "the head alone");
    error(place, &["mosaic", "tiles", "tiles", "--output", "mosaics.csv"], 11);
    error(place, &[&mosaic[..], &["--min-certainty", "1"]].concat(), 10);
}

#[test]
fn tiles_are_looked_at_learned_and_compared() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    tile_support::write_folder(&place.join("tiles"), 24, 24);
    fs::write(place.join("small.toml"), SMALL).unwrap();
    let info = json(place, &["dataset", "info", "tiles", "--sheet", "sheet.png"]);
    assert_eq!(info["dataset"]["labelled"], 24);
    assert!(fs::read(place.join("sheet.png")).unwrap().starts_with(b"\x89PNG"));
    let text = good(place, &["dataset", "info", "tiles"]);
    assert!(text.contains("no salt") && text.contains("Nothing is wrong"), "{text}");
    error(place, &["dataset", "info", "nowhere"], 11);
    mosaics_are_found(place);
    if !has("torch", "training on tiles") {
        return;
    }
    let train = ["train", "--tiles", "tiles", "--recipe", "small.toml", "--device", "cpu", "--output", "run"];
    let trained = json(place, &train);
    assert_eq!(
        (&trained["report"]["tiles"], &trained["report"]["validation_tiles"]),
        (&16.into(), &8.into())
    );
    for name in ["model.safetensors", "report.html", "history.jsonl", "run.json", "recipe.toml", "folds.json"]
    {
        assert!(place.join("run").join(name).exists(), "{name}");
    }
    error(place, &train, 2);
    json(place, &[&train[..], &["--overwrite", "--set", "seed=2"]].concat());
    let compared = json(place, &["evaluate", "--tiles", "tiles", "--model", "run/model.safetensors"]);
    assert_eq!(compared["evaluation"]["tiles"], 24);

    let folds = [
        "cross-validate",
        "--tiles",
        "tiles",
        "--recipe",
        "small.toml",
        "--device",
        "cpu",
        "--output",
        "folds",
    ];
    assert_eq!(json(place, &folds)["result"]["folds"], 3);
    json_file(&place.join("folds/cross-validation.json"), "cross-validation.json");
    let runs = json(place, &["runs", "run", "folds"]);
    let scores: Vec<f64> = runs["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["run"]["result"]["validation_score"].as_f64().unwrap())
        .collect();
    assert!(scores.len() == 4 && scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert!(good(place, &["runs", "run", "folds"]).contains("folds/fold-2"));
    error(place, &["runs", "tiles"], 2);
}

/// A competitor's road: system, predictions of tiles without masks, blend, report, masks, submission.
#[test]
fn tgs_commands_lead_from_tiles_to_a_submission() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    tile_support::write_folder(&place.join("train"), 24, 24);
    tile_support::write_folder(&place.join("test"), 30, 24);
    fs::remove_dir_all(place.join("test/masks")).unwrap();
    fs::remove_file(place.join("test/train.csv")).unwrap();
    for number in 0..24 {
        fs::remove_file(place.join("test/images").join(format!("{}.png", tile_support::id(number)))).unwrap();
    }
    fs::write(place.join("small.toml"), SMALL).unwrap();
    fs::write(place.join("odd.toml"), SMALL.replace("batch = 8", "batchs = 8")).unwrap();
    if has("torch", "recipes") {
        assert!(good(place, &["recipe", "list"]).lines().any(|name| name == "argus-14"));
        let shown = good(place, &["recipe", "show", "small.toml", "--set", "predict.flip=true"]);
        assert!(shown.contains("flip = true"), "{shown}");
        error(place, &["recipe", "show", "nothing"], 2);
        let refused = error(place, &["recipe", "show", "odd.toml"], 10);
        assert!(
            refused["path"] == "odd.toml" && refused["message"].as_str().unwrap().contains("batchs"),
            "{refused}"
        );
        error(place, &["recipe", "show", "small.toml", "--set", "threshold=2"], 10);
    }
    if !has("torch", "training on tiles") {
        return;
    }
    let train =
        ["tgs", "train", "--tiles", "train", "--recipe", "small.toml", "--output", "run", "--device", "cpu"];
    let trained = json(place, &train);
    assert_eq!(trained["system"]["together"]["tiles"], 24);
    error(place, &train, 10);
    assert!(good(place, &[&train[..], &["--resume"]].concat()).contains("3 folds, score"));
    let predict = ["tgs", "predict", "run", "test", "--output", "test-out", "--device", "cpu"];
    let predicted = json(place, &[&predict[..], &["--pictures", "--flip", "true"]].concat());
    assert_eq!((&predicted["report"]["tiles"], &predicted["report"]["models"]), (&6.into(), &3.into()));
    assert_eq!(fs::read_dir(place.join("test-out/probability")).unwrap().count(), 6);
    error(place, &predict, 10);
    error(place, &["tgs", "predict", "train", "test", "--output", "other", "--device", "cpu"], 11);

    let second = [
        "tgs",
        "train",
        "--tiles",
        "train",
        "--recipe",
        "small.toml",
        "--output",
        "second",
        "--device",
        "cpu",
    ];
    // Everything counts as sure.
    let sure = ["--set", "pseudo.low=0.5", "--set", "pseudo.high=0.5", "--set", "pseudo.sure=0.0"];
    let learning = [&["--pseudo", "test-out", "--pseudo-tiles", "test"], &sure[..]].concat();
    let blind = error(place, &[&second[..], &learning].concat(), 11);
    assert!(blind["message"].as_str().unwrap().contains("--groups"), "{blind}");
    let learning = [&learning[..], &["--set", "pseudo.without_groups=true"]].concat();
    let learned = json(place, &[&second[..], &learning].concat());
    assert_eq!(learned["system"]["trainings"][0]["folds"]["folds"][0]["tiles"], 16 + 6);
    error(place, &[&second[..], &["--pseudo", "test-out"]].concat(), 2);
    predictions_are_blended_and_measured(place);
    predictions_become_masks(place);
}

fn predictions_are_blended_and_measured(place: &Path) {
    let out_of_fold = "run/out-of-fold/predictions.safetensors";
    let mirrored =
        ["tgs", "predict", "run", "train", "--output", "mirrored", "--device", "cpu", "--flip", "true"];
    json(place, &mirrored);
    let blend =
        ["tgs", "blend", out_of_fold, "mirrored/predictions.safetensors", "--output", "blend.safetensors"];
    let stacked = json(place, &[&blend[..], &["--stack", "train"]].concat());
    assert_eq!(stacked["stack"]["tiles"], 24);
    assert!(place.join("blend.stack.json").exists());
    json(place, &[&blend[..], &["--weights", "1,3"]].concat());
    error(place, &[&blend[..], &["--weights", "1"]].concat(), 2);
    error(place, &["tgs", "blend", out_of_fold, "--output", out_of_fold], 2);
    let measured =
        json(place, &["tgs", "report", "blend.safetensors", "--tiles", "train", "--recipe", "small.toml"]);
    assert_eq!(measured["report"]["tiles"], 24);
    assert!(place.join("report.json").exists());
    error(place, &["tgs", "report", "blend.safetensors", "--tiles", "test"], 11);
}

fn predictions_become_masks(place: &Path) {
    let predictions = "test-out/predictions.safetensors";
    let masks =
        json(place, &["tgs", "postprocess", predictions, "--tiles", "train", "test", "--output", "masks"]);
    assert_eq!((&masks["report"]["tiles"], &masks["threshold"]), (&6.into(), &0.5.into()));
    assert_eq!(fs::read_dir(place.join("masks")).unwrap().count(), 6);
    let submit = ["tgs", "submit", predictions, "--tiles", "train", "test", "--output", "submission.csv"];
    let rules = ["--recipe", "small.toml", "--set", "rules.mosaics.corners=true", "--threshold", "0.3"];
    error(place, &[&submit[..], &rules].concat(), 10);
    json(place, &["mosaic", "train", "test", "--output", "mosaics.csv"]);
    let rules = [&rules[..], &["--mosaics", "mosaics.csv"]].concat();
    assert_eq!(json(place, &[&submit[..], &rules].concat())["threshold"], 0.3);
    // A submission that lacks tiles would be refused where it goes to.
    let part = [
        "tgs",
        "submit",
        "run/out-of-fold/predictions.safetensors",
        "--tiles",
        "test",
        "--output",
        "none.csv",
    ];
    error(place, &part, 11);
    assert!(!place.join("none.csv").exists());
    let lines = fs::read_to_string(place.join("submission.csv")).unwrap();
    assert!(lines.starts_with("id,rle_mask\n") && lines.lines().count() == 7, "{lines}");
    error(place, &[&submit[..], &["--recipe", "small.toml", "--set", "rules.hols=true"]].concat(), 10);
}

#[test]
fn tiles_that_cannot_be_used_are_named_or_left_out() {
    if !has("torch", "training on tiles") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    tile_support::write_folder(&place.join("tiles"), 24, 24);
    fs::write(place.join("small.toml"), SMALL).unwrap();
    let broken = place.join("tiles/masks").join(format!("{}.png", tile_support::id(3)));
    fs::write(&broken, "no picture").unwrap();
    let refused =
        error(place, &["train", "--tiles", "tiles", "--recipe", "small.toml", "--output", "again"], 11);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("1 tiles cannot be used") && message.contains(&tile_support::id(3)),
        "{message}"
    );
    assert!(good(place, &["dataset", "info", "tiles"]).contains("unreadable"));
    let less = ["train", "--tiles", "tiles", "--leave-out", "--recipe", "small.toml", "--output", "again"];
    let left = json(place, &less);
    assert_eq!(
        left["report"]["tiles"].as_i64().unwrap() + left["report"]["validation_tiles"].as_i64().unwrap(),
        23
    );
    let nothing = error(place, &["train", "--recipe", "demo", "--output", "none"], 10);
    assert!(nothing["advice"].as_str().unwrap().contains("--tiles FOLDER"));
}

/// A disk that fills while a training writes: one clear error, nothing that looks whole and is not, and with
/// more room the training goes on to the same weights. The disk is a small file system in memory, of a name
/// space of its own.
#[test]
fn a_full_disk_leaves_a_training_resumable() {
    if !has("torch", "training on a full disk") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    tile_support::write_folder(&place.join("tiles"), 24, 24);
    // A snapshot at the end of each epoch: the run grows.
    let growing = SMALL
        .replace("threshold = 0.5", "threshold = 0.5\nsnapshots = true")
        .replace("epochs = 2", "epochs = 12")
        .replace("{ kind = \"cosine\" }", "{ kind = \"warm_restarts\", cycle = 1 }");
    fs::write(place.join("growing.toml"), growing).unwrap();
    good(
        place,
        &["train", "--tiles", "tiles", "--recipe", "growing.toml", "--device", "cpu", "--output", "whole"],
    );
    let size = |folder: &std::path::Path| -> u64 {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    };
    let room = (size(&place.join("whole")) + size(&place.join("whole/snapshots")) / 2) / 1024;
    fs::create_dir(place.join("disk")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={room}k none disk || exit 77
         train() {{ \"$DIAPIR\" train --tiles tiles --recipe growing.toml --device cpu --output disk/run \"$@\"; }}
         train 2>errors; echo $? >status; ls -A disk/run >left
         mount -o remount,size=100m disk && train --resume && cp -r disk/run resumed"
    );
    let output = std::process::Command::new("unshare")
        .args(["-rm", "bash", "-c", &script])
        .current_dir(place)
        .env("DIAPIR", env!("CARGO_BIN_EXE_diapir"))
        .env("DIAPIR_LIBRARY", support::library())
        .output();
    let Some(output) = output.ok().filter(|output| output.status.code() != Some(77)) else {
        println!(
            "SKIPPED a full disk: this system lets nobody mount a file system in a name space of his own"
        );
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |name: &str| fs::read_to_string(place.join(name)).unwrap();
    assert_eq!(read("status").trim(), "11", "{}", read("errors"));
    assert!(read("errors").contains("No space left"), "{}", read("errors"));
    assert!(!read("left").contains(".part"), "temporary files are left: {}", read("left"));
    for name in ["model.safetensors", "snapshots/epoch-0012.safetensors"] {
        let [whole, resumed] = ["whole", "resumed"].map(|run| fs::read(place.join(run).join(name)).unwrap());
        // The header's keys come in any order; the tensors after it do not.
        let tensors =
            |bytes: &[u8]| bytes[8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize..].to_vec();
        assert!(tensors(&whole) == tensors(&resumed), "{name}");
    }
}
