//! One named line per bad file: the error names the file, the field and what to do.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::alloc::System;

use diapir::segy::{OpenOptions, SegyVolume};
use diapir::volume::{Block, VolumeSource};
use diapir::{Control, Error, ErrorKind};

/// Counts memory: a lying header must not make the reader ask for more than the file can be worth.
#[global_allocator]
static MEMORY: cap::Cap<System> = cap::Cap::new(System, usize::MAX);

/// All files here are below a megabyte.
const MOST_MEMORY: usize = 64 << 20;

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

fn refuse(name: &str, bytes: &[u8]) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.sgy");
    std::fs::write(&path, bytes).unwrap();
    let opened = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent());
    let Err(error) = opened else { panic!("{name} was opened") };
    assert!(error.to_string().contains("bad.sgy"), "{error}");
    assert!(MEMORY.max_allocated() < MOST_MEMORY, "{} bytes were asked for: {error}", MEMORY.max_allocated());
    error
}

fn check(name: &str, bytes: &[u8], kind: ErrorKind, words: &[&str]) {
    let error = refuse(name, bytes);
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

fn put32(bytes: &mut [u8], position: usize, value: u32) {
    bytes[position - 1..position + 3].copy_from_slice(&value.to_be_bytes());
}

fn put64(bytes: &mut [u8], position: usize, value: u64) {
    bytes[position - 1..position + 7].copy_from_slice(&value.to_be_bytes());
}

#[test]
fn lengths_that_do_not_fit() {
    use ErrorKind::{Malformed, Truncated};
    check("0 bytes", &[], Truncated, &["0 bytes", "3600"]);
    check("1 byte", b"C", Truncated, &["1 bytes"]);
    check("100 bytes", &[7; 100], Truncated, &["100 bytes"]);
    check("half a textual header", &[0x40; 1600], Truncated, &["1600 bytes"]);
    check("textual header alone", &[0x40; 3200], Truncated, &["3200 bytes"]);
    check("half a binary header", &good()[..3400], Truncated, &["3400 bytes"]);
    check("headers only", &good()[..3600], Truncated, &["no trace"]);
    check("cut in the first trace header", &good()[..3700], Truncated, &["100 bytes", "256"]);
    check("a trace header without samples", &good()[..3840], Truncated, &["240 bytes", "256"]);
    check("cut in the first samples", &good()[..3850], Truncated, &["250 bytes"]);
    check(
        "cut in the last trace header",
        &good()[..good().len() - 100],
        Truncated,
        &["156", "3 traces", "byte 4368"],
    );
    check("cut in the last samples", &good()[..good().len() - 3], Truncated, &["253", "3 traces"]);
    check(
        "trailing bytes",
        &changed(|b| b.extend([0; 100])),
        Truncated,
        &["100 bytes are left over", "byte 4624"],
    );
    check("one more byte", &changed(|b| b.push(0)), Truncated, &["1 bytes are left over"]);
    check("no samples", &changed(|b| put16(b, 3221, 0)), Malformed, &["3221", "115-116", "0"]);
    check("negative samples", &changed(|b| put16(b, 3221, 0xffce)), Truncated, &["65486 samples"]);
    check("too many samples stated", &changed(|b| put16(b, 3221, 60)), Truncated, &["60 samples"]);
    check("one sample too many stated", &changed(|b| put16(b, 3221, 5)), Truncated, &["5 samples"]);
    let lengths = changed(|b| {
        put16(b, 3221, 60);
        put16(b, 3600 + 115, 61);
    });
    check("trace headers say otherwise, wrongly", &lengths, Truncated, &["60 samples"]);
    let differing = changed(|b| {
        put16(b, 3600 + 115, 4);
        put16(b, 3856 + 115, 6);
        b.extend([0; 8]);
    });
    check(
        "traces of different lengths",
        &differing,
        Truncated,
        &["6 samples (bytes 115-116)", "differ in length"],
    );
}

#[test]
fn headers_that_lie() {
    use ErrorKind::{Malformed, Truncated, Unsupported};
    check("text only", &vec![b'C'; 3600], Malformed, &["3225-3226"]);
    check("a text file", "no seismic here\n".repeat(400).as_bytes(), Malformed, &["format code"]);
    check("format 0", &changed(|b| put16(b, 3225, 0)), Malformed, &["3225", "byte 3224"]);
    check("format 13", &changed(|b| put16(b, 3225, 13)), Malformed, &["is 13"]);
    check("format 99", &changed(|b| put16(b, 3225, 99)), Malformed, &["is 99"]);
    check("format -1", &changed(|b| put16(b, 3225, 0xffff)), Malformed, &["is 65535"]);
    check("a format of other width", &changed(|b| put16(b, 3225, 6)), Truncated, &["format 6", "272 bytes"]);
    check("no interval", &changed(|b| put16(b, 3217, 0)), Malformed, &["3217", "117"]);
    check("negative interval", &changed(|b| put16(b, 3217, 0x8000)), Malformed, &["3217", "117"]);
    check(
        "a constant that says pairs are swapped, which they are not",
        &changed(|b| b[3296..3300].copy_from_slice(&[2, 1, 4, 3])),
        Malformed,
        &["format code"],
    );
    check(
        "pairs cannot be exchanged in an odd number of bytes",
        &changed(|b| {
            b[3296..3300].copy_from_slice(&[2, 1, 4, 3]);
            b.push(0);
        }),
        Malformed,
        &["odd number"],
    );
    check(
        "a constant that says little-endian, which it is not",
        &changed(|b| b[3296..3300].copy_from_slice(&[4, 3, 2, 1])),
        Malformed,
        &["is 1280"],
    );
    for (tool, start) in [
        ("gunzip", &[0x1f, 0x8b][..]),
        ("unzstd", &[0x28, 0xb5, 0x2f, 0xfd]),
        ("bunzip2", b"BZh"),
        ("unxz", b"\xfd7zXZ\0"),
        ("unzip", b"PK\x03\x04"),
    ] {
        check(
            tool,
            &changed(|b| b[..start.len()].copy_from_slice(start)),
            Unsupported,
            &[tool, "compressed"],
        );
    }
}

#[test]
fn places_that_lie() {
    use ErrorKind::{Malformed, Truncated};
    let rev1 = |count: u16| {
        changed(move |b| {
            b[3500] = 1;
            put16(b, 3505, count);
        })
    };
    check("1 extended header that is not there", &rev1(1), Malformed, &["3505", "6800"]);
    check("32767 extended headers", &rev1(32_767), Malformed, &["3505", "32767"]);
    check("-1 extended headers without an end", &rev1(0xffff), Malformed, &["3505", "EndText"]);
    let rev2 = |change: fn(&mut [u8])| {
        changed(move |b| {
            b[3500] = 2;
            change(b);
        })
    };
    check("first trace beyond the end", &rev2(|b| put64(b, 3521, 1 << 60)), Malformed, &["3521"]);
    check("first trace at a negative byte", &rev2(|b| put64(b, 3521, u64::MAX)), Malformed, &["3521"]);
    check("first trace within the headers", &rev2(|b| put64(b, 3521, 3000)), Malformed, &["3521", "3000"]);
    check("a lying trace count", &rev2(|b| put64(b, 3513, 5)), Malformed, &["3513", "5 traces", "4"]);
    check("an absurd trace count", &rev2(|b| put64(b, 3513, u64::MAX)), Malformed, &["3513"]);
    check("4294967280 samples", &rev2(|b| put32(b, 3269, 0xffff_fff0)), Truncated, &["4294967280 samples"]);
    check("an absurd trailer", &rev2(|b| put32(b, 3529, 0x7fff_ffff)), Malformed, &["3529"]);
    check("a trailer of unknown length", &rev2(|b| put32(b, 3529, 0xffff_ffff)), Truncated, &["left over"]);
    check(
        "additional trace headers that are not there",
        &rev2(|b| put32(b, 3507, 0x0001_0001)),
        Truncated,
        &["496"],
    );
}

#[test]
fn traces_that_form_no_volume() {
    use ErrorKind::{Geometry, Malformed};
    let twins = changed(|b| b[3600 + 256 + 195] = 20);
    check("duplicate traces", &twins, Geometry, &["duplicate", "inline 10", "crossline 20"]);
    let gathers = changed(|b| {
        b[3600 + 256 + 195] = 20;
        b[3600 + 256 + 39] = 50;
    });
    check("prestack", &gathers, Geometry, &["prestack", "37-40", "0 to 50"]);
    let unnumbered = changed(|b| (0..4).for_each(|trace| b[3600 + 256 * trace + 191] = 0));
    check("no inline numbers", &unnumbered, Geometry, &["189-192", "byte positions"]);
    let scattered = changed(|b| b[3600 + 256 * 3 + 188] = 0x7f);
    check("absurd line numbers", &scattered, Geometry, &["byte positions"]);
    let extremes = changed(|b| {
        b[3600 + 188..3600 + 192].copy_from_slice(&i32::MIN.to_be_bytes());
        b[3600 + 256 + 188..3600 + 256 + 192].copy_from_slice(&i32::MAX.to_be_bytes());
    });
    check("line numbers from end to end", &extremes, Geometry, &["byte positions"]);
    let line = changed(|b| {
        for trace in 0..4u8 {
            let at = 3600 + 256 * usize::from(trace);
            b[at + 191] = 0;
            b[at + 195] = 0;
            (b[at + 183], b[at + 187]) = (1 + 10 * trace, 2 + 20 * trace);
        }
    });
    check("a 2-D line", &line, Geometry, &["straight line", "2-D"]);
    check("zeros", &vec![0; 10_000], Malformed, &["format code"]);
    check("ones", &vec![0xff; 10_000], Malformed, &["format code"]);
    let mut state = 1u32;
    let random: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(500_000)
    .collect();
    check("random bytes", &random, Malformed, &["format code"]);
}

#[test]
fn samples_that_are_no_numbers_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.sgy");
    let bytes = changed(|b| {
        b[3840..3844].copy_from_slice(&f32::NAN.to_be_bytes());
        b[3844..3848].copy_from_slice(&f32::INFINITY.to_be_bytes());
    });
    std::fs::write(&path, bytes).unwrap();
    let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
    let mut out = vec![0.0; 16];
    volume.read_block(&Block::whole(volume.grid()), &mut out).unwrap();
    assert!(out[0].is_nan() && out[1] == f32::INFINITY && out[2] == 0.0);
}

#[test]
fn a_file_cut_short_while_it_is_open_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinks.sgy");
    std::fs::write(&path, good()).unwrap();
    let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(4000).unwrap();
    let mut out = vec![0.0; 16];
    let error = volume.read_block(&Block::whole(volume.grid()), &mut out).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    assert!(error.to_string().contains("shrunk") && error.byte().is_some(), "{error}");
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
