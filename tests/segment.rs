//! Surveys on disk: the same bytes at once, in parts, after stops and after torn journals; nothing unfinished that looks finished.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use diapir::control::{Listener, Progress};
use diapir::infer::{Ensemble, PredictOptions, PredictReport, Predictor};
use diapir::predict::{Fusion, Part, Sections, SurveyOptions, finish_survey, predict_survey};
use diapir::segy::{OpenOptions, SampleFormat, SegyVolume, SegyWriter, WriteOptions};
use diapir::volume::{
    Block, Direction, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid, VolumeSink, VolumeSource,
};
use diapir::{Control, ErrorKind, Result};
use proptest::prelude::*;

mod predict_support;
use predict_support::Fixture;

const SHAPE: [usize; 3] = [9, 24, 30];

struct Place {
    folder: tempfile::TempDir,
    predictor: Predictor,
    survey: SegyVolume,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let survey = write_survey(&folder.path().join("survey.sgy"), 0.0);
        Self { folder, predictor: Fixture::new(|_, _| {}).predictor(None), survey }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, name: &str, options: &SurveyOptions) -> Result<PredictReport> {
        self.heard(name, options, &Control::silent())
    }

    fn heard(&self, name: &str, options: &SurveyOptions, control: &Control<'_>) -> Result<PredictReport> {
        predict_survey(&Ensemble::from(&self.predictor), &self.survey, &self.path(name), options, control)
    }

    /// Runs until so many tiles are done.
    fn stopped(&self, name: &str, options: &SurveyOptions, tiles: u64) {
        let mut ear = Stop { at: tiles, and: |_: &Progress<'_>| {} };
        let error = self.heard(name, options, &Control::new(&mut ear)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The volumes of an output, by suffix.
    fn volumes(&self, stem: &str) -> BTreeMap<String, Vec<u8>> {
        let names = self.names().into_iter().filter(|name| name.starts_with(stem) && name.ends_with(".sgy"));
        names.map(|name| (name[stem.len()..].to_owned(), fs::read(self.path(&name)).unwrap())).collect()
    }
}

fn write_survey(path: &Path, phase: f32) -> SegyVolume {
    let lines = |count| LineAxis { first: 10, step: 2, count };
    let grid = SurveyGrid {
        inlines: lines(SHAPE[0]),
        crosslines: lines(SHAPE[1]),
        samples: SampleAxis::new(0.0, 4.0, SHAPE[2], SampleUnit::Milliseconds).unwrap(),
        georef: None,
    };
    let mut live = LiveMask::full(&grid);
    for crossline in 0..SHAPE[1] {
        // A line without a trace, and a hole.
        live.set(4, crossline, false);
        live.set(6, crossline, !(3..=9).contains(&crossline));
    }
    let mut writer = SegyWriter::create(path, &grid, &live, &[], &WriteOptions::default()).unwrap();
    let mut data = Vec::new();
    for i in 0..SHAPE[0] {
        for x in 0..SHAPE[1] {
            data.extend((0..SHAPE[2]).map(|s| (0.9 * s as f32 + 0.31 * x as f32 + i as f32 + phase).sin()));
        }
    }
    writer.write_block(&Block::whole(&grid), &data).unwrap();
    writer.finish().unwrap();
    SegyVolume::open(path, &OpenOptions::default(), &Control::silent()).unwrap()
}

/// Stops when so many tiles are done, after it has done something else.
struct Stop<F> {
    at: u64,
    and: F,
}

impl<F: FnMut(&Progress<'_>)> Listener for Stop<F> {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        (self.and)(progress);
        progress.stage != "predict" || progress.done < self.at
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

/// Everything at once: both directions, three volumes.
fn all() -> SurveyOptions {
    SurveyOptions {
        sections: Sections::Both(Fusion::Mean),
        uncertainty: true,
        mask: true,
        threshold: Some(0.4),
        report: true,
        resume: true,
        ..SurveyOptions::default()
    }
}

fn one() -> SurveyOptions {
    SurveyOptions { uncertainty: true, mask: true, resume: true, ..SurveyOptions::default() }
}

#[test]
fn parts_in_any_order_give_the_same_bytes() {
    let place = Place::new();
    for (options, tag) in [(all(), "both"), (one(), "one")] {
        let whole = place.run(&format!("{tag}-whole.sgy"), &options).unwrap();
        let expected = place.volumes(&format!("{tag}-whole"));
        assert_eq!(expected.keys().collect::<Vec<_>>(), ["-mask.sgy", "-uncertainty.sgy", ".sgy"]);
        for count in [2, 3, 40] {
            let name = format!("{tag}-{count}.sgy");
            for index in (1..=count).rev() {
                let part = Part { index, count };
                place.run(&name, &SurveyOptions { part, ..options.clone() }).unwrap();
                assert!(!place.path(&name).exists());
            }
            let report = finish_survey(&place.survey, &place.path(&name), &Control::silent()).unwrap();
            let known = |report: &PredictReport| (report.tiles, report.live_traces, report.samples);
            assert_eq!(known(&report), known(&whole));
            assert!((report.seam - whole.seam).abs() < 1e-12 && whole.seam.is_finite());
            assert!(place.volumes(&format!("{tag}-{count}")) == expected, "{tag} in {count} parts");
        }
    }
    assert!(!place.names().iter().any(|name| name.ends_with(".work")), "{:?}", place.names());
}

#[test]
fn the_volumes_say_the_same_thing() {
    let place = Place::new();
    let options = SurveyOptions { format: SampleFormat::Ieee32, ..all() };
    place.run("salt.sgy", &options).unwrap();
    let open = |name: &str| {
        let path = place.path(name);
        let volume = SegyVolume::open(&path, &OpenOptions::default(), &Control::silent()).unwrap();
        let mut data = vec![0.0; Block::whole(volume.grid()).len()];
        volume.read_block(&Block::whole(volume.grid()), &mut data).unwrap();
        (data, volume.summary().text.join("\n"))
    };
    let [probability, mask, uncertainty] = ["salt.sgy", "salt-mask.sgy", "salt-uncertainty.sgy"].map(open);
    let mut salt = 0;
    for ((&p, &m), &u) in probability.0.iter().zip(&mask.0).zip(&uncertainty.0) {
        assert_eq!(m, f32::from(p > 0.4));
        assert!((0.0..=1.0).contains(&p) && (0.0..=0.5).contains(&u));
        salt += usize::from(m == 1.0);
    }
    assert!(salt > 0 && salt < mask.0.len() && uncertainty.0.iter().any(|&u| u > 1e-3));
    let hash = place.predictor.digest()[..12].to_uppercase();
    for (_, text) in [&probability, &mask, &uncertainty] {
        assert!(text.contains(&hash) && text.contains("MEAN OF INLINE AND CROSSLINE SECTIONS"), "{text}");
    }
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("salt-run.json")).unwrap()).unwrap();
    assert_eq!(run["job"]["models"][0]["tensors"], place.predictor.digest());
    assert_eq!(run["runs"].as_array().unwrap().len(), 1);
    assert!(run["totals"]["tiles"].as_u64().unwrap() > 0);
    let page = fs::read_to_string(place.path("salt-report.html")).unwrap();
    assert_eq!(page.matches("data:image/png;base64,").count(), 6 + 3, "sections and maps");
    assert!(page.contains(place.predictor.digest()) && page.contains("0.40") && !page.contains("http"));
}

#[test]
fn what_is_done_is_not_done_again() {
    let place = Place::new();
    let whole = place.run("whole.sgy", &all()).unwrap();
    place.stopped("stopped.sgy", &all(), whole.tiles / 2);
    assert_eq!(place.names().iter().filter(|name| name.starts_with("stopped")).count(), 0);
    let mut least = u64::MAX;
    let mut seen = 0;
    let mut ear = Stop {
        at: u64::MAX,
        and: |progress: &Progress<'_>| {
            if progress.stage == "predict" {
                (least, seen) = (least.min(progress.total), progress.done);
            }
            assert_ne!(progress.stage, "statistics", "they are known");
        },
    };
    place.heard("stopped.sgy", &all(), &Control::new(&mut ear)).unwrap();
    assert!(least < whole.tiles && seen == least, "{least} of {} were left", whole.tiles);
    assert!(place.volumes("stopped") == place.volumes("whole"));
}

