//! The program against the real library, without libtorch: what users type, what they get, how it exits.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{bare, diapir, error, good, json, names, stderr};

fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn info_tells_versions() {
    let place = place();
    let info = json(place.path(), &["info"]);
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["abi"], info["host_abi"]);
    assert_eq!(info["devices"].as_array().unwrap().is_empty(), info["features"]["torch"] == false);
    assert!(good(place.path(), &["info"]).contains("libtorch"));
}

#[test]
fn a_synthetic_survey_is_scanned_and_is_the_same_for_the_same_seed() {
    let place = place();
    for folder in ["a", "b/deep"] {
        good(place.path(), &["synth", "--size", "20x24x64", "--seed", "7", "--output", folder]);
    }
    let read = |name: &str| fs::read(place.path().join(name)).unwrap();
    assert!(read("a/seismic.sgy") == read("b/deep/seismic.sgy"));
    assert!(read("a/label.sgy") == read("b/deep/label.sgy"));
    assert!(read("a/seismic.sgy") != read("a/label.sgy"));
    let scan = json(place.path(), &["scan", "a/seismic.sgy", "--text"]);
    let count = |name: &str| scan["info"][name].as_i64().unwrap();
    assert_eq!([count("inline_count"), count("crossline_count"), count("sample_count")], [20, 24, 64]);
    assert!(count("live_count") <= count("trace_count") && count("live_count") > 0);
    assert!(scan["map"]["inline_spacing"].as_f64().unwrap() > 1.0);
    assert!(scan["text_header"].as_str().unwrap().contains("SYNTHETIC"));
    assert!(good(place.path(), &["scan", "a/seismic.sgy"]).contains("20: "));
}

#[test]
fn bytes_given_on_the_command_line_are_read() {
    let place = place();
    good(place.path(), &["synth", "--size", "20x24x64", "--output", "a"]);
    let swapped = ["scan", "a/seismic.sgy", "--inline-byte", "193", "--crossline-byte", "189"];
    let info = &json(place.path(), &swapped)["info"];
    assert_eq!((info["inline_count"].as_i64(), info["crossline_count"].as_i64()), (Some(24), Some(20)));
}

