//! The exported functions called from Rust, where every hostile argument can be made: NULLs, short and long
//! structs, wrong UTF-8, small buffers. Runs without a C compiler.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, reason = "calls into the C ABI, all of one kind")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::{MaybeUninit, offset_of, size_of};
use std::path::Path;
use std::ptr;

use diapir::capi::*;

/// Runs a call, takes its error object apart and frees it: status and message.
fn outcome(call: impl FnOnce(*mut *mut diapir_error) -> diapir_status) -> (diapir_status, String) {
    // What was in the place before must not matter.
    let mut error = ptr::without_provenance_mut(8);
    let status = call(&raw mut error);
    assert_eq!(error.is_null(), status == diapir_status::Ok, "an error object comes with every failure");
    unsafe {
        let message = CStr::from_ptr(diapir_error_message(error)).to_str().unwrap().to_owned();
        assert_eq!(diapir_error_status(error), status);
        diapir_error_free(error);
        (status, message)
    }
}

fn text(path: &Path) -> CString {
    CString::new(path.to_str().unwrap()).unwrap()
}

/// A prepared struct.
fn prepared<T>(init: unsafe extern "C" fn(*mut T, usize) -> diapir_status) -> T {
    let mut value = MaybeUninit::uninit();
    unsafe {
        assert_eq!(init(value.as_mut_ptr(), size_of::<T>()), diapir_status::Ok);
        value.assume_init()
    }
}

/// A small synthetic survey on disk, opened.
struct Fixture {
    folder: tempfile::TempDir,
    seismic: *mut diapir_survey,
    label: *mut diapir_survey,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (seismic, label) = (folder.path().join("s.sgy"), folder.path().join("l.sgy"));
        let mut options = prepared(diapir_synth_options_init);
        (options.inlines, options.crosslines, options.samples) = (9, 8, 20);
        unsafe {
            let (s, l) = (text(&seismic), text(&label));
            let done =
                outcome(|e| diapir_synth_write(s.as_ptr(), l.as_ptr(), &raw const options, ptr::null(), e));
            assert_eq!(done.0, diapir_status::Ok, "{}", done.1);
        }
        Self { seismic: open(&seismic).unwrap(), label: open(&label).unwrap(), folder }
    }

    fn info(&self) -> diapir_survey_info {
        let mut info = prepared(diapir_survey_info_init);
        let done = outcome(|e| unsafe { diapir_survey_get_info(self.seismic, &raw mut info, e) });
        assert_eq!(done.0, diapir_status::Ok, "{}", done.1);
        info
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        unsafe {
            diapir_survey_free(self.seismic);
            diapir_survey_free(self.label);
        }
    }
}

fn open(path: &Path) -> Result<*mut diapir_survey, (diapir_status, String)> {
    let (path, mut survey) = (text(path), ptr::null_mut());
    match outcome(|e| unsafe {
        diapir_survey_open(path.as_ptr(), ptr::null(), ptr::null(), &raw mut survey, e)
    }) {
        (diapir_status::Ok, _) => Ok(survey),
        failure => Err(failure),
    }
}

fn null_named((status, message): (diapir_status, String), parameter: &str) {
    assert_eq!(status, diapir_status::NullArgument, "{parameter}: {message}");
    assert!(message.starts_with(&format!("{parameter} is NULL")), "{message}");
}

