//! Properties of tiling that hold for every section, tile, overlap, edge rule and window.
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::tiling::{
    AmplitudeMap, AmplitudeScaling, Channel, EdgeRule, InputContract, Padding, Section, Stitcher, TilePlan,
    TilePosition, TilingOptions, Window, crop, extract,
};
use diapir::volume::{AmplitudeStats, SampleAxis, SampleUnit};
use proptest::prelude::*;

const CHANNELS: [Channel; 5] =
    [Channel::Amplitude, Channel::RelativeDepth, Channel::Row, Channel::Column, Channel::AmplitudeRow];

fn contract(tile: usize, padded: usize, padding: Padding, channels: &[Channel]) -> InputContract {
    InputContract {
        tile,
        padded,
        padding,
        channels: channels.to_vec(),
        scaling: AmplitudeScaling { low_share: 0.0, high_share: 1.0 },
        depth_range: [0.0, 2048.0],
        depth_unit: SampleUnit::Milliseconds,
        sample_interval: None,
        trace_spacing: None,
        window: None,
    }
}

/// -3 to -1, 5 to 1: a map with a centre that is not 0.
fn map() -> AmplitudeMap {
    AmplitudeMap::new(&AmplitudeStats { samples: 1, not_finite: 0, low: -3.0, high: 5.0 })
}

/// Amplitudes without any symmetry, NaN and outliers among them; dead traces hold values that must never show.
fn section(live: &[bool], samples: usize, seed: u64) -> Section {
    let data = (0..live.len() * samples)
        .map(|k| {
            let hash = (k as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ seed.rotate_left(17));
            match hash >> 58 {
                0 if !live[k / samples] => f32::NAN,
                1 => f32::NAN,
                2 => 1e30,
                _ => (hash >> 40) as f32 / 8192.0 / 256.0 - 3.5,
            }
        })
        .collect();
    let axis = SampleAxis::new(256.0, 4.0, samples, SampleUnit::Milliseconds).unwrap();
    Section::new(axis, live.to_vec(), data).unwrap()
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![Just(Window::Flat), Just(Window::Cosine), Just(Window::Gaussian)]
}

fn edge() -> impl Strategy<Value = EdgeRule> {
    prop_oneof![Just(EdgeRule::Inside), Just(EdgeRule::Extend)]
}

/// A tile size and options that fit it.
fn tiling(tiles: impl Strategy<Value = usize>) -> impl Strategy<Value = (usize, TilingOptions)> {
    tiles.prop_flat_map(|tile| {
        (Just(tile), 0..tile, edge(), window())
            .prop_map(|(tile, overlap, edge, window)| (tile, TilingOptions { overlap, edge, window }))
    })
}

/// Mostly live traces, with dead runs.
fn live(most: usize) -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec((1..9usize, prop::bool::weighted(0.7)), 1..most / 4)
        .prop_map(|runs| runs.into_iter().flat_map(|(n, live)| std::iter::repeat_n(live, n)).collect())
}

fn scaled(section: &Section) -> Vec<f32> {
    section.data().iter().map(|&amplitude| map().apply(amplitude)).collect()
}

/// Plan, extract, a network that hands its first channel through, crop, stitch; slabs are taken after each batch.
/// Answers the section, the most open traces and the uncovered samples.
fn identity(
    section: &Section,
    contract: &InputContract,
    options: &TilingOptions,
    batch: usize,
) -> (Vec<f32>, usize, u64) {
    let plan = TilePlan::new(section.traces(), section.samples(), contract.tile, options).unwrap();
    let mut stitcher = Stitcher::new(plan.traces(), plan.samples(), plan.tile(), options.window).unwrap();
    let mut input = vec![9.0; contract.channels.len() * contract.padded * contract.padded];
    let mut tile = vec![9.0; contract.tile * contract.tile];
    let mut result = Vec::new();
    let mut keep = |part: Option<(std::ops::Range<usize>, Vec<f32>)>| {
        if let Some((traces, slab)) = part {
            assert_eq!(traces.start * section.samples(), result.len());
            assert_eq!(traces.len() * section.samples(), slab.len());
            result.extend(slab);
        }
    };
    let positions: Vec<TilePosition> = plan.tiles(section).collect();
    for batch in positions.chunks(batch) {
        for &position in batch {
            keep(stitcher.take_finished(position.first_trace()));
            extract(section, position, contract, &map(), &mut input).unwrap();
            crop(&input[..contract.padded * contract.padded], contract, &mut tile).unwrap();
            stitcher.add(position, &tile).unwrap();
        }
        // What a caller may also do: take after a batch what the next one does not touch.
        let next = positions.iter().position(|p| p == batch.last().unwrap()).unwrap() + 1;
        if let Some(next) = positions.get(next) {
            keep(stitcher.take_finished(next.first_trace()));
        }
    }
    keep(stitcher.finish());
    assert!(stitcher.finish().is_none());
    (result, stitcher.peak_open_traces(), stitcher.uncovered())
}

