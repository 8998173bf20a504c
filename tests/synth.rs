//! Synthetic surveys: repeatable in any order, with the geology and geometry that they promise.
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::control::{Listener, Progress};
use diapir::synth::{SynthOptions, SynthSurvey};
use diapir::volume::{ArraySink, Handedness, VolumeSource};
use diapir::{Control, ErrorKind};

fn options(seed: u64) -> SynthOptions {
    SynthOptions { seed, inlines: 40, crosslines: 48, samples: 200, ..SynthOptions::default() }
}

fn survey(options: SynthOptions) -> SynthSurvey {
    SynthSurvey::new(options).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn equal_options_give_equal_bits_in_any_order() {
    let (a, b) = (survey(options(3)), survey(options(3)));
    let (seismic, label) = a.volumes().unwrap();
    let section = 48 * 200;
    for inline in [39, 0, 17] {
        let (alone, alone_label) = b.inline(inline).unwrap();
        let range = inline * section..(inline + 1) * section;
        assert_eq!(bits(&seismic.data()[range.clone()]), bits(&alone), "inline {inline}");
        assert_eq!(bits(&label.data()[range]), bits(&alone_label), "inline {inline}");
    }
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = one_thread.install(|| b.seismic_volume().unwrap());
    assert_eq!(bits(seismic.data()), bits(again.data()));
    let (mut streamed, mut streamed_label) =
        (vec![0.0; seismic.data().len()], vec![0.0; seismic.data().len()]);
    let mut sink = ArraySink::new(a.grid(), a.live(), &mut streamed).unwrap();
    let mut label_sink = ArraySink::new(a.grid(), a.live(), &mut streamed_label).unwrap();
    a.write_to(&mut sink, &mut label_sink, &Control::silent()).unwrap();
    assert_eq!(bits(seismic.data()), bits(&streamed));
    assert_eq!(bits(label.data()), bits(&streamed_label));
    let other = survey(options(4)).seismic_volume().unwrap();
    assert_ne!(bits(seismic.data()), bits(other.data()));
}

/// Mean and root mean square over the samples that `take` picks.
fn moments(samples: impl Iterator<Item = f32>) -> (f64, f64, usize) {
    let (mut sum, mut square, mut count) = (0.0, 0.0, 0);
    for sample in samples {
        sum += f64::from(sample);
        square += f64::from(sample).powi(2);
        count += 1;
    }
    let count_or_one = count.max(1) as f64;
    (sum / count_or_one, (square / count_or_one).sqrt(), count)
}

#[test]
fn salt_is_there_and_no_amplitude_threshold_finds_it() {
    for seed in 0..6 {
        let survey = survey(SynthOptions { inlines: 60, crosslines: 60, samples: 350, ..options(seed) });
        let (seismic, label) = survey.volumes().unwrap();
        assert!(seismic.data().iter().all(|sample| sample.is_finite()));
        assert!(label.data().iter().all(|&value| value == 0.0 || value == 1.0));
        let live = survey.live().live_count() * 350;
        let salt = label.data().iter().filter(|&&value| value == 1.0).count();
        let share = salt as f64 / live as f64;
        assert!((0.05..0.35).contains(&share), "seed {seed}: {share:.3} is salt");

        let of = |salt: f32| {
            let pairs = seismic.data().iter().zip(label.data());
            pairs
                .filter(move |(amplitude, label)| **label == salt && **amplitude != 0.0)
                .map(|(amplitude, _)| *amplitude)
        };
        let (inside, outside) = (moments(of(1.0)), moments(of(0.0)));
        // Weak inside, but not silent: no single amplitude separates the two.
        assert!(inside.1 < outside.1, "seed {seed}: salt is weaker: {} against {}", inside.1, outside.1);
        assert!(inside.1 > 0.1 * outside.1, "seed {seed}: salt is not silent");
        assert!(
            inside.0.abs() < 0.2 * outside.1 && outside.0.abs() < 0.2 * outside.1,
            "seed {seed}: no bias"
        );
        let accuracy = best_threshold_accuracy(seismic.data(), label.data(), outside.1 as f32);
        assert!(
            accuracy < 0.75,
            "seed {seed}: a threshold of the magnitude finds {accuracy:.2} of each class"
        );
    }
}

/// The best balanced accuracy of "salt is where the magnitude is below a threshold".
fn best_threshold_accuracy(seismic: &[f32], label: &[f32], scale: f32) -> f64 {
    let thresholds = (1..60).map(|step| 0.05 * step as f32 * scale);
    let accuracy = |threshold: f32| {
        let mut hits = [0.0f64; 2];
        let mut counts = [0.0f64; 2];
        for (amplitude, label) in seismic.iter().zip(label).filter(|(amplitude, _)| **amplitude != 0.0) {
            let class = usize::from(*label == 1.0);
            counts[class] += 1.0;
            hits[class] += f64::from(u8::from((amplitude.abs() < threshold) == (class == 1)));
        }
        0.5 * (hits[0] / counts[0] + hits[1] / counts[1])
    };
    thresholds.map(accuracy).fold(0.0, f64::max)
}

/// Whether on this inline sediment lies below salt at a depth where another trace is in salt: an overhang.
fn overhangs(inline: &[f32], samples: usize) -> bool {
    let deepest_sediment = |trace: &[f32]| {
        let salt = trace.iter().rposition(|&value| value == 1.0)?;
        (salt + 10 < samples).then_some(salt + 10)
    };
    let depths = inline.chunks_exact(samples).filter_map(deepest_sediment);
    let mut depths: Vec<usize> = depths.collect();
    depths.sort_unstable();
    depths.dedup();
    depths.into_iter().any(|depth| inline.chunks_exact(samples).any(|trace| trace[depth] == 1.0))
}

#[test]
fn some_salt_overhangs() {
    let with = (0..6).filter(|&seed| {
        let size = SynthOptions { inlines: 60, crosslines: 60, samples: 350, ..options(seed) };
        let label = survey(size).label_volume().unwrap();
        label.data().chunks_exact(60 * 350).any(|inline| overhangs(inline, 350))
    });
    assert!(with.count() >= 3);
}

#[test]
fn high_frequencies_fade_with_depth() {
    let survey = survey(SynthOptions {
        salt: false,
        noise: 0.0,
        irregular_outline: false,
        samples: 400,
        ..options(8)
    });
    let seismic = survey.seismic_volume().unwrap();
    // The mean square of the difference of neighbours over the mean square grows with frequency.
    let rough = |range: std::ops::Range<usize>| {
        let (mut change, mut power) = (0.0, 0.0);
        for trace in seismic.data().chunks_exact(400) {
            for pair in trace[range.clone()].windows(2) {
                change += f64::from(pair[1] - pair[0]).powi(2);
                power += f64::from(pair[0]).powi(2);
            }
        }
        change / power
    };
    let (shallow, deep) = (rough(60..180), rough(280..400));
    assert!(deep < 0.8 * shallow, "{deep} against {shallow}");
}

#[test]
fn the_survey_is_turned_and_irregular() {
    let mut angles = Vec::new();
    for seed in 0..8 {
        let survey = survey(options(seed));
        let georef = survey.grid().georef.clone().unwrap();
        assert_eq!(georef.crs.as_deref(), Some("EPSG:32631"));
        let [a, b] = georef.bin_size();
        assert!((a - 25.0).abs() < 1e-6 && (b - 25.0).abs() < 1e-6, "{a} {b}");
        assert_eq!(georef.handedness(), Handedness::Right);
        assert!((100_000.0..900_000.0).contains(&georef.origin[0]) && (5e6..8e6).contains(&georef.origin[1]));
        angles.push(georef.rotation_degrees());
        let live = survey.live();
        let share = live.live_count() as f64 / live.len() as f64;
        assert!((0.6..1.0).contains(&share), "seed {seed}: {share} live");
        let (seismic, _) = survey.volumes().unwrap();
        for bin in 0..live.len() {
            let trace = &seismic.data()[bin * 200..(bin + 1) * 200];
            assert_eq!(
                trace.iter().any(|&sample| sample != 0.0),
                live.is_live(bin / 48, bin % 48),
                "bin {bin}"
            );
        }
    }
    assert!(angles.iter().any(|angle| (angle % 90.0).abs() > 5.0), "{angles:?}");
    let whole = survey(SynthOptions { irregular_outline: false, ..options(0) });
    assert_eq!(whole.live().live_count(), whole.live().len());
}

#[test]
fn no_salt_is_no_salt() {
    let (_, label) = survey(SynthOptions { salt: false, ..options(1) }).volumes().unwrap();
    assert!(label.data().iter().all(|&value| value == 0.0));
    assert_eq!(label.grid().shape(), [40, 48, 200]);
}

#[test]
fn options_are_checked() {
    let refuse = |word: &str, change: fn(&mut SynthOptions)| {
        let mut options = options(0);
        change(&mut options);
        let error = SynthSurvey::new(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    };
    refuse("inlines is 0", |options| options.inlines = 0);
    refuse("crosslines is 100001", |options| options.crosslines = 100_001);
    refuse("samples is 15", |options| options.samples = 15);
    refuse("sample_interval_ms", |options| options.sample_interval_ms = f64::NAN);
    refuse("bin_size_m[1]", |options| options.bin_size_m[1] = 0.0);
    refuse("noise", |options| options.noise = -0.1);
    let survey = survey(options(0));
    assert_eq!(survey.inline(40).unwrap_err().kind(), ErrorKind::OutOfRange);
}

struct StopAfter(u64);

impl Listener for StopAfter {
    fn progress(&mut self, progress: &Progress<'_>) -> bool {
        assert_eq!((progress.stage, progress.total), ("synth", 40));
        progress.done < self.0
    }

    fn message(&mut self, _: log::Level, _: &str) {}
}

#[test]
fn writing_can_be_stopped() {
    let survey = survey(options(0));
    let (mut a, mut b) = (vec![0.0; 40 * 48 * 200], vec![0.0; 40 * 48 * 200]);
    let mut seismic = ArraySink::new(survey.grid(), survey.live(), &mut a).unwrap();
    let mut label = ArraySink::new(survey.grid(), survey.live(), &mut b).unwrap();
    let mut listener = StopAfter(10);
    let error = survey.write_to(&mut seismic, &mut label, &Control::new(&mut listener)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(b[30 * 48 * 200..].iter().all(|&value| value == 0.0));
}