#[test]
fn without_resume_nothing_is_left() {
    let place = Place::new();
    let options = SurveyOptions { resume: false, ..all() };
    place.stopped("out.sgy", &options, 3);
    assert_eq!(place.names(), ["survey.sgy"]);
    place.run("out.sgy", &options).unwrap();
    assert_eq!(
        place.names(),
        ["out-mask.sgy", "out-report.html", "out-run.json", "out-uncertainty.sgy", "out.sgy", "survey.sgy"]
    );
}

#[test]
fn what_cannot_be_done_leaves_nothing() {
    let place = Place::new();
    let options = SurveyOptions { resume: false, ..one() };
    let wide = PredictOptions { overlap: Some(50), ..PredictOptions::default() };
    let error = place.run("out.sgy", &SurveyOptions { predict: wide, ..options.clone() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    for name in ["survey.sgy", "no/folder.sgy"] {
        assert!(place.run(name, &options).is_err());
    }
    let mut stages = Vec::new();
    for wanted in ["statistics", "lay out", "report"] {
        let mut ear = StopAt(wanted);
        let options = SurveyOptions { report: true, ..options.clone() };
        let error = place.heard("out.sgy", &options, &Control::new(&mut ear)).unwrap_err();
        stages.push(error.kind());
    }
    assert_eq!(stages, [ErrorKind::Cancelled; 3]);
    assert_eq!(place.names(), ["survey.sgy"]);
}

/// Stops at the first word of a stage.
struct StopAt(&'static str);

impl Listener for StopAt {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        progress.stage != self.0
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

#[test]
fn other_work_begins_anew_or_is_refused() {
    let place = Place::new();
    let whole = place.run("whole.sgy", &one()).unwrap();
    place.stopped("out.sgy", &all(), 8);
    // Other options: from the beginning, and it is said.
    let mut ear = Warnings(Vec::new());
    let report = place.heard("out.sgy", &one(), &Control::new(&mut ear)).unwrap();
    let told = ear.0.join("\n");
    assert!(told.contains("what differs: directions, what is written"), "{told}");
    assert_eq!(report.tiles, whole.tiles);
    assert!(place.volumes("out") == place.volumes("whole"));
    // In parts, the work of other processes is not thrown away.
    let half = |index, options: SurveyOptions| SurveyOptions { part: Part { index, count: 2 }, ..options };
    place.run("out.sgy", &half(1, one())).unwrap();
    let error = place.run("out.sgy", &half(2, all())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(error.to_string().contains("another prediction"), "{error}");
    let error = finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    assert!(error.to_string().contains("inline"), "{error}");
    // Another survey of the same grid and size, changed at the same time: its parts are not mixed in.
    let other = write_survey(&place.path("other.sgy"), 1.0);
    let times = fs::FileTimes::new().set_modified(place.survey.modified().unwrap());
    fs::File::options().write(true).open(place.path("other.sgy")).unwrap().set_times(times).unwrap();
    let other = SegyVolume::open(other.path(), &OpenOptions::default(), &Control::silent()).unwrap();
    assert_eq!((other.file_bytes(), other.modified()), (place.survey.file_bytes(), place.survey.modified()));
    let ensemble = Ensemble::from(&place.predictor);
    let error =
        predict_survey(&ensemble, &other, &place.path("out.sgy"), &half(2, one()), &Control::silent());
    let error = error.unwrap_err();
    assert!(error.to_string().contains("another prediction"), "{error}");
    place.run("out.sgy", &half(2, one())).unwrap();
    let error = finish_survey(&other, &place.path("out.sgy"), &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap();
    let error = finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    for part in [Part { index: 0, count: 2 }, Part { index: 3, count: 2 }, Part { index: 1, count: 0 }] {
        let error = place.run("out.sgy", &SurveyOptions { part, ..one() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    }
    let onto_itself =
        finish_survey(&place.survey, &place.path("survey.sgy"), &Control::silent()).unwrap_err();
    for error in [place.run("survey.sgy", &one()).unwrap_err(), onto_itself] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains("the survey that is read"), "{error}");
    }
}

/// What cannot be gone on with is never taken for something else.
#[test]
fn folders_that_nobody_can_read_are_said() {
    let place = Place::new();
    let part = |index| SurveyOptions { part: Part { index, count: 2 }, ..one() };
    place.run("out.sgy", &part(1)).unwrap();
    let job = place.path(".out.sgy.work/job.json");
    let text = fs::read_to_string(&job).unwrap();
    fs::write(&job, text.replace("\"flip\"", "\"turned\"")).unwrap();
    for error in [
        place.run("out.sgy", &part(2)).unwrap_err(),
        finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        assert!(error.to_string().contains("job.json") && error.to_string().contains("turned"), "{error}");
    }
    fs::write(&job, text).unwrap();
    // Options are looked at before anything else happens.
    let wide = PredictOptions { overlap: Some(50), ..PredictOptions::default() };
    let error = place.run("out.sgy", &SurveyOptions { predict: wide, ..part(2) }).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
    // The same file by another name is the same survey.
    fs::rename(place.path("survey.sgy"), place.path("moved.sgy")).unwrap();
    let moved =
        SegyVolume::open(&place.path("moved.sgy"), &OpenOptions::default(), &Control::silent()).unwrap();
    let ensemble = Ensemble::from(&place.predictor);
    predict_survey(&ensemble, &moved, &place.path("out.sgy"), &part(2), &Control::silent()).unwrap();
    fs::remove_file(place.path(".out.sgy.work/mask.sgy")).unwrap();
    let error = finish_survey(&moved, &place.path("out.sgy"), &Control::silent()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("mask.sgy is missing"), "{error}");
}

/// Collects warnings.
struct Warnings(Vec<String>);

impl Listener for Warnings {
    fn progress(&mut self, _: &Progress<'_>) -> bool {
        true
    }

    fn message(&mut self, level: log::Level, text: &str) {
        if level == log::Level::Warn {
            self.0.push(text.to_owned());
        }
    }
}

#[test]
fn what_an_earlier_prediction_left_is_told() {
    let place = Place::new();
    place.run("out.sgy", &all()).unwrap();
    let mut ear = Warnings(Vec::new());
    place.heard("out.sgy", &SurveyOptions::default(), &Control::new(&mut ear)).unwrap();
    let told = |name: &str| ear.0.iter().any(|text| text.contains(name) && text.contains("earlier"));
    assert!(told("out-mask.sgy") && told("out-uncertainty.sgy") && told("out-report.html"), "{:?}", ear.0);
    place.run("fresh.sgy", &SurveyOptions::default()).unwrap();
    assert!(fs::read(place.path("out.sgy")).unwrap() == fs::read(place.path("fresh.sgy")).unwrap());
}

#[test]
fn two_do_not_work_on_one_part() {
    let place = Place::new();
    let part = |index, count| SurveyOptions { part: Part { index, count }, ..one() };
    let mut errors = Vec::new();
    let mut ear = Stop {
        at: u64::MAX,
        and: |progress: &Progress<'_>| {
            if progress.stage == "predict" && errors.is_empty() {
                errors.push(place.run("out.sgy", &part(1, 2)).unwrap_err());
                errors.push(place.run("out.sgy", &part(1, 1)).unwrap_err());
                errors.push(place.run("out.sgy", &part(1, 3)).unwrap_err());
                errors.push(
                    finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap_err(),
                );
                place.run("out.sgy", &part(2, 2)).unwrap();
            }
        },
    };
    place.heard("out.sgy", &part(1, 2), &Control::new(&mut ear)).unwrap();

    for error in &errors {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains("another process"), "{error}");
    }
    assert_eq!(errors.len(), 4);
    finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap();
    place.run("whole.sgy", &one()).unwrap();
    assert!(place.volumes("out") == place.volumes("whole"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// A journal that was cut anywhere, or has nonsense at its end, is believed as far as it can be.
    #[test]
    fn torn_journals_are_not_believed(cut in 0.0..1.0f64, noise in proptest::collection::vec(any::<u8>(), 0..40)) {
        let place = Place::new();
        place.run("whole.sgy", &one()).unwrap();
        place.stopped("out.sgy", &one(), 60);
        let journal = place.path(".out.sgy.work/part-1-of-1.journal");
        let mut text = fs::read(&journal).unwrap();
        prop_assert!(!text.is_empty());
        text.truncate((cut * text.len() as f64) as usize);
        text.extend(noise);
        fs::write(&journal, text).unwrap();
        place.run("out.sgy", &one()).unwrap();
        prop_assert!(place.volumes("out") == place.volumes("whole"));
    }
}

#[test]
fn crosslines_alone_and_integer_formats() {
    let place = Place::new();
    let options = SurveyOptions {
        sections: Sections::One(Direction::Crossline),
        format: SampleFormat::Int16,
        ..SurveyOptions::default()
    };
    let whole = place.run("whole.sgy", &options).unwrap();
    for index in [2, 1] {
        place.run("out.sgy", &SurveyOptions { part: Part { index, count: 2 }, ..options.clone() }).unwrap();
    }
    let report = finish_survey(&place.survey, &place.path("out.sgy"), &Control::silent()).unwrap();
    assert_eq!(report.tiles, whole.tiles);
    assert!(place.volumes("out") == place.volumes("whole"));
}