/// The largest difference to the scaled input on live traces.
fn largest_error(section: &Section, result: &[f32]) -> f32 {
    let samples = section.samples();
    let pairs = scaled(section).into_iter().zip(result).enumerate();
    pairs
        .filter(|(k, _)| section.live()[k / samples])
        .map(|(_, (a, b))| if b.is_nan() { f32::INFINITY } else { (a - b).abs() })
        .fold(0.0, f32::max)
}

/// numpy's reflection, told as a walk that turns at the borders.
fn bounce(index: isize, len: usize) -> usize {
    let (mut at, mut step) = (0isize, 1isize);
    for _ in 0..index.unsigned_abs() {
        if len > 1 {
            if at + step < 0 || at + step >= len as isize {
                step = -step;
            }
            at += step;
        }
    }
    // The walk began at the first sample and went up; leftward of it is the mirror image of rightward.
    at as usize
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn starts_are_even_minimal_and_overlap(len in 1..2000usize, (tile, options) in tiling(1..300usize)) {
        let plan = TilePlan::new(len, 1, tile, &options).unwrap();
        let starts = plan.trace_starts();
        let margin = if options.edge == EdgeRule::Extend { options.overlap / 2 } else { 0 };
        let steps: Vec<isize> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if let (Some(most), Some(least)) = (steps.iter().max(), steps.iter().min()) {
            prop_assert!(most - least <= 1 && *least >= 1, "{steps:?}");
            prop_assert!(*most <= (tile - options.overlap) as isize);
            prop_assert_eq!(starts[0], -(margin as isize));
            prop_assert_eq!(starts[starts.len() - 1], (len + margin) as isize - tile as isize);
            let fewer = tile + (starts.len() - 2) * (tile - options.overlap);
            prop_assert!(fewer < len + 2 * margin, "{} tiles would do", starts.len() - 1);
            // Each start is the even spacing, rounded down.
            let step = (len + 2 * margin - tile) as f64 / (starts.len() - 1) as f64;
            for (k, &start) in starts.iter().enumerate() {
                let exact = k as f64 * step - margin as f64;
                prop_assert!(exact - start as f64 > -1e-6 && exact - (start as f64) < 1.0);
            }
        }
        // Every sample lies at least the margin away from the border of some tile.
        for x in 0..len as isize {
            let deep = |&s: &isize| s + margin as isize <= x && x < s + (tile - margin) as isize;
            prop_assert!(starts.iter().any(deep), "{x} is near a border in {starts:?}");
        }
    }

    #[test]
    fn live_tiles_cover_live_traces(live in live(200), samples in 1..200usize, (tile, options) in tiling(1..60usize)) {
        let plan = TilePlan::new(live.len(), samples, tile, &options).unwrap();
        let all: Vec<_> = plan.positions().collect();
        prop_assert_eq!(all.len(), plan.len());
        prop_assert!(all.windows(2).all(|p| (p[0].trace, p[0].sample) < (p[1].trace, p[1].sample)));
        let tiles: Vec<_> = plan.tiles_on(&live).collect();
        let columns = |p: &TilePosition| {
            (p.trace.max(0) as usize)..((p.trace + tile as isize).clamp(0, live.len() as isize) as usize)
        };
        let mut hits = vec![0u32; live.len() * samples];
        for position in &all {
            prop_assert_eq!(tiles.contains(position), live[columns(position)].contains(&true));
        }
        for position in &tiles {
            for t in columns(position) {
                let end = (position.sample + tile as isize).min(samples as isize) as usize;
                hits[t * samples..][position.sample.max(0) as usize..end].iter_mut().for_each(|hit| *hit += 1);
            }
        }
        prop_assert!((0..hits.len()).all(|k| hits[k] > 0 || !live[k / samples]));
    }

    #[test]
    fn windows_are_positive_and_symmetric(n in 1..600usize, window in window()) {
        let weights = window.weights(n);
        prop_assert_eq!(weights.len(), n);
        prop_assert!(weights.iter().all(|&w| w > 0.0 && w <= 1.0));
        // The weight of a corner pixel is the smallest product.
        prop_assert!(weights[0] * weights[0] > f32::MIN_POSITIVE);
        prop_assert!(weights.iter().eq(weights.iter().rev()));
        prop_assert!(weights[..n.div_ceil(2)].windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn identity_returns_the_input(
        live in live(120), samples in 1..120usize, (tile, options) in tiling(8..40usize),
        extra in 0..8usize, batch in 1..20usize, seed: u64,
    ) {
        let section = section(&live, samples, seed);
        let contract = contract(tile, tile + extra, Padding::Reflect, &CHANNELS);
        let (result, peak, uncovered) = identity(&section, &contract, &options, batch);
        prop_assert_eq!(result.len(), live.len() * samples);
        prop_assert!(result.iter().all(|value| value.is_finite()));
        let error = largest_error(&section, &result);
        // Each tile that covers a sample adds two roundings of a float32 sum.
        let fold = tile.div_ceil(tile - options.overlap).pow(2) as f32;
        let tolerance = 1e-6 + 2.0 * fold * f32::EPSILON;
        prop_assert!(error <= tolerance, "error {error}, {fold} tiles deep");
        prop_assert!(peak <= tile + (tile - options.overlap), "{peak} traces open");
        let dead = live.iter().filter(|&&live| !live).count() * samples;
        prop_assert!(uncovered as usize <= dead);
        // Batches change nothing, not even the last bit.
        let (again, _, _) = identity(&section, &contract, &options, batch + 7);
        prop_assert!(result.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn slabs_equal_all_at_once(
        traces in 1..90usize, samples in 1..90usize, (tile, options) in tiling(8..40usize), seed: u64,
    ) {
        let plan = TilePlan::new(traces, samples, tile, &options).unwrap();
        let prediction = |p: TilePosition| -> Vec<f32> {
            let mix = seed ^ (p.trace as u64).wrapping_mul(31) ^ (p.sample as u64).wrapping_mul(1_000_003);
            let hash = |k: u64| (mix ^ k).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            (0..(tile * tile) as u64).map(|k| hash(k) as f32 / 16_777_215.0).collect()
        };
        let mut at_once = Stitcher::new(traces, samples, tile, options.window).unwrap();
        let mut slabs = Stitcher::new(traces, samples, tile, options.window).unwrap();
        let mut joined = Vec::new();
        for position in plan.positions() {
            at_once.add(position, &prediction(position)).unwrap();
            joined.extend(slabs.take_finished(position.first_trace()).map(|part| part.1).unwrap_or_default());
            slabs.add(position, &prediction(position)).unwrap();
        }
        joined.extend(slabs.finish().map(|part| part.1).unwrap_or_default());
        let (range, whole) = at_once.finish().unwrap();
        prop_assert_eq!(range, 0..traces);
        prop_assert_eq!(at_once.peak_open_traces(), traces);
        prop_assert!(slabs.peak_open_traces() <= tile);
        prop_assert_eq!((at_once.uncovered(), slabs.uncovered()), (0, 0));
        prop_assert_eq!(&whole, &joined);
        prop_assert!(whole.iter().all(|p| (0.0..=1.0).contains(p)));
        // The definition, in f64 and without any bookkeeping.
        let weights = options.window.weights(tile);
        let tiles: Vec<_> = plan.positions().map(|p| (p, prediction(p))).collect();
        for k in (0..whole.len()).step_by(7) {
            let (mut sum, mut total) = (0.0f64, 0.0f64);
            for (p, values) in &tiles {
                let c = (k / samples) as isize - p.trace;
                let r = (k % samples) as isize - p.sample;
                if (0..tile as isize).contains(&c) && (0..tile as isize).contains(&r) {
                    let w = f64::from(weights[c as usize]) * f64::from(weights[r as usize]);
                    sum += w * f64::from(values[r as usize * tile + c as usize]);
                    total += w;
                }
            }
            prop_assert!((f64::from(whole[k]) - sum / total).abs() < 1e-5);
        }
    }

    #[test]
    fn input_is_what_the_contract_says(
        live in live(60), samples in 1..60usize, tile in 8..24usize, extra in 0..8usize,
        trace in -70..70isize, sample in -70..70isize, edge_padding: bool, seed: u64,
    ) {
        let section = section(&live, samples, seed);
        let padding = if edge_padding { Padding::Edge } else { Padding::Reflect };
        let contract = contract(tile, tile + extra, padding, &CHANNELS);
        let n = contract.padded;
        let mut input = vec![9.0; CHANNELS.len() * n * n];
        extract(&section, TilePosition { trace, sample }, &contract, &map(), &mut input).unwrap();
        let within = |k: usize| match k as isize - (extra / 2) as isize {
            k if edge_padding => k.clamp(0, tile as isize - 1) as usize,
            k => bounce(k, tile),
        };
        let last = (tile - 1) as f32;
        for (k, &found) in input.iter().enumerate() {
            let (r, c) = (within(k / n % n), within(k % n));
            let t = bounce(trace + c as isize, live.len());
            let amplitude = section.trace(t)[bounce(sample + r as isize, samples)];
            let amplitude = if live[t] { map().apply(amplitude) } else { 0.0 };
            let expected = match CHANNELS[k / (n * n)] {
                Channel::Amplitude => amplitude,
                Channel::RelativeDepth => ((256.0 + 4.0 * (sample + r as isize) as f64) / 2048.0) as f32,
                Channel::Row => r as f32 / last,
                Channel::Column => c as f32 / last,
                Channel::AmplitudeRow => amplitude * (r as f32 / last),
            };
            prop_assert_eq!(found, expected, "value {}", k);
        }
    }

    #[test]
    fn a_cut_section_gives_the_same_tiles(
        tile in 8..20usize, shift in (0..20usize, 0..20usize), at in (0..20usize, 0..20usize), seed: u64,
    ) {
        let whole = section(&[true; 60], 60, seed);
        let axis = SampleAxis::new(whole.axis().value(shift.1), 4.0, 60 - shift.1, SampleUnit::Milliseconds).unwrap();
        let data = (shift.0..60).flat_map(|t| whole.trace(t)[shift.1..].to_vec()).collect();
        let cut = Section::new(axis, vec![true; 60 - shift.0], data).unwrap();
        let contract = contract(tile, tile + 5, Padding::Reflect, &CHANNELS);
        let mut inputs = [(); 2].map(|()| vec![0.0; CHANNELS.len() * contract.padded * contract.padded]);
        let here = TilePosition { trace: at.0 as isize, sample: at.1 as isize };
        let there =
            TilePosition { trace: (at.0 + shift.0) as isize, sample: (at.1 + shift.1) as isize };
        extract(&cut, here, &contract, &map(), &mut inputs[0]).unwrap();
        extract(&whole, there, &contract, &map(), &mut inputs[1]).unwrap();
        prop_assert_eq!(&inputs[0], &inputs[1]);
    }
}

#[test]
fn identity_at_the_size_of_the_competition() {
    let live: Vec<bool> = (0..333).map(|t| t % 50 != 7 && !(120..260).contains(&t)).collect();
    let section = section(&live, 275, 5);
    for padded in [101, 128] {
        for edge in [EdgeRule::Inside, EdgeRule::Extend] {
            for window in [Window::Flat, Window::Cosine, Window::Gaussian] {
                let contract = contract(101, padded, Padding::Reflect, &[Channel::Amplitude]);
                let options = TilingOptions { overlap: 32, edge, window };
                let (result, peak, _) = identity(&section, &contract, &options, 16);
                let error = largest_error(&section, &result);
                assert!(error <= 1e-5, "{padded} {edge:?} {window:?}: error {error}");
                assert!(peak <= 101 + 69, "{padded} {edge:?} {window:?}: {peak} traces open");
            }
        }
    }
}