#[test]
fn nulls_are_named() {
    let fixture = Fixture::new();
    let (s, nothing) = (fixture.seismic, ptr::null::<diapir_survey>());
    let path = text(&fixture.folder.path().join("x"));
    let (mut survey, mut sample) = (ptr::null_mut(), 0.0f32);
    unsafe {
        null_named(
            outcome(|e| diapir_survey_open(ptr::null(), ptr::null(), ptr::null(), &raw mut survey, e)),
            "path",
        );
        null_named(
            outcome(|e| diapir_survey_open(path.as_ptr(), ptr::null(), ptr::null(), ptr::null_mut(), e)),
            "survey",
        );
        null_named(outcome(|e| diapir_survey_get_info(nothing, ptr::null_mut(), e)), "survey");
        null_named(outcome(|e| diapir_survey_get_info(s, ptr::null_mut(), e)), "info");
        null_named(
            outcome(|e| diapir_survey_text_header(s, ptr::null_mut(), 0, ptr::null_mut(), e)),
            "needed",
        );
        null_named(
            outcome(|e| diapir_survey_text_header(s, ptr::null_mut(), 5, ptr::null_mut(), e)),
            "buffer",
        );
        null_named(outcome(|e| diapir_survey_read_live_mask(s, ptr::null_mut(), 72, e)), "live");
        null_named(outcome(|e| diapir_survey_read_block(s, ptr::null(), &raw mut sample, 1, e)), "block");
        null_named(outcome(|e| diapir_survey_read_inline(nothing, 1, &raw mut sample, 1, e)), "survey");
        null_named(
            outcome(|e| diapir_synth_write(ptr::null(), path.as_ptr(), ptr::null(), ptr::null(), e)),
            "seismic_path",
        );
        null_named(
            outcome(|e| diapir_synth_write(path.as_ptr(), ptr::null(), ptr::null(), ptr::null(), e)),
            "label_path",
        );
        null_named(outcome(|e| diapir_evaluate(s, nothing, 0.5, ptr::null(), ptr::null_mut(), e)), "label");
        null_named(outcome(|e| diapir_evaluate(s, s, 0.5, ptr::null(), ptr::null_mut(), e)), "report");
        null_named(outcome(|e| diapir_device_count(ptr::null_mut(), e)), "count");
        null_named(
            outcome(|e| diapir_export_section_png(nothing, nothing, nothing, path.as_ptr(), ptr::null(), e)),
            "seismic",
        );
        null_named(
            outcome(|e| diapir_export_maps(s, ptr::null(), ptr::null(), ptr::null(), ptr::null(), e)),
            "top_path and max_path",
        );
    }
}

#[test]
fn nulls_of_models_and_recipes_are_named() {
    let path = c"x";
    unsafe {
        null_named(outcome(|e| diapir_model_load(ptr::null(), ptr::null(), ptr::null_mut(), e)), "path");
        null_named(outcome(|e| diapir_model_load(path.as_ptr(), ptr::null(), ptr::null_mut(), e)), "model");
        null_named(
            outcome(|e| diapir_model_load_builtin(ptr::null(), ptr::null(), ptr::null_mut(), e)),
            "model",
        );
        null_named(
            outcome(|e| diapir_model_info_json(ptr::null(), ptr::null_mut(), 0, ptr::null_mut(), e)),
            "model",
        );
        null_named(
            outcome(|e| diapir_recipe_text(ptr::null(), ptr::null_mut(), 0, ptr::null_mut(), e)),
            "name",
        );
        null_named(outcome(|e| diapir_recipe_check(ptr::null(), e)), "recipe");
    }
}

#[test]
fn nulls_in_training_pairs_are_named() {
    let fixture = Fixture::new();
    let folder = text(&fixture.folder.path().join("run"));
    let train = |pairs: &[diapir_labelled_survey]| {
        outcome(|e| unsafe {
            let (data, len) = (pairs.as_ptr(), pairs.len());
            diapir_train(
                data,
                len,
                ptr::null(),
                0,
                folder.as_ptr(),
                ptr::null(),
                ptr::null(),
                ptr::null_mut(),
                e,
            )
        })
    };
    let whole = diapir_labelled_survey { seismic: fixture.seismic, label: fixture.label };
    let half = diapir_labelled_survey { label: ptr::null(), ..whole };
    null_named(train(&[whole, half]), "training[1].label");
    let (status, message) = train(&[]);
    if cfg!(feature = "torch") {
        assert_eq!(status, diapir_status::InvalidArgument, "{message}");
        assert!(message.contains("no survey is given, and the recipe has no [sections]"), "{message}");
    } else {
        assert_eq!(status, diapir_status::Unsupported, "{message}");
    }
}

