//! What we write, read by others: segyio and ObsPy find the samples and headers that were meant.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::Command;

use diapir::Control;
use diapir::segy::{OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, GeoReference, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink, VolumeSource,
};
use serde_json::{Value, json};

const SHAPE: [usize; 3] = [4, 5, 12];

fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let works =
        Command::new(&python).args(["-c", "import segyio, obspy"]).output().is_ok_and(|o| o.status.success());
    if !works {
        println!("SKIPPED files read by segyio and ObsPy: no .venv with them, see make setup");
    }
    works.then_some(python)
}

fn grid() -> SurveyGrid {
    SurveyGrid {
        inlines: LineAxis { first: 1001, step: 1, count: SHAPE[0] },
        crosslines: LineAxis { first: 300, step: 2, count: SHAPE[1] },
        samples: SampleAxis::new(-40.0, 2.0, SHAPE[2], SampleUnit::Milliseconds).unwrap(),
        georef: Some(GeoReference {
            origin: [451_200.25, 6_501_100.5],
            inline_step: [20.0, 15.0],
            crossline_step: [-7.5, 10.0],
            crs: None,
            residual: 0.0,
        }),
    }
}

/// Values that all formats hold exactly.
fn value(k: usize) -> f32 {
    (k * 37 % 251) as f32 - 125.0
}

/// Writes one file and gives its entry in the manifest.
fn write(
    folder: &Path,
    name: &str,
    live: &LiveMask,
    options: &WriteOptions,
    template: Option<&SegyVolume>,
) -> Value {
    let grid = grid();
    let path = folder.join(name);
    let mut writer = match template {
        None => SegyWriter::create(&path, &grid, live, &["DIAPIR TEST".to_owned()], options).unwrap(),
        Some(template) => SegyWriter::from_template(template, &path, options).unwrap(),
    };
    let block = Block::whole(&grid);
    let data: Vec<f32> = (0..block.len()).map(value).collect();
    writer.write_block(&block, &data).unwrap();
    writer.finish().unwrap();

    let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
    assert_eq!(volume.violations().unwrap(), [], "{name}");
    assert_eq!(volume.grid().samples, grid.samples);
    let georef = grid.georef.as_ref().unwrap();
    let (mut lines, mut xy, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..SHAPE[0] {
        for x in (0..SHAPE[1]).filter(|x| live.is_live(i, *x)) {
            lines.push([grid.inlines.number(i), grid.crosslines.number(x)]);
            xy.push(georef.position(i as f64, x as f64).map(|value| (value * 100.0).round() as i64));
            let trace = (i * SHAPE[1] + x) * SHAPE[2];
            samples.extend(data[trace..trace + SHAPE[2]].iter().flat_map(|value| value.to_le_bytes()));
        }
    }
    let raw = folder.join(format!("{name}.f32"));
    std::fs::write(&raw, samples).unwrap();
    json!({
        "file": path, "endian": "big", "interval": 2000, "samples": SHAPE[2], "delay": -40, "lines": lines, "xy": xy,
        "data": raw, "rectangle": live.live_count() == live.len(),
        // ObsPy 1.5 has no 1-byte samples.
        "obspy": options.format != SampleFormat::Int8,
    })
}

#[test]
fn segyio_and_obspy_read_what_we_write() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let full = LiveMask::full(&grid());
    let mut gaps = full.clone();
    for (i, x) in [(0, 0), (1, 3), (3, 4)] {
        gaps.set(i, x, false);
    }
    let formats = [SampleFormat::Ibm32, SampleFormat::Ieee32, SampleFormat::Int16, SampleFormat::Int8];
    let mut manifest = Vec::new();
    for revision in [1, 2] {
        for format in formats {
            let options = WriteOptions { format, revision, scale: Some(1.0), ..WriteOptions::default() };
            for (live, name) in [(&full, "full"), (&gaps, "gaps")] {
                let name = format!("rev{revision}-format{}-{name}.sgy", format.code());
                manifest.push(write(folder.path(), &name, live, &options, None));
            }
        }
    }
    let first = folder.path().join("rev1-format1-gaps.sgy");
    let template = SegyVolume::open(&first, &OpenOptions::default(), &Control::silent()).unwrap();
    for format in formats {
        let history = vec!["DIAPIR TEST OF A TEMPLATE".to_owned()];
        let options = WriteOptions { format, scale: Some(1.0), history, ..WriteOptions::default() };
        let name = format!("template-format{}.sgy", format.code());
        manifest.push(write(folder.path(), &name, &gaps, &options, Some(&template)));
    }
    let list = folder.path().join("manifest.json");
    std::fs::write(&list, serde_json::to_string(&manifest).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_written.py");
    let output = Command::new(python).arg(script).arg(list).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.lines().count(), manifest.len());
}
