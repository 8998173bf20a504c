//! One named line per bad file: the error names the file, the field and what to do.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use diapir::segy::{OpenOptions, SegyVolume};
use diapir::{Control, Error, ErrorKind};

/// A whole file: 2 x 2 traces of 4 IEEE samples.
fn good() -> Vec<u8> {
    let mut bytes = vec![0x40; 3200];
    bytes.extend([0; 400]);
    put16(&mut bytes, 3217, 4000);
    put16(&mut bytes, 3221, 4);
    put16(&mut bytes, 3225, 5);
    for trace in 0..4 {
        let mut header = vec![0; 240];
        header[29] = 1;
        header[191] = 10 + trace / 2;
        header[195] = 20 + trace % 2;
        bytes.extend(header);
        bytes.extend([0; 16]);
    }
    bytes
}

fn put16(bytes: &mut [u8], position: usize, value: u16) {
    bytes[position - 1..position + 1].copy_from_slice(&value.to_be_bytes());
}

fn refuse(bytes: &[u8]) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.sgy");
    std::fs::write(&path, bytes).unwrap();
    let error = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("bad.sgy"), "{error}");
    error
}

fn check(name: &str, bytes: &[u8], kind: ErrorKind, words: &[&str]) {
    let error = refuse(bytes);
    assert_eq!(error.kind(), kind, "{name}: {error}");
    for word in words {
        assert!(error.to_string().contains(word), "{name}: {word:?} is not in: {error}");
    }
}

fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = good();
    change(&mut bytes);
    bytes
}

#[test]
fn the_good_file_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.sgy");
    std::fs::write(&path, good()).unwrap();
    SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
}

#[test]
fn broken_bytes_are_refused() {
    use ErrorKind::{Geometry, Malformed, Truncated, Unsupported};
    check("empty", &[], Truncated, &["0 bytes", "3600"]);
    check("100 bytes", &[7; 100], Truncated, &["100 bytes"]);
    check("text only", &vec![b'C'; 3600], Malformed, &["3225-3226"]);
    check("a text file", "no seismic here\n".repeat(400).as_bytes(), Malformed, &["format code"]);
    check("headers only", &good()[..3600], Truncated, &["no trace"]);
    check("cut in a trace header", &good()[..3700], Truncated, &["100 bytes", "256"]);
    check("cut in the samples", &good()[..good().len() - 3], Truncated, &["253", "3 traces"]);
    check(
        "trailing bytes",
        &changed(|b| b.extend([0; 100])),
        Truncated,
        &["100 are left over"].map(|_| "100"),
    );
    check("no samples", &changed(|b| put16(b, 3221, 0)), Malformed, &["3221", "0"]);
    check("too many samples stated", &changed(|b| put16(b, 3221, 60)), Truncated, &["60 samples"]);
    check("format 0", &changed(|b| put16(b, 3225, 0)), Malformed, &["3225"]);
    check("format 4", &changed(|b| put16(b, 3225, 4)), Malformed, &["is 4"]);
    check("format 13", &changed(|b| put16(b, 3225, 13)), Malformed, &["is 13"]);
    check("format 99", &changed(|b| put16(b, 3225, 99)), Malformed, &["is 99"]);
    check("no interval", &changed(|b| put16(b, 3217, 0)), Malformed, &["3217", "117"]);
    check(
        "pair-wise swapped",
        &changed(|b| b[3296..3300].copy_from_slice(&[2, 1, 4, 3])),
        Unsupported,
        &["swapped"],
    );
    check("gzip", &changed(|b| b[..2].copy_from_slice(&[0x1f, 0x8b])), Unsupported, &["gunzip"]);
    let rev1 = |count: u16| {
        changed(move |b| {
            b[3500] = 1;
            put16(b, 3505, count);
        })
    };
    check("32767 extended headers", &rev1(32_767), Malformed, &["3505", "32767"]);
    check("-1 extended headers", &rev1(0xffff), Unsupported, &["3505", "-1"]);
    let beyond = changed(|b| {
        b[3500] = 2;
        b[3520] = 0x10;
    });
    check("first trace beyond the end", &beyond, Malformed, &["3521"]);
    let twins = changed(|b| b[3600 + 256 + 195] = 20);
    check("duplicate traces", &twins, Geometry, &["duplicate", "inline 10", "crossline 20"]);
    let gathers = changed(|b| {
        b[3600 + 256 + 195] = 20;
        b[3600 + 256 + 39] = 50;
    });
    check("prestack", &gathers, Geometry, &["prestack", "37-40"]);
    let unnumbered = changed(|b| (0..4).for_each(|trace| b[3600 + 256 * trace + 191] = 0));
    check("no inline numbers", &unnumbered, Geometry, &["189-192", "byte positions"]);
    let scattered = changed(|b| b[3600 + 256 * 3 + 188] = 0x7f);
    check("absurd line numbers", &scattered, Geometry, &["byte positions"]);
    check("zeros", &vec![0; 10_000], Malformed, &["format code"]);
    check("ones", &vec![0xff; 10_000], Malformed, &["format code"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| {
        SegyVolume::open(path, &OpenOptions::default(), &Control::silent()).unwrap_err()
    };
    assert_eq!(open(&folder.path().join("missing.sgy")).kind(), ErrorKind::NotFound);
    let error = open(folder.path());
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let fifo = folder.path().join("pipe");
    if std::process::Command::new("mkfifo").arg(&fifo).status().is_ok_and(|status| status.success()) {
        assert!(open(&fifo).to_string().contains("pipe"));
    }
}