#[test]
fn short_structs_are_a_prefix_over_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let (s, l) = (text(&folder.path().join("s.sgy")), text(&folder.path().join("l.sgy")));
    let mut options = prepared(diapir_synth_options_init);
    (options.inlines, options.crosslines) = (5, 6);
    // A program whose header ended before `samples`: what lies behind is not its struct.
    options.struct_size = offset_of!(diapir_synth_options, samples) as u32;
    (options.samples, options.sample_interval_ms) = (-1, f64::NAN);
    let write = |o: &diapir_synth_options| {
        outcome(|e| unsafe { diapir_synth_write(s.as_ptr(), l.as_ptr(), ptr::from_ref(o), ptr::null(), e) })
    };
    assert_eq!(write(&options), (diapir_status::Ok, String::new()));
    let survey = open(&folder.path().join("s.sgy")).unwrap();
    let mut info = prepared(diapir_survey_info_init);
    unsafe { diapir_survey_get_info(survey, &raw mut info, ptr::null_mut()) };
    assert_eq!((info.inline_count, info.sample_count, info.sample_interval), (5, 350, 4.0));
    unsafe { diapir_survey_free(survey) };

    for wrong in [0, 1, 3, 4, 9, offset_of!(diapir_synth_options, samples) as u32 + 1] {
        options.struct_size = wrong;
        let (status, message) = write(&options);
        assert_eq!(status, diapir_status::InvalidArgument, "{wrong}: {message}");
        assert!(message.contains(&format!("struct_size is {wrong}")), "{message}");
    }
}

#[repr(C)]
struct Longer<T> {
    known: T,
    new: u64,
}

#[test]
fn longer_structs_from_the_future_pass_when_unknown_fields_are_zero() {
    let fixture = Fixture::new();
    let (a, b) = (fixture.folder.path().join("a.sgy"), fixture.folder.path().join("b.sgy"));
    let (s, l) = (text(&a), text(&b));
    let size = size_of::<Longer<diapir_synth_options>>();
    let mut options = MaybeUninit::<Longer<diapir_synth_options>>::uninit();
    let pointer = options.as_mut_ptr().cast::<diapir_synth_options>();
    let mut options = unsafe {
        pointer.cast::<u8>().write_bytes(0xA5, size);
        assert_eq!(diapir_synth_options_init(pointer, size), diapir_status::Ok);
        options.assume_init()
    };
    assert_eq!((options.known.struct_size as usize, options.new), (size, 0));
    (options.known.inlines, options.known.crosslines, options.known.samples) = (4, 4, 20);
    let write = |o: &Longer<diapir_synth_options>| {
        outcome(|e| unsafe {
            diapir_synth_write(s.as_ptr(), l.as_ptr(), ptr::from_ref(o).cast(), ptr::null(), e)
        })
    };
    options.new = 1;
    let (status, message) = write(&options);
    assert_eq!(status, diapir_status::Unsupported, "{message}");
    assert!(message.contains("newer library") && !a.exists() && !b.exists(), "{message}");
    options.new = 0;
    assert_eq!(write(&options).0, diapir_status::Ok);
}

