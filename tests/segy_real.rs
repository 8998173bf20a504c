//! The real files: expected geometry, or refusal for the right reason; and what is written is like what was read.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::PathBuf;

use diapir::segy::{OpenOptions, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{Block, VolumeSink, VolumeSource};
use diapir::{Control, ErrorKind, Result};

fn real(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/segy")).join(name);
    if !path.exists() {
        println!("SKIPPED {name}: the real data are not here");
        return None;
    }
    Some(path)
}

fn open(path: &std::path::Path) -> Result<SegyVolume> {
    SegyVolume::open(path, &OpenOptions::default(), &Control::silent())
}

const VOLUMES: [(&str, [usize; 3], usize); 7] = [
    ("F3_very_small.sgy", [11, 11, 463], 121),
    ("f3.sgy", [23, 18, 75], 414),
    ("volve10-migvel-depth-sub3d.sgy", [18, 52, 226], 936),
    ("ex1_missing_traces_75x71x26.segy", [75, 71, 26], 4938),
    ("ex2_complete_3d_75x71x26.segy", [75, 71, 26], 5325),
    ("ib_synth_iainb.segy", [11, 11, 501], 121),
    ("small.sgy", [5, 5, 50], 25),
];

#[test]
fn volumes_have_their_geometry_and_survive_a_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    for (name, shape, traces) in VOLUMES {
        let Some(path) = real(name) else { continue };
        let volume = open(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(volume.grid().shape(), shape, "{name}");
        assert_eq!(volume.summary().layout.traces, traces as u64, "{name}");
        let block = Block::whole(volume.grid());
        let mut samples = vec![0.0; block.len()];
        volume.read_block(&block, &mut samples).unwrap();
        let copy = folder.path().join(name);
        let mut writer = SegyWriter::from_template(&volume, &copy, &WriteOptions::default()).unwrap();
        writer.write_block(&block, &samples).unwrap();
        writer.finish().unwrap();
        let again = open(&copy).unwrap();
        let mut back = vec![0.0; block.len()];
        again.read_block(&block, &mut back).unwrap();
        assert_eq!(back, samples, "{name}");
        assert_eq!(again.grid(), volume.grid(), "{name}");
        for trace in 0..traces as u64 {
            assert_eq!(
                again.trace_header(trace).unwrap(),
                volume.trace_header(trace).unwrap(),
                "{name}, trace {trace}"
            );
        }
    }
}

/// What segyio finds in the same files: lines, samples, traces, and the sum of all samples of all traces.
const SEGYIO: &str = r#"
import json, sys, numpy, segyio
with segyio.open(sys.argv[1], strict=False) as file:
    lines = None if file.ilines is None else [len(file.ilines), len(file.xlines), int(file.ilines[0]), int(file.xlines[-1])]
    raw = file.trace.raw[:]
    print(json.dumps({"lines": lines, "samples": len(file.samples), "traces": file.tracecount,
                      "interval": float(file.samples[1] - file.samples[0]), "first": float(file.samples[0]),
                      "sum": float(numpy.sum(raw, dtype="f8"))}))
"#;

#[test]
fn segyio_finds_the_same() {
    let python = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python"));
    if !python.exists() {
        println!("SKIPPED comparison with segyio: there is no .venv, see make setup");
        return;
    }
    for (name, [inlines, crosslines, samples], traces) in VOLUMES {
        let Some(path) = real(name) else { continue };
        let output = std::process::Command::new(&python).args(["-c", SEGYIO]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let volume = open(&path).unwrap();
        let grid = volume.grid();
        assert_eq!(
            (found["samples"].as_u64(), found["traces"].as_u64()),
            (Some(samples as u64), Some(traces as u64))
        );
        // Without a full rectangle segyio gives no lines.
        if let Some(lines) = found["lines"].as_array() {
            let lines: Vec<i64> = lines.iter().filter_map(serde_json::Value::as_i64).collect();
            let ends = [i64::from(grid.inlines.first), i64::from(grid.crosslines.last())];
            assert_eq!(lines, [inlines as i64, crosslines as i64, ends[0], ends[1]], "{name}");
        }
        assert_eq!(found["interval"].as_f64(), Some(grid.samples.step), "{name}");
        assert_eq!(found["first"].as_f64(), Some(grid.samples.first), "{name}");
        let mut out = vec![0.0; Block::whole(grid).len()];
        volume.read_block(&Block::whole(grid), &mut out).unwrap();
        let sum: f64 = out.iter().map(|&sample| f64::from(sample)).sum();
        let expected = found["sum"].as_f64().unwrap();
        assert!((sum - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{name}: {sum}, segyio {expected}");
    }
}

#[test]
fn dead_traces_are_not_live() {
    let Some(path) = real("cube_w_deadtraces.segy") else { return };
    let volume = open(&path).unwrap();
    assert_eq!(volume.grid().samples.count, 4);
    assert_eq!(volume.summary().traces.live + volume.summary().traces.dead, volume.summary().layout.traces);
}

#[test]
fn what_is_no_volume_is_refused_for_the_right_reason() {
    let cases = [
        ("npra_31-81_2d.sgy", ErrorKind::Geometry, "189"),
        ("1x1.sgy", ErrorKind::Geometry, "189"),
        ("viking_small.segy", ErrorKind::Geometry, "straight line"),
        ("E5_MIG_DMO_FINAL_DEPTH.sgy", ErrorKind::Geometry, "crooked 2-D line"),
        ("volve10r12-full-twt-arb.sgy", ErrorKind::Geometry, "line with large bends"),
        ("gom_cdp_nmo.su", ErrorKind::Malformed, "format code"),
        ("small-ps.sgy", ErrorKind::Geometry, "prestack"),
        ("text.sgy", ErrorKind::Truncated, "no trace"),
    ];
    for (name, kind, word) in cases {
        let Some(path) = real(name) else { continue };
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert!(error.to_string().contains(word), "{name}: {error}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}
