//! Random sections: repeatable, as different as their ranges, with labels that mean what they say.
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::ErrorKind;
use diapir::synth::{LabelledSection, RandomSections, SectionSpec};
use diapir::volume::VolumeSource;

const SIZE: usize = 96;

fn sections(spec: SectionSpec, seed: u64) -> RandomSections {
    RandomSections::new(spec, seed, SIZE, SIZE).unwrap()
}

fn drawn(spec: SectionSpec, count: u64) -> Vec<LabelledSection> {
    let sections = sections(spec, 7);
    (0..count).map(|index| sections.section(index)).collect()
}

/// The usual ingredients without those that hide or imitate salt.
fn plain() -> SectionSpec {
    let mut spec = SectionSpec::default();
    let like = &mut spec.lookalikes;
    for p in [
        &mut like.chaotic,
        &mut like.transparent,
        &mut like.chimney,
        &mut like.basement,
        &mut like.wedge,
        &mut like.mound,
        &mut like.channel,
        &mut like.sill,
        &mut like.water,
        &mut like.crystalline,
    ] {
        *p = 0.0;
    }
    let gaps = &mut spec.gaps;
    (gaps.mute, gaps.gaps, gaps.dead, gaps.padding) = (0.0, 0.0, 0.0, 0.0);
    spec
}

fn salt(section: &LabelledSection) -> f32 {
    section.label.iter().sum::<f32>() / section.label.len() as f32
}

#[test]
fn seed_and_number_decide_and_nothing_else() {
    let one = sections(SectionSpec::default(), 3);
    let backwards: Vec<_> = (0..6).rev().map(|index| one.section(index)).collect();
    let again = sections(SectionSpec::default(), 3);
    let forwards: Vec<_> = (0..6).map(|index| again.section(index)).collect();
    assert!(forwards.iter().eq(backwards.iter().rev()));
    assert!(forwards.windows(2).all(|pair| pair[0] != pair[1]));
    assert_ne!(one.section(0), sections(SectionSpec::default(), 4).section(0));
}

#[test]
fn amplitudes_are_in_range_and_labels_are_0_or_1() {
    for (index, section) in drawn(SectionSpec::default(), 150).iter().enumerate() {
        assert_eq!([section.amplitude.len(), section.label.len()], [SIZE * SIZE; 2]);
        assert!(section.amplitude.iter().all(|value| (-1.0..=1.0).contains(value)), "section {index}");
        assert!(section.label.iter().all(|label| [0.0, 1.0].contains(label)), "section {index}");
    }
}

#[test]
fn a_third_has_no_salt_and_the_rest_some_of_every_amount() {
    let drawn = drawn(SectionSpec::default(), 400);
    let none = drawn.iter().filter(|section| salt(section) == 0.0).count();
    // Bodies may lie outside, so more than the third that is asked for.
    assert!((130..230).contains(&none), "{none} of 400 without salt");
    assert!(drawn.iter().filter(|section| salt(section) > 0.4).count() > 15);
    assert!(drawn.iter().filter(|section| (0.001..0.05).contains(&salt(section))).count() > 15);
}

/// Every kind of body is salt where it is drawn alone.
#[test]
fn each_kind_of_body_alone_gives_salt() {
    for kind in 0..7 {
        let mut spec = plain();
        spec.salt.kinds = std::array::from_fn(|k| f32::from(u8::from(k == kind)));
        (spec.salt.none, spec.salt.top) = (0.0, [0.1, 0.5]);
        let with = drawn(spec, 40).iter().filter(|section| salt(section) > 0.0).count();
        assert!(with > 25, "kind {kind}: {with} of 40 have salt");
    }
}

/// Of two sections that differ in gaps alone, the one with gaps has no salt where the other's amplitudes are gone.
#[test]
fn where_there_are_no_data_there_is_no_salt() {
    let whole = plain();
    let mut gone = whole;
    (gone.gaps.mute, gone.gaps.padding, gone.gaps.dead, gone.gaps.faint) = (1.0, 1.0, 1.0, 0.0);
    let mut emptied = 0;
    for (whole, gone) in drawn(whole, 60).iter().zip(drawn(gone, 60)) {
        let pixels = whole.amplitude.iter().zip(&whole.label).zip(gone.amplitude.iter().zip(&gone.label));
        for ((amplitude, label), (left, salt)) in pixels {
            if amplitude == left {
                assert_eq!(label, salt);
            } else {
                assert_eq!([left, salt], [&0.0, &0.0]);
                emptied += 1;
            }
        }
    }
    assert!(emptied > 10_000, "{emptied} pixels emptied");
}