#[test]
fn reports_fill_what_the_caller_knows() {
    let fixture = Fixture::new();
    let known = offset_of!(diapir_survey_info, trace_count);
    let mut info = prepared(diapir_survey_info_init);
    info.struct_size = known as u32;
    (info.trace_count, info.residual) = (-77, -77.0);
    let done = outcome(|e| unsafe { diapir_survey_get_info(fixture.seismic, &raw mut info, e) });
    assert_eq!(done.0, diapir_status::Ok, "{}", done.1);
    assert_eq!((info.struct_size as usize, info.inline_count, info.sample_count), (known, 9, 20));
    assert_eq!((info.trace_count, info.residual), (-77, -77.0), "beyond the caller's struct");
    let mut longer = Longer { known: prepared(diapir_survey_info_init), new: 99u64 };
    longer.known.struct_size = size_of_val(&longer) as u32;
    let done = outcome(|e| unsafe { diapir_survey_get_info(fixture.seismic, &raw mut longer.known, e) });
    assert_eq!((done.0, longer.known.inline_count, longer.new), (diapir_status::Ok, 9, 99));
    info.struct_size = 0;
    let done = outcome(|e| unsafe { diapir_survey_get_info(fixture.seismic, &raw mut info, e) });
    assert_eq!(done.0, diapir_status::InvalidArgument);
}

#[test]
fn wrong_utf8_is_refused_with_its_place() {
    let mut survey = ptr::null_mut();
    let (status, message) = outcome(|e| unsafe {
        diapir_survey_open(c"ab\xff.sgy".as_ptr(), ptr::null(), ptr::null(), &raw mut survey, e)
    });
    assert_eq!(status, diapir_status::InvalidArgument);
    assert!(message.contains("path is not UTF-8: byte 2"), "{message}");
    let mut options = prepared(diapir_survey_options_init);
    options.crs = c"\xc3\x28".as_ptr();
    let (status, message) = outcome(|e| unsafe {
        diapir_survey_open(c"x.sgy".as_ptr(), &raw const options, ptr::null(), &raw mut survey, e)
    });
    assert_eq!(status, diapir_status::InvalidArgument);
    assert!(message.contains("options.crs"), "{message}");
}

#[test]
fn text_is_asked_for_copied_and_never_cut() {
    let fixture = Fixture::new();
    let s = fixture.seismic;
    let header = |buffer: *mut c_char, size: usize, needed: *mut usize| {
        outcome(|e| unsafe { diapir_survey_text_header(s, buffer, size, needed, e) })
    };
    let mut needed = 0;
    assert_eq!(header(ptr::null_mut(), 0, &raw mut needed).0, diapir_status::Ok);
    let mut buffer = vec![0x55 as c_char; needed + 1];
    let mut again = 0;
    let (status, message) = header(buffer.as_mut_ptr(), needed - 1, &raw mut again);
    assert_eq!((status, again), (diapir_status::BufferTooSmall, needed), "{message}");
    assert!(buffer.iter().all(|&byte| byte == 0x55), "an untouched buffer");
    assert_eq!(header(buffer.as_mut_ptr(), needed, ptr::null_mut()).0, diapir_status::Ok);
    assert_eq!((buffer[needed - 1], buffer[needed]), (0, 0x55), "the NUL, and nothing after it");
    let json = |buffer: *mut c_char, size: usize, needed: *mut usize| {
        outcome(|e| unsafe { diapir_survey_summary_json(s, buffer, size, needed, e) })
    };
    assert_eq!(json(ptr::null_mut(), 0, &raw mut needed).0, diapir_status::Ok);
    let mut buffer = vec![0u8; needed];
    assert_eq!(json(buffer.as_mut_ptr().cast(), needed, ptr::null_mut()).0, diapir_status::Ok);
    let value: serde_json::Value = serde_json::from_slice(&buffer[..needed - 1]).unwrap();
    assert!(value.is_object());
}