#[test]
fn a_scan_reports_quality_and_what_readers_mind() {
    let place = place();
    let place = place.path();
    good(place, &["synth", "--size", "20x24x64", "--output", "a"]);
    let scan = json(place, &["scan", "a/seismic.sgy", "--strict", "--map", "map.png"]);
    assert_eq!(scan["violations"], serde_json::json!([]), "our own files are what readers want");
    let live = scan["info"]["live_count"].as_i64().unwrap();
    assert_eq!(scan["quality"]["traces"].as_i64(), Some(live));
    assert_eq!(scan["quality"]["samples"].as_i64(), Some(64 * live));
    assert!(fs::read(place.join("map.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(good(place, &["scan", "a/seismic.sgy"]).contains("Percentiles"));
    assert!(json(place, &["scan", "a/seismic.sgy", "--quick"])["quality"].is_null());

    // NaN in one trace, all samples of another alike, no fixed-length flag.
    let mut bytes = fs::read(place.join("a/seismic.sgy")).unwrap();
    bytes[3502..3504].fill(0);
    let trace = 240 + 4 * 64;
    let sample = |trace_number: usize, k: usize| 3600 + trace_number * trace + 240 + 4 * k;
    bytes[sample(3, 5)..sample(3, 6)].copy_from_slice(&f32::NAN.to_be_bytes());
    for k in 0..64 {
        bytes[sample(7, k)..sample(7, k + 1)].copy_from_slice(&2.5f32.to_be_bytes());
    }
    fs::write(place.join("bad.sgy"), bytes).unwrap();
    let output = diapir(place, &["scan", "bad.sgy", "--strict", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let scan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (scan["quality"]["nan"].as_i64(), scan["quality"]["constant"]["count"].as_i64()),
        (Some(1), Some(1))
    );
    assert_eq!(scan["violations"][0]["byte"], 3503);
    let kinds: Vec<&str> =
        scan["problems"].as_array().unwrap().iter().filter_map(|problem| problem["kind"].as_str()).collect();
    assert_eq!(kinds, ["Problem", "Problem", "Readers"], "worst first");
    assert!(good(place, &["scan", "bad.sgy"]).contains("NaN"), "without --strict it is no failure");
}

#[test]
fn large_files_are_scanned_once() {
    let place = place();
    let place = place.path();
    good(place, &["synth", "--size", "290x250x16", "--output", "a"]);
    let scan = |more: &[&str]| -> serde_json::Value {
        let arguments = [&["scan", "a/seismic.sgy", "--json", "--quick"], more].concat();
        let output = diapir(place, &arguments).env("XDG_CACHE_HOME", place.join("cache")).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let first = scan(&[]);
    assert_eq!(first["summary"]["from_index"], false);
    let index = place.join("cache/diapir").join(&names(&place.join("cache/diapir"))[0]);
    let second = scan(&[]);
    assert_eq!(second["summary"]["from_index"], true);
    assert_eq!(
        (&first["info"], &first["map"], &first["problems"]),
        (&second["info"], &second["map"], &second["problems"])
    );
    assert_eq!(scan(&["--no-index"])["summary"]["from_index"], false);
    assert_eq!(
        scan(&["--inline-byte", "9"])["summary"]["from_index"],
        false,
        "other options, other geometry"
    );
    assert_eq!(scan(&[])["summary"]["from_index"], false);
    assert_eq!(scan(&[])["summary"]["from_index"], true);
    let mut damaged = fs::read(&index).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&index, damaged).unwrap();
    assert_eq!(scan(&[])["summary"]["from_index"], false, "a damaged index is not believed");
    let survey = fs::File::options().write(true).open(place.join("a/seismic.sgy")).unwrap();
    survey.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(scan(&[])["summary"]["from_index"], false, "the file has changed");
}

#[test]
fn what_is_wrong_with_a_file_decides_the_exit_code() {
    let place = place();
    let missing = error(place.path(), &["scan", "missing.sgy"], 11);
    assert_eq!(
        (missing["name"].as_str(), missing["path"].as_str()),
        (Some("NOT_FOUND"), Some("missing.sgy"))
    );
    fs::write(place.path().join("text.sgy"), "This is no SEG-Y file.\n".repeat(400)).unwrap();
    let text = error(place.path(), &["scan", "text.sgy"], 11);
    assert!(!text["message"].as_str().unwrap().is_empty());
    let output = diapir(place.path(), &["scan", "missing.sgy"]).output().unwrap();
    assert_eq!(output.status.code(), Some(11));
    assert!(output.stdout.is_empty());
    assert!(stderr(&output).starts_with("error: missing.sgy: "), "{}", stderr(&output));
}

#[test]
fn usage_errors_exit_with_2() {
    let place = place();
    for wrong in [
        &["scan", "--nonsense"][..],
        &["synth"],
        &["synth", "--size", "3x4", "--output", "a"],
        &["synth", "--seismic", "a.sgy", "--label", "./a.sgy"],
        &["export", "p.sgy"],
        &["export", "p.sgy", "--png", "p.png"],
    ] {
        assert_eq!(error(place.path(), wrong, 2)["name"], "USAGE");
    }
    assert_eq!(names(place.path()), Vec::<String>::new());
}

#[test]
fn a_library_that_is_not_there_is_explained() {
    let place = place();
    let output = bare(place.path(), &["info", "--library", "nowhere.so"]).output().unwrap();
    assert_eq!(output.status.code(), Some(16));
    assert!(stderr(&output).contains("nowhere.so"));
    // Away from the library that was built beside it.
    let alone = place.path().join("diapir");
    fs::copy(env!("CARGO_BIN_EXE_diapir"), &alone).unwrap();
    let output = std::process::Command::new(&alone)
        .arg("info")
        .env_remove("DIAPIR_LIBRARY")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .unwrap();
    if output.status.success() {
        println!("SKIPPED the list of places tried: a libdiapir is installed on this system");
        return;
    }
    assert_eq!(output.status.code(), Some(16));
    assert!(stderr(&output).contains("tried") && stderr(&output).contains("lib/"), "{}", stderr(&output));
}

#[test]
fn configuration_gives_defaults_and_flags_override_them() {
    let place = place();
    let config = |text: &str| fs::write(place.path().join("c.toml"), text).unwrap();
    config("quiet = true\n[synth]\nsize = \"20x20x64\"\noutput = \"a\"\nseed = 3\n[scan]\ntext = true\n");
    assert_eq!(json(place.path(), &["synth", "--config", "c.toml"])["seed"], 3);
    assert_eq!(json(place.path(), &["synth", "--config", "c.toml", "--seed", "4"])["seed"], 4);
    let scan =
        |flags: &[&str]| json(place.path(), &[&["scan", "a/seismic.sgy", "--config=c.toml"], flags].concat());
    assert!(scan(&[])["text_header"].is_string());
    assert!(scan(&["--text=false"])["text_header"].is_null());
    config("[scan]\nteext = true\n");
    let wrong = error(place.path(), &["scan", "a/seismic.sgy", "--config", "c.toml"], 2);
    let message = wrong["message"].as_str().unwrap();
    assert!(message.contains("teext") && message.contains("inline-byte"), "{message}");
    config("[scan]\ntext = 1\n");
    error(place.path(), &["scan", "a/seismic.sgy", "--config", "c.toml"], 2);
    // Commands below commands.
    let submit = ["tgs", "submit", "nowhere.safetensors", "--config", "c.toml"];
    config("[tgs.submit]\noutput = \"a.csv\"\n");
    let told = error(place.path(), &submit, 11);
    assert_eq!(told["path"], "nowhere.safetensors");
    config("[tgs.submit]\nmosaic = \"a\"\n");
    let wrong = error(place.path(), &submit, 2);
    assert!(wrong["message"].as_str().unwrap().contains("[tgs.submit] has no key \"mosaic\""), "{wrong}");
    for table in ["[tgs.submitt]", "[scan.text]"] {
        config(table);
        let wrong = error(place.path(), &submit, 2);
        assert!(wrong["message"].as_str().unwrap().contains(&format!("{table} is no command")), "{wrong}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let place = place();
    fs::write(place.path().join("file"), "").unwrap();
    assert_eq!(error(place.path(), &["synth", "--output", "file/inside"], 11)["status"], 101);
    let locked = place.path().join("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        println!("SKIPPED a read-only folder: this user (root) may write there all the same");
        return;
    }
    assert_eq!(
        error(place.path(), &["synth", "--size", "20x20x64", "--output", "locked"], 11)["status"],
        101
    );
    assert_eq!(names(&locked), Vec::<String>::new());
}

/// Starts a command and interrupts it once it shows that the work is under way.
fn interrupted(folder: &Path, arguments: &[&str], under_way: impl Fn() -> bool) -> std::process::Output {
    let child = diapir(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    while !under_way() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{arguments:?} did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

#[test]
fn interrupting_leaves_nothing_behind() {
    let place = place();
    let folder = place.path().join("big");
    let begun = || folder.is_dir() && !names(&folder).is_empty();
    let arguments = ["synth", "--size", "400x400x500", "--output", "big", "--json"];
    let output = interrupted(place.path(), &arguments, begun);
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["error"]["name"], "CANCELLED");
    assert_eq!(names(place.path()), Vec::<String>::new());
}

#[test]
fn labels_agree_with_themselves_and_are_drawn() {
    let place = place();
    good(place.path(), &["synth", "--size", "110x110x220", "--output", "a"]);
    let result = json(place.path(), &["evaluate", "a/label.sgy", "a/label.sgy"]);
    let found = &result["evaluation"];
    let live = json(place.path(), &["scan", "a/label.sgy"])["info"]["live_count"].as_i64().unwrap();
    assert_eq!(found["samples"].as_i64(), Some(live * 220), "{found}");
    for name in ["voxel_iou", "voxel_dice", "tile_score", "best_iou"] {
        assert_eq!(found[name].as_f64(), Some(1.0), "{name}: {found}");
    }
    assert!(found["tiles"].as_i64().unwrap() > 0);
    let png = ["export", "a/label.sgy", "--seismic", "a/seismic.sgy", "--png", "a/section.png"];
    good(place.path(), &png);
    assert!(fs::read(place.path().join("a/section.png")).unwrap().starts_with(b"\x89PNG"));
    let over_input = ["export", "a/label.sgy", "--seismic", "a/seismic.sgy", "--png", "a/label.sgy"];
    error(place.path(), &over_input, 2);
}

#[test]
fn completions_know_the_commands() {
    let place = place();
    for shell in ["bash", "zsh", "fish"] {
        let output = bare(place.path(), &["completions", shell]).output().unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("predict"));
    }
}