/// What is drawn as salt looks different: without what imitates it, fine detail is weaker inside than outside in most sections.
#[test]
fn salt_can_be_seen() {
    let mut spec = plain();
    spec.salt.none = 0.0;
    spec.salt.inside = [0.0, 0.05];
    spec.noise.level = [0.01, 0.02];
    (spec.noise.dipping, spec.noise.curved, spec.noise.fine) = (0.0, 0.0, 0.0);
    (spec.salt.bands, spec.salt.stringers, spec.gain.agc) = (0.0, 0.0, 0.0);
    let (mut seen, mut all) = (0, 0);
    for section in drawn(spec, 120).iter().filter(|section| (0.1..0.7).contains(&salt(section))) {
        let energy = |wanted: f32| {
            let of = section.amplitude.iter().zip(&section.label).filter(|(_, label)| **label == wanted);
            let squares: Vec<f32> = of.map(|(amplitude, _)| amplitude * amplitude).collect();
            squares.iter().sum::<f32>() / squares.len() as f32
        };
        all += 1;
        seen += usize::from(energy(1.0) < 0.7 * energy(0.0));
    }
    assert!(all > 20 && seen * 10 > all * 7, "{seen} of {all}");
}

/// Geology goes on from line to line, noise does not repeat, and any line can be had alone.
#[test]
fn a_volume_goes_on_from_line_to_line() {
    let mut spec = plain();
    spec.salt.none = 0.0;
    let sections = sections(spec, 11);
    let mut changed = Vec::new();
    for index in 0..6 {
        let (seismic, label) = sections.volume(index, 12).unwrap();
        assert_eq!(seismic.grid().shape(), [12, SIZE, SIZE]);
        let line = SIZE * SIZE;
        let lines: Vec<&[f32]> = label.data().chunks_exact(line).collect();
        if lines.iter().all(|line| line.iter().sum::<f32>() == 0.0) {
            continue;
        }
        let differ =
            |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| a != b).count() as f32 / line as f32;
        changed.push((differ(lines[0], lines[1]), differ(lines[0], lines[11])));
        let amplitudes: Vec<&[f32]> = seismic.data().chunks_exact(line).collect();
        assert_ne!(amplitudes[0], amplitudes[1]);
        let (again, _) = sections.volume(index, 12).unwrap();
        assert_eq!(seismic.data(), again.data());
    }
    assert!(changed.len() >= 3);
    assert!(changed.iter().all(|(next, _)| *next < 0.1), "{changed:?}");
    assert!(changed.iter().any(|(next, far)| next < far), "{changed:?}");
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let refused = |change: fn(&mut SectionSpec), name: &str| {
        let mut spec = SectionSpec::default();
        change(&mut spec);
        let error = RandomSections::new(spec, 1, SIZE, SIZE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains(name), "{}", error.message());
    };
    refused(|spec| spec.salt.none = 1.5, "salt.none");
    refused(|spec| spec.salt.kinds = [0.0; 7], "salt.kinds");
    refused(|spec| spec.imaging.frequency = [0.2, 0.1], "imaging.frequency");
    refused(|spec| spec.noise.level = [0.0, 0.1], "noise.level");
    refused(|spec| spec.gain.clip = [0.9, 1.1], "gain.clip");
    refused(|spec| spec.layers.packages = 0, "layers.packages");
    for [traces, samples] in [[15, 64], [64, 4097]] {
        let error = RandomSections::new(SectionSpec::default(), 1, traces, samples).unwrap_err();
        assert!(error.message().contains("16..=4096"), "{}", error.message());
    }
    let error = sections(SectionSpec::default(), 1).volume(0, 0).unwrap_err();
    assert!(error.message().contains("0 lines"), "{}", error.message());
}