#[test]
fn failed_reads_leave_the_buffer_alone() {
    let fixture = Fixture::new();
    let (s, info) = (fixture.seismic, fixture.info());
    let (per_inline, mut samples) = (8 * 20, vec![-7.5f32; 8 * 20]);
    let out = samples.as_mut_ptr();
    let mut block = prepared(diapir_block_init);
    (block.inline_count, block.crossline_count, block.sample_count) = (1, 8, 20);
    let read = |block: &diapir_block| {
        outcome(|e| unsafe { diapir_survey_read_block(s, ptr::from_ref(block), out, per_inline, e) })
    };
    let absent = info.inline_first - info.inline_step;
    unsafe {
        let (status, message) = outcome(|e| diapir_survey_read_inline(s, absent, out, per_inline, e));
        assert_eq!(status, diapir_status::OutOfRange);
        assert!(message.contains(&format!("no inline {absent}")), "{message}");
        let (status, message) = outcome(|e| diapir_survey_read_inline(s, info.inline_first, out, 159, e));
        assert_eq!(status, diapir_status::InvalidArgument);
        assert!(message.contains("159") && message.contains("160"), "{message}");
        let crooked = out.cast::<u8>().add(1).cast();
        let (status, _) =
            outcome(|e| diapir_survey_read_inline(s, info.inline_first, crooked, per_inline, e));
        assert_eq!(status, diapir_status::InvalidArgument, "a misaligned buffer");
    }
    for (start, count) in [(9, 1), (-1, 1), (0, -1), (i64::MAX, 1), (1, i64::MAX), (0, 0)] {
        (block.inline_start, block.inline_count) = (start, count);
        assert_ne!(read(&block).0, diapir_status::Ok, "{start} {count}");
    }
    (block.inline_count, block.crossline_count, block.sample_count) = (1 << 31, 1 << 31, 1 << 31);
    assert_ne!(read(&block).0, diapir_status::Ok, "a product that does not fit");
    assert!(samples.iter().all(|&sample| sample == -7.5));
    let out = samples.as_mut_ptr();
    let done = outcome(|e| unsafe { diapir_survey_read_inline(s, info.inline_first, out, per_inline, e) });
    assert_eq!(done.0, diapir_status::Ok);
    assert!(samples.iter().all(|&sample| sample != -7.5));
}

#[test]
fn errors_know_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("missing.sgy"));
    let (mut survey, mut error) = (ptr::without_provenance_mut(16), ptr::null_mut());
    unsafe {
        let status =
            diapir_survey_open(path.as_ptr(), ptr::null(), ptr::null(), &raw mut survey, &raw mut error);
        assert_eq!((status, survey.addr()), (diapir_status::NotFound, 16), "the place is untouched");
        assert_eq!(CStr::from_ptr(diapir_error_path(error)), path.as_c_str());
        assert_eq!(diapir_error_byte(error), -1);
        diapir_error_free(error);
        let silent =
            diapir_survey_open(path.as_ptr(), ptr::null(), ptr::null(), &raw mut survey, ptr::null_mut());
        assert_eq!(silent, diapir_status::NotFound);
        assert!(diapir_error_path(ptr::null()).is_null());
        diapir_error_free(ptr::null_mut());
    }
}

unsafe extern "C" fn stop_at_second(userdata: *mut c_void, stage: *const c_char, _: u64, _: u64) -> bool {
    let calls = unsafe { &mut *userdata.cast::<Vec<String>>() };
    calls.push(unsafe { CStr::from_ptr(stage) }.to_str().unwrap().to_owned());
    calls.len() < 2
}

