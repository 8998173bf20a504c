//! The C ABI as C and C++ programs see it: `tests/capi/*.c`, `wrapper.cc` and the examples are compiled
//! against the checked-in header, linked to this build's shared library, and run. Without a compiler: SKIPPED
//! lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod capi_support;
mod tile_support;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use capi_support::{STRICT, compile, compiler, names, root, run};

/// A scratch folder for the program and one for its files.
fn folders() -> (tempfile::TempDir, tempfile::TempDir) {
    (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
}

/// Compiles and runs one program on an empty folder; gives the names that it left there.
fn program(source: &str, standard: &str) -> Option<Vec<String>> {
    let (build, data) = folders();
    let program = compile(source, standard, build.path())?;
    run(Command::new(program).arg(data.path()));
    Some(names(data.path()))
}

#[test]
fn survey() {
    if let Some(left) = program("tests/capi/survey.c", "c99") {
        assert_eq!(left, ["label.sgy", "seismic.sgy"]);
    }
}

#[test]
fn errors() {
    if let Some(left) = program("tests/capi/errors.c", "c99") {
        assert_eq!(left, ["garbage.sgy"]);
    }
}

#[test]
fn threads() {
    program("tests/capi/threads.c", "c11");
}

#[test]
fn wrapper() {
    if let Some(left) = program("tests/capi/wrapper.cc", "c++17") {
        assert_eq!(left, ["label.sgy", "section.png", "seismic.sgy"]);
    }
}

#[test]
fn tileset() {
    let (build, data) = folders();
    let Some(program) = compile("tests/capi/tileset.cc", "c++17", build.path()) else { return };
    tile_support::write_folder(&data.path().join("tiles"), 24, 24);
    run(Command::new(program).arg(data.path()));
    let trained: &[&str] = match cfg!(feature = "torch") {
        true => &[
            "blend.safetensors",
            "folds",
            "masks.csv",
            "mean.safetensors",
            "mirrored",
            "rates.csv",
            "report.json",
            "run",
            "stack.json",
            "system",
        ],
        false => &[],
    };
    let mut expected = [&["mosaics.csv", "sheet.png", "tiles"], trained].concat();
    expected.sort_unstable();
    assert_eq!(names(data.path()), expected);
}

#[test]
fn cancel() {
    if let Some(left) = program("tests/capi/cancel.c", "c99") {
        assert_eq!(left, ["label.sgy", "seismic.sgy"], "a cancelled call leaves nothing");
    }
}

#[test]
fn panics_end_at_the_border() {
    if !cfg!(debug_assertions) {
        println!("SKIPPED injected panics: builds without debug assertions have none");
        return;
    }
    let (build, data) = folders();
    let Some(program) = compile("tests/capi/errors.c", "c99", build.path()) else { return };
    let inject = |function: &str, mode: &str| {
        run(Command::new(&program).arg(data.path()).arg(mode).env("DIAPIR_INJECT_PANIC", function));
    };
    inject("diapir_synth_write", "panic");
    assert!(names(data.path()).is_empty(), "{:?}", names(data.path()));
    inject("diapir_survey_get_info:handle", "poison");
}

#[test]
fn layout() {
    let mut lines = String::new();
    for layout in diapir::capi::layouts() {
        writeln!(lines, "STRUCT({}, {})", layout.name, layout.size).unwrap();
        for (field, offset) in layout.fields {
            writeln!(lines, "FIELD({}, {field}, {offset})", layout.name).unwrap();
        }
    }
    let build = tempfile::tempdir().unwrap();
    std::fs::write(build.path().join("layout_expected.h"), lines).unwrap();
    if let Some(program) = compile("tests/capi/layout.c", "c99", build.path()) {
        run(&mut Command::new(program));
    }
}

/// Compiles a file to nothing, with all warnings.
fn compiles(source: &Path, standard: &str) {
    let Some(compiler) = compiler(source.extension().is_some_and(|extension| extension == "cc")) else {
        return;
    };
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .args(["-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{standard}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn header_alone() {
    for standard in ["c99", "c11", "c17"] {
        compiles(&root().join("tests/capi/header_alone.c"), standard);
    }
    for standard in ["c++11", "c++17", "c++20"] {
        compiles(&root().join("tests/capi/header_alone.cc"), standard);
    }
    for standard in ["c++17", "c++20"] {
        compiles(&root().join("tests/capi/wrapper.cc"), standard);
    }
}

#[test]
fn double_include() {
    let Some(compiler) = compiler(true) else { return };
    let build = tempfile::tempdir().unwrap();
    let library = capi_support::shared_library();
    let program = build.path().join("double_include");
    let output = Command::new(compiler)
        .arg("-std=c++17")
        .args(STRICT)
        .arg("-I")
        .arg(root().join("include"))
        .args(["a", "b"].map(|part| root().join(format!("tests/capi/double_include_{part}.cc"))))
        .arg("-o")
        .arg(&program)
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", library.parent().unwrap().display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    run(&mut Command::new(program));
}

#[test]
fn examples_compile_and_inspect_runs() {
    let (build, data) = folders();
    let Some(write) = compile("tests/capi/survey.c", "c99", build.path()) else { return };
    run(Command::new(write).arg(data.path()));
    // Those that need a model run below.
    for example in ["predict", "section"] {
        compile(&format!("examples/c/{example}.c"), "c99", build.path());
    }
    compile("examples/cpp/predict.cc", "c++17", build.path());
    let inspect = compile("examples/c/inspect.c", "c99", build.path()).unwrap();
    let text = run(Command::new(inspect).arg(data.path().join("seismic.sgy")));
    assert!(text.contains("inlines     24, from") && text.contains("1280 samples"), "{text}");
}

/// One small training in C, and all that a model is good for.
#[cfg(feature = "torch")]
#[test]
fn the_whole_road_and_the_examples_with_its_model() {
    let (build, data) = folders();
    let Some(train) = compile("tests/capi/train.c", "c99", build.path()) else { return };
    run(Command::new(&train).arg(data.path()));
    let left = [
        "again",
        "imported.safetensors",
        "label.sgy",
        "probability-run.json",
        "probability.sgy",
        "run",
        "seismic.sgy",
        "weights.safetensors",
    ];
    assert_eq!(names(data.path()), left, "neither maps nor anything of the refused training");
    let [model, seismic, label] =
        ["run/model.safetensors", "seismic.sgy", "label.sgy"].map(|name| data.path().join(name));

    if cfg!(debug_assertions) {
        run(Command::new(&train)
            .arg(data.path())
            .arg("panic")
            .env("DIAPIR_INJECT_PANIC", "diapir_predict_section"));
    }

    let cancelled = tempfile::tempdir().unwrap();
    let cancel = compile("tests/capi/cancel.c", "c99", build.path()).unwrap();
    run(Command::new(cancel).arg(cancelled.path()).arg(&model));
    assert_eq!(names(cancelled.path()), ["label.sgy", "seismic.sgy"]);

    let predicted = tempfile::tempdir().unwrap();
    let predict = compile("tests/capi/predict.c", "c99", build.path()).unwrap();
    run(Command::new(predict).arg(predicted.path()).arg(&model));
    assert!(!names(predicted.path()).iter().any(|name| name.starts_with('.') || name.starts_with("no")));

    let predict = compile("examples/c/predict.c", "c99", build.path()).unwrap();
    let output = data.path().join("c.sgy");
    let text = run(Command::new(predict).args([&model, &seismic, &output]));
    assert!(text.contains("predict: ") && text.contains(" tiles, "), "{text}");
    let same = std::fs::read(data.path().join("probability.sgy")).unwrap().len();
    assert_eq!(std::fs::read(&output).unwrap().len(), same);

    let section = compile("examples/c/section.c", "c99", build.path()).unwrap();
    let text = run(Command::new(section).args([&model, &seismic]).arg("1005"));
    assert!(text.contains("of 1280 samples are probably salt"), "{text}");

    let predict = compile("examples/cpp/predict.cc", "c++17", build.path()).unwrap();
    let output = data.path().join("cpp.sgy");
    let text = run(Command::new(predict).args([&model, &seismic, &output, &label]));
    assert!(text.contains("IoU ") && output.exists(), "{text}");
}