#[test]
fn progress_false_cancels_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (s, l) = (text(&folder.path().join("s.sgy")), text(&folder.path().join("l.sgy")));
    let mut stages: Vec<String> = Vec::new();
    let mut callbacks = prepared(diapir_callbacks_init);
    callbacks.userdata = ptr::from_mut(&mut stages).cast();
    callbacks.progress = Some(stop_at_second);
    let (status, message) = outcome(|e| unsafe {
        diapir_synth_write(s.as_ptr(), l.as_ptr(), ptr::null(), &raw const callbacks, e)
    });
    assert_eq!(status, diapir_status::Cancelled);
    assert!(message.contains("cancelled during synth"), "{message}");
    assert_eq!(stages, ["synth", "synth"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn choices_outside_the_lists_are_refused() {
    let mut survey = ptr::null_mut();
    let open_with = |change: fn(&mut diapir_survey_options)| {
        let mut options = prepared(diapir_survey_options_init);
        change(&mut options);
        let mut place = survey;
        let path = c"/nowhere/x.sgy".as_ptr();
        let done = outcome(|e| unsafe {
            diapir_survey_open(path, &raw const options, ptr::null(), &raw mut place, e)
        });
        survey = place;
        done.0
    };
    let mut open_with = open_with;
    assert_eq!(open_with(|_| ()), diapir_status::NotFound);
    assert_eq!(open_with(|o| o.byte_order = 4), diapir_status::InvalidArgument);
    assert_eq!(open_with(|o| o.duplicates = 3), diapir_status::InvalidArgument);
    for fields in [c"inline", c"inlin=9", c"inline=nine", c"inline=9:float", c"inline=238", c"x=234:ieee64"] {
        let mut options = prepared(diapir_survey_options_init);
        options.header_fields = fields.as_ptr();
        let mut place = ptr::null_mut();
        let path = c"/nowhere/x.sgy".as_ptr();
        let done = outcome(|e| unsafe {
            diapir_survey_open(path, &raw const options, ptr::null(), &raw mut place, e)
        });
        assert_eq!(done.0, diapir_status::InvalidArgument, "{fields:?}");
    }
    assert_eq!(open_with(|o| o.header_fields = c"inline=9, x=73:ieee32".as_ptr()), diapir_status::NotFound);
    assert_eq!(open_with(|o| o.sample_unit = -1), diapir_status::InvalidArgument);
    assert_eq!(open_with(|o| o.sample_interval = -1.0), diapir_status::InvalidArgument);
}

#[test]
fn init_writes_the_defaults_that_count() {
    let text = |pointer: *const c_char| unsafe { CStr::from_ptr(pointer) }.to_str().unwrap().to_owned();
    let synth = prepared(diapir_synth_options_init);
    assert_eq!((synth.inlines, synth.crosslines, synth.samples), (120, 120, 350));
    assert_eq!(synth.sample_interval_ms, 4.0);
    let maps = prepared(diapir_export_maps_options_init);
    assert_eq!((maps.threshold, maps.min_thickness), (0.5, 3));
    let mosaic = prepared(diapir_mosaic_options_init);
    assert_eq!((mosaic.max_distance, mosaic.min_certainty, mosaic.pictured_from), (10.0, 0.25, 4));
    let model = prepared(diapir_model_options_init);
    assert_eq!((text(model.device), text(model.precision)), ("auto".to_owned(), "auto".to_owned()));
    let train = prepared(diapir_train_options_init);
    assert!(text(train.recipe).contains("name = \"diapir-fast\""));
    let volume = prepared(diapir_volume_init);
    assert_eq!(volume.sample_unit, diapir_sample_unit::Milliseconds as i32);
    let output = prepared(diapir_predict_survey_output_init);
    assert_eq!((output.sample_format, output.mask_threshold), (5, DIAPIR_THRESHOLD_OF_MODEL));
    assert_eq!((output.part, output.part_count), (1, 1));
}

#[test]
fn null_options_are_the_defaults_and_zero_is_none() {
    let fixture = Fixture::new();
    let draw = |name: &str, options: *const diapir_export_section_options| {
        let path = fixture.folder.path().join(name);
        let c_path = text(&path);
        let (s, l) = (fixture.seismic, fixture.label);
        let done =
            outcome(|e| unsafe { diapir_export_section_png(s, l, ptr::null(), c_path.as_ptr(), options, e) });
        assert_eq!(done.0, diapir_status::Ok, "{}", done.1);
        std::fs::read(path).unwrap()
    };
    let mut options = prepared(diapir_export_section_options_init);
    let drawn = draw("null.png", ptr::null());
    assert!(drawn == draw("init.png", &raw const options));
    options.threshold = 0.0;
    assert!(drawn == draw("zero.png", &raw const options), "labels are 0 and 1");
    options.threshold = 1.0;
    assert!(drawn != draw("one.png", &raw const options), "nothing is salt above 1");
    let mut synth = prepared(diapir_synth_options_init);
    synth.inlines = 0;
    let path = text(&fixture.folder.path().join("none.sgy"));
    let refused = outcome(|e| unsafe {
        diapir_synth_write(path.as_ptr(), path.as_ptr(), &raw const synth, ptr::null(), e)
    });
    assert_eq!(refused.0, diapir_status::InvalidArgument, "{}", refused.1);
}

#[test]
fn status_texts_cover_every_number() {
    let text = |number: i32| unsafe { CStr::from_ptr(diapir_status_text(number)) }.to_str().unwrap();
    let known = [(0..=6), (100..=105), (200..=203), (300..=302), (400..=400), (900..=901)];
    for number in known.into_iter().flatten() {
        assert_ne!(text(number), "unknown status", "{number}");
    }
    for number in [-1, 7, 99, 106, 902] {
        assert_eq!(text(number), "unknown status", "{number}");
    }
}

#[test]
fn versions_are_those_of_cargo() {
    let parts: Vec<u32> = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse().unwrap()).collect();
    unsafe {
        assert_eq!(diapir_abi_version(), parts[0] * 1_000_000 + parts[1] * 1_000 + parts[2]);
        assert_eq!(CStr::from_ptr(diapir_version()).to_str().unwrap(), env!("CARGO_PKG_VERSION"));
        let torch = CStr::from_ptr(diapir_libtorch_version()).to_bytes();
        assert_eq!(torch.is_empty(), !cfg!(feature = "torch"));
        assert_eq!(CStr::from_ptr(diapir_gdal_version()).to_bytes().is_empty(), !cfg!(feature = "gdal"));
        let wanted = u32::from(cfg!(feature = "torch")) + 2 * u32::from(cfg!(feature = "gdal"));
        assert_eq!(diapir_features(), wanted);
        let mut count = -1;
        let (status, message) = outcome(|e| diapir_device_count(&raw mut count, e));
        if cfg!(feature = "torch") {
            assert!(status == diapir_status::Ok && count >= 1);
            let done = outcome(|e| diapir_device_name(count, ptr::null_mut(), 0, ptr::null_mut(), e));
            assert_eq!(done.0, diapir_status::OutOfRange);
        } else {
            assert_eq!((status, count), (diapir_status::Unsupported, -1));
            assert!(message.contains("\"torch\""), "{message}");
        }
    }
}

#[test]
fn what_the_build_lacks_is_unsupported() {
    if cfg!(feature = "torch") {
        println!("SKIPPED refusals without torch: this build has it");
        return;
    }
    let fixture = Fixture::new();
    let folder = fixture.folder.path().join("run");
    let run = text(&folder);
    let pair = diapir_labelled_survey { seismic: fixture.seismic, label: fixture.label };
    let (mut model, mut needed) = (ptr::null_mut(), 5);
    let all = unsafe {
        [
            outcome(|e| diapir_model_load(run.as_ptr(), ptr::null(), &raw mut model, e)),
            outcome(|e| diapir_recipe_names(ptr::null_mut(), 0, &raw mut needed, e)),
            outcome(|e| diapir_recipe_check(c"name = 'a'".as_ptr(), e)),
            outcome(|e| diapir_recipe_text(c"lessons-316".as_ptr(), ptr::null_mut(), 0, &raw mut needed, e)),
            outcome(|e| {
                let (one, none) = (&raw const pair, ptr::null());
                diapir_train(one, 1, none, 0, run.as_ptr(), ptr::null(), ptr::null(), ptr::null_mut(), e)
            }),
        ]
    };
    for (status, message) in all {
        assert_eq!(status, diapir_status::Unsupported);
        assert!(message.contains("feature \"torch\""), "{message}");
    }
    assert!(model.is_null() && needed == 5 && !folder.exists());
}
