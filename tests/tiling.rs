//! Tiling where the answer can be written down.
#![allow(clippy::unwrap_used, missing_docs)]

use diapir::ErrorKind;
use diapir::metrics::{SeamFigure, SectionView};
use diapir::tiling::{
    AmplitudeMap, AmplitudeScaling, Border, Channel, EdgeRule, Extent, Frame, Inpainting, InputContract,
    Padding, Scale, Section, Stitcher, TileDepth, TilePlan, TilePosition, TilingOptions, Window, crop,
    extract, extract_label, extract_loose, margins, pad, pad_from, resample_back,
};
use diapir::volume::{
    AmplitudeStats, ArraySink, ArrayVolume, Block, Direction, LineAxis, LiveMask, SampleAxis, SampleUnit,
    SurveyGrid, VolumeSink, VolumeSource,
};

fn contract(tile: usize, padded: usize, channels: &[Channel]) -> InputContract {
    InputContract {
        tile,
        padded,
        padding: Padding::Reflect,
        channels: channels.to_vec(),
        scaling: AmplitudeScaling { low_share: 0.0, high_share: 1.0 },
        depth_range: [50.0, 959.0],
        depth_unit: SampleUnit::Metres,
        sample_interval: None,
        trace_spacing: None,
        window: None,
    }
}

fn axis(count: usize) -> SampleAxis {
    SampleAxis::new(0.0, 4.0, count, SampleUnit::Milliseconds).unwrap()
}

fn options(overlap: usize, edge: EdgeRule) -> TilingOptions {
    TilingOptions { overlap, edge, window: Window::Cosine }
}

/// Expected lists by `numpy.pad(arange(n), (before, after), mode)`, numpy 2.4.6.
#[test]
fn index_maps_are_those_of_numpy() {
    let reflect = |before: usize, n: usize, after: usize| {
        Border::Reflect.index_map(-(before as isize), before + n + after, n)
    };
    assert_eq!(reflect(3, 1, 2), [0, 0, 0, 0, 0, 0]);
    assert_eq!(reflect(3, 2, 4), [1, 0, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(reflect(7, 3, 6), [1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0]);
    assert_eq!(reflect(2, 4, 3), [2, 1, 0, 1, 2, 3, 2, 1, 0]);
    let nine_five_eleven = [1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1];
    assert_eq!(reflect(9, 5, 11), nine_five_eleven);
    let tile = reflect(13, 101, 14);
    assert_eq!(tile[..15], [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1]);
    assert_eq!(tile[112..], [99, 100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88, 87, 86]);
    assert_eq!(Border::Edge.index_map(-2, 9, 4), [0, 0, 0, 1, 2, 3, 3, 3, 3]);
    assert_eq!(margins(101, 128), [13, 14]);
    assert_eq!(margins(101, 101), [0, 0]);
}

#[test]
fn pad_and_crop_undo_each_other() {
    let contract = contract(101, 128, &[Channel::Amplitude]);
    let plane: Vec<f32> = (0..101 * 101).map(|k| k as f32).collect();
    let mut padded = vec![-1.0; 128 * 128];
    pad(&plane, &contract, &mut padded).unwrap();
    // Corners: row 0 is the tile's row 13, row 127 its row 86; the same for columns.
    assert_eq!([padded[0], padded[127]], [(13 * 101 + 13) as f32, (13 * 101 + 86) as f32]);
    assert_eq!(padded[127 * 128 + 127], (86 * 101 + 86) as f32);
    let mut back = vec![0.0; 101 * 101];
    crop(&padded, &contract, &mut back).unwrap();
    assert_eq!(plane, back);
    let refused = crop(&padded[1..], &contract, &mut back).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
}

/// Where one tile suffices, its size may be less than the overlap of the other way's tiles.
#[test]
fn overlaps_count_only_between_tiles() {
    let tile = Extent { rows: 256, columns: 64 };
    let plan = TilePlan::new(60, 1000, tile, &options(128, EdgeRule::Inside)).unwrap();
    assert_eq!(plan.trace_starts(), [-2]);
    assert_eq!(plan.sample_starts(), [0, 124, 248, 372, 496, 620, 744]);
    let plan = TilePlan::new(64, 256, tile, &options(128, EdgeRule::Inside)).unwrap();
    assert_eq!((plan.trace_starts(), plan.sample_starts()), (&[0][..], &[0][..]));
    assert!(TilePlan::new(65, 1000, tile, &options(128, EdgeRule::Inside)).is_err());
}

#[test]
fn plans_of_known_sections() {
    let plan = TilePlan::new(301, 101, 101, &options(1, EdgeRule::Inside)).unwrap();
    assert_eq!((plan.trace_starts(), plan.sample_starts()), (&[0, 100, 200][..], &[0][..]));
    assert_eq!((plan.trace_borders(), plan.sample_borders()), (vec![100, 101, 200, 201], vec![]));
    // Smaller than the tile: one tile, the section in its middle.
    let plan = TilePlan::new(40, 41, 101, &options(50, EdgeRule::Inside)).unwrap();
    assert_eq!((plan.trace_starts(), plan.sample_starts()), (&[-30][..], &[-30][..]));
    // Extend: 16 over at each end, 301 + 32 = 333 covered by 101 + 4 * 58.
    let plan = TilePlan::new(301, 69, 101, &options(32, EdgeRule::Extend)).unwrap();
    assert_eq!((plan.trace_starts(), plan.sample_starts()), (&[-16, 42, 100, 158, 216][..], &[-16][..]));
    let order: Vec<_> = TilePlan::new(9, 9, 8, &options(0, EdgeRule::Inside)).unwrap().positions().collect();
    let expected = [(0, 0), (0, 1), (1, 0), (1, 1)];
    assert_eq!(order, expected.map(|(trace, sample)| TilePosition { trace, sample }));
    for (traces, tile, overlap) in [(0, 101, 1), (5, 0, 0), (5, 10, 10), (usize::MAX, 10, 0)] {
        let refused = TilePlan::new(traces, 5, tile, &options(overlap, EdgeRule::Extend)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn options_read_from_json() {
    let options: TilingOptions = serde_json::from_str(r#"{"edge": "inside", "window": "gaussian"}"#).unwrap();
    let expected =
        TilingOptions { edge: EdgeRule::Inside, window: Window::Gaussian, ..TilingOptions::default() };
    assert_eq!(options, expected);
    assert!(serde_json::from_str::<TilingOptions>(r#"{"stride": 3}"#).is_err());
}

#[test]
fn windows_of_known_shape() {
    assert_eq!(Window::Flat.weights(3), [1.0; 3]);
    let cosine = Window::Cosine.weights(100);
    for k in 0..50 {
        assert!((cosine[k] + cosine[k + 50] - 1.0).abs() < 1e-6);
    }
    let gaussian = Window::Gaussian.weights(17);
    assert_eq!(gaussian[8], 1.0);
    assert!((gaussian[0] - (-0.5f32 * (8.0f32 / 2.125).powi(2)).exp()).abs() < 1e-6);
}

#[test]
fn loose_tiles_have_one_depth() {
    let channels = [Channel::RelativeDepth, Channel::AmplitudeRow, Channel::Amplitude];
    let contract = contract(101, 128, &channels);
    let scaled: Vec<f32> = (0..101 * 101).map(|k| (k as f32).sin()).collect();
    let mut out = vec![9.0; 3 * 128 * 128];
    extract_loose(&scaled, TileDepth::Constant(959.0), &contract, None, &mut out).unwrap();
    let (depth, rest) = out.split_at(128 * 128);
    assert!(depth.iter().all(|&z| z == 1.0));
    let mut plane = vec![0.0; 101 * 101];
    crop(&rest[128 * 128..], &contract, &mut plane).unwrap();
    assert_eq!(plane, scaled);
    crop(&rest[..128 * 128], &contract, &mut plane).unwrap();
    assert_eq!(plane[50 * 101 + 3], 0.5 * scaled[50 * 101 + 3]);
    assert_eq!(plane[..101], [0.0; 101]);
    assert!(extract_loose(&scaled[1..], TileDepth::Constant(1.0), &contract, None, &mut out).is_err());
    assert!(extract_loose(&scaled, TileDepth::Constant(1.0), &contract, None, &mut out[1..]).is_err());
}

#[test]
fn a_tile_is_the_transposed_section() {
    let contract = contract(8, 8, &[Channel::Amplitude]);
    let map = AmplitudeMap::new(&AmplitudeStats { samples: 1, not_finite: 0, low: -1.0, high: 1.0 });
    let mut live = vec![true; 10];
    live[2] = false;
    let mut data: Vec<f32> = (0..10 * 12).map(|k| k as f32 / 256.0).collect();
    data[12 + 1] = f32::NAN;
    data[12 + 2] = f32::INFINITY;
    data[12 + 3] = 7.0;
    let section = Section::new(axis(12), live, data).unwrap();
    let mut out = vec![9.0; 64];
    extract(&section, TilePosition { trace: 1, sample: 0 }, &contract, &map, &mut out).unwrap();
    assert_eq!([out[0], out[8], out[16], out[24]], [12.0 / 256.0, 0.0, 0.0, 1.0]);
    assert!((0..8).all(|r| out[r * 8 + 1] == 0.0), "the dead trace is 0");
    assert_eq!(out[5 * 8 + 3], (4 * 12 + 5) as f32 / 256.0);
}

#[test]
fn labels_say_where_nobody_knows() {
    let image =
        Section::new(axis(9), vec![true, true, false, true, true, true, true, true], vec![0.0; 72]).unwrap();
    let mut label_live = vec![true; 8];
    label_live[3] = false;
    let mut data: Vec<f32> = (0..72).map(|k| f32::from(u8::from(k % 9 >= 4))).collect();
    data[9 + 5] = f32::NAN;
    let label = Section::new(axis(9), label_live, data).unwrap();
    let (mut mask, mut valid) = (vec![9.0; 64], vec![false; 64]);
    extract_label(&label, &image, TilePosition { trace: -1, sample: 3 }, 8, &mut mask, &mut valid).unwrap();
    for r in 0..8 {
        for c in 0..8 {
            let (known, salt) = (valid[r * 8 + c], mask[r * 8 + c]);
            let (trace, sample) = (c as isize - 1, r + 3);
            let expected = trace >= 0 && sample < 9 && ![2, 3].contains(&trace) && (trace, sample) != (1, 5);
            assert_eq!(known, expected, "row {r} column {c}");
            assert!(!known || salt == f32::from(u8::from(sample >= 4)), "row {r} column {c}");
            assert!(salt == 0.0 || salt == 1.0);
        }
    }
    // Mirrored outside, as the image is: column 0 is trace 1; row 7 is sample 16 - 10 = 6.
    assert_eq!([mask[7 * 8], mask[8], mask[0]], [1.0, 1.0, 0.0]);
    let other = Section::new(axis(8), vec![true; 9], vec![0.0; 72]).unwrap();
    let refused =
        extract_label(&label, &other, TilePosition { trace: 0, sample: 0 }, 8, &mut mask, &mut valid)
            .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Dataset);
}

fn survey() -> ArrayVolume {
    let line = |count| LineAxis { first: 1, step: 1, count };
    let grid = SurveyGrid { inlines: line(3), crosslines: line(4), samples: axis(5), georef: None };
    let mut live = LiveMask::full(&grid);
    live.set(1, 2, false);
    ArrayVolume::new(grid, live, (0..60).map(|k| k as f32).collect()).unwrap()
}

#[test]
fn sections_read_and_write_in_both_directions() {
    let volume = survey();
    let mut copy = vec![0.0; 60];
    let mut buffer = vec![7.0; 99];
    for direction in [Direction::Inline, Direction::Crossline] {
        let mut sink = ArraySink::new(volume.grid(), volume.live(), &mut copy).unwrap();
        for index in 0..Section::count(volume.grid(), direction) {
            let section = Section::read(&volume, direction, index, buffer).unwrap();
            assert_eq!(section.traces(), Section::trace_count(volume.grid(), direction));
            for t in 0..section.traces() {
                let (i, x) = if direction == Direction::Inline { (index, t) } else { (t, index) };
                assert_eq!(section.live()[t], volume.live().is_live(i, x));
                assert!(!section.live()[t] || section.trace(t) == volume.trace(i, x));
                let block = Section::block(volume.grid(), direction, index, t..t + 1).unwrap();
                sink.write_block(&block, section.trace(t)).unwrap();
            }
            buffer = section.into_data();
        }
        let mut expected = vec![0.0; 60];
        volume.read_block(&Block::whole(volume.grid()), &mut expected).unwrap();
        assert_eq!(copy, expected);
        copy.fill(0.0);
    }
    let refused = Section::read(&volume, Direction::Inline, 3, Vec::new()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OutOfRange);
    assert!(Section::block(volume.grid(), Direction::Crossline, 0, 0..4).is_err());
    assert!(Section::new(axis(5), vec![true; 2], vec![0.0; 9]).is_err());
}

#[test]
fn stitching_blends_by_weight() {
    // Two tiles of 8 side by side, sharing 4 traces; the second predicts 1.
    let mut stitcher = Stitcher::new(12, 8, 8, Window::Cosine).unwrap();
    stitcher.add(TilePosition { trace: 0, sample: 0 }, &[0.0; 64]).unwrap();
    stitcher.add(TilePosition { trace: 4, sample: 0 }, &[1.0; 64]).unwrap();
    let (_, data) = stitcher.finish().unwrap();
    // The cosine's shifts by half a tile sum to 1, so the blend is the second tile's own weight.
    let weights = Window::Cosine.weights(8);
    for t in 0..12 {
        let expected = [[0.0; 4], [weights[0], weights[1], weights[2], weights[3]], [1.0; 4]].concat()[t];
        assert!(data[t * 8..][..8].iter().all(|p| (p - expected).abs() < 1e-6), "trace {t}");
    }
}

#[test]
fn seams_show_where_windows_do_not_blend() {
    // Neighbouring tiles disagree by 0.1 over a slope of 0.001 per trace and sample. 404 is 4 tiles exactly: at other
    // lengths even steps make tiles overlap by a trace or two, and the jump is shared by two borders.
    let (traces, samples, tile) = (404, 404, 101);
    let figure = |overlap, window| {
        let options = TilingOptions { overlap, edge: EdgeRule::Extend, window };
        let plan = TilePlan::new(traces, samples, tile, &options).unwrap();
        let mut stitcher = Stitcher::new(traces, samples, tile, window).unwrap();
        for (k, p) in plan.positions().enumerate() {
            let column = k / plan.sample_starts().len();
            let offset = if (column + k % plan.sample_starts().len()).is_multiple_of(2) { 0.1 } else { 0.0 };
            let at = |k: usize| (p.trace + p.sample + (k / tile + k % tile) as isize) as f32 * 0.001 + offset;
            stitcher.add(p, &(0..tile * tile).map(at).collect::<Vec<_>>()).unwrap();
        }
        let (_, data) = stitcher.finish().unwrap();
        let view = SectionView { samples, live: &vec![true; traces], data: &data };
        let mut seams = SeamFigure::default();
        seams.add(&view, &plan.trace_borders(), &plan.sample_borders()).unwrap();
        seams.ratio().unwrap()
    };
    let (cut, mean) = (figure(0, Window::Flat), figure(32, Window::Flat));
    let (cosine, gaussian) = (figure(32, Window::Cosine), figure(32, Window::Gaussian));
    // Jumps of 0.001 + 0.1 and 0.1 - 0.001 in turn, their mean 0.1, against 0.001.
    assert!((cut - 100.0).abs() < 0.01, "no overlap: {cut}");
    assert!(mean > 20.0, "plain mean: {mean}");
    assert!(cosine < 1.0, "cosine: {cosine}");
    assert!(gaussian < 1.0, "Gaussian: {gaussian}");
}

#[test]
fn stitching_counts_what_is_missing() {
    let mut stitcher = Stitcher::new(40, 10, 8, Window::Gaussian).unwrap();
    let mut tile = vec![0.25; 64];
    tile[9] = f32::NAN;
    stitcher.add(TilePosition { trace: -2, sample: 5 }, &tile).unwrap(); // 6 traces x 5 samples
    stitcher.add(TilePosition { trace: 30, sample: -3 }, &[0.5; 64]).unwrap(); // 8 x 5
    stitcher.add(TilePosition { trace: 90, sample: -30 }, &[0.5; 64]).unwrap(); // beyond the section
    assert!(stitcher.add(TilePosition { trace: 30, sample: 0 }, &[0.5; 63]).is_err());
    assert!(stitcher.take_finished(0).is_none());
    let (traces, slab) = stitcher.take_finished(20).unwrap();
    assert_eq!((traces, slab.len()), (0..20, 200));
    assert_eq!(stitcher.uncovered(), 200 - 30);
    // A tile that reaches into what was given away, and one that does not.
    let refused = stitcher.add(TilePosition { trace: 19, sample: 0 }, &[0.5; 64]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
    stitcher.add(TilePosition { trace: 30, sample: -3 }, &[0.5; 64]).unwrap();
    let (traces, slab) = stitcher.finish().unwrap();
    assert_eq!((traces, stitcher.uncovered()), (20..40, 200 - 30 + 200 - 40));
    assert_eq!(slab.iter().filter(|&&p| p == 0.5).count(), 40);
    assert_eq!(stitcher.peak_open_traces(), 6 + 8, "traces between tiles cost nothing");
    // The NaN was in row 1, column 1: over the section's border, so it was never added.
    assert_eq!(stitcher.not_finite(), 0);
    let mut inside = Stitcher::new(8, 8, 8, Window::Flat).unwrap();
    inside.add(TilePosition { trace: 0, sample: 0 }, &tile).unwrap();
    let (_, data) = inside.finish().unwrap();
    assert_eq!((inside.not_finite(), inside.uncovered(), data[9]), (1, 1, 0.0));
    assert!(Stitcher::new(8, 8, 0, Window::Flat).is_err());
    assert!(Stitcher::new(8, 8, usize::MAX, Window::Flat).is_err());
    assert!(Stitcher::new(usize::MAX, 8, 8, Window::Flat).is_err());
}

/// The tile of `images.json`.
fn smooth_tile() -> Vec<f32> {
    let value = |k: usize| {
        let [y, x] = [k / 101, k % 101].map(|at| at as f64);
        0.5 + 0.25 * (x / 9.0).sin() + 0.25 * (y / 7.0).cos() * ((x + y) / 23.0).sin()
    };
    (0..101 * 101).map(|k| value(k) as f32).collect()
}

/// Rows above, beside and below the tile against scikit-image's `inpaint_biharmonic`.
#[test]
fn inpainting_is_that_of_scikit_image() {
    let reference: serde_json::Value = serde_json::from_str(include_str!("golden/images.json")).unwrap();
    let reference = &reference["biharmonic_148_offset_23_23"];
    let tile = smooth_tile();
    let mut canvas = vec![0.0; 148 * 148];
    Inpainting::shared(101, 148).unwrap().fill(&tile, &mut canvas).unwrap();
    for (row, expected) in reference["rows"].as_object().unwrap() {
        let row: usize = row.parse().unwrap();
        let expected = expected.as_array().unwrap().iter().map(|value| value.as_f64().unwrap());
        for (column, (found, expected)) in canvas[row * 148..][..148].iter().zip(expected).enumerate() {
            assert!(
                (f64::from(*found) - expected).abs() < 1e-6,
                "{row}, {column}: {found}, expected {expected}"
            );
        }
    }
    for (bound, pick) in [("min", f32::min as fn(f32, f32) -> f32), ("max", f32::max)] {
        let found = f64::from(canvas.iter().copied().reduce(pick).unwrap());
        assert!((found - reference[bound].as_f64().unwrap()).abs() < 1e-6, "{bound} {found}");
    }
    // A constant goes on as itself, and of many tiles each is filled as alone.
    let other: Vec<f32> = tile.iter().map(|value| 1.0 - value).collect();
    let many: Vec<f32> = (0..40).flat_map(|k| if k % 2 == 0 { &tile } else { &other }).copied().collect();
    let mut canvases = vec![0.0; 40 * 148 * 148];
    Inpainting::shared(101, 148).unwrap().fill(&many, &mut canvases).unwrap();
    for (k, filled) in canvases.chunks_exact(148 * 148).enumerate() {
        let alone =
            |found: f32, value: f32| (found - if k % 2 == 0 { value } else { 1.0 - value }).abs() < 1e-5;
        assert!(filled.iter().zip(&canvas).all(|(found, value)| alone(*found, *value)), "tile {k}");
    }
}

#[test]
fn the_network_takes_the_middle_of_an_inpainted_canvas() {
    let contract = InputContract {
        padding: Padding::Biharmonic { canvas: 148 },
        ..contract(101, 128, &[Channel::Amplitude])
    };
    contract.check().unwrap();
    let tile = smooth_tile();
    let mut canvas = vec![0.0; 148 * 148];
    Inpainting::shared(101, 148).unwrap().fill(&tile, &mut canvas).unwrap();
    let mut input = vec![0.0; 128 * 128];
    pad(&tile, &contract, &mut input).unwrap();
    for (row, values) in input.chunks_exact(128).enumerate() {
        assert_eq!(values, &canvas[(row + 10) * 148 + 10..][..128]);
    }
    let mut cut = vec![0.0; 101 * 101];
    crop(&input, &contract, &mut cut).unwrap();
    assert_eq!(cut, tile);
    let mut corner = vec![0.0; 128 * 128];
    pad_from(&tile, &contract, [23, 3], &mut corner).unwrap();
    assert_eq!(corner[..128], canvas[20..148]);
    let outside = pad_from(&tile, &contract, [24, 13], &mut corner).unwrap_err();
    assert_eq!(outside.kind(), ErrorKind::InvalidArgument);
    for canvas in [127, 513] {
        let wrong = InputContract { padding: Padding::Biharmonic { canvas }, ..contract.clone() };
        let error = wrong.check().unwrap_err().to_string();
        assert!(error.contains("canvas") && error.contains("128..=512"), "{error}");
    }
}

#[test]
fn zeros_around_a_tile() {
    let contract = InputContract { padding: Padding::Zero, ..contract(8, 11, &[Channel::Amplitude]) };
    let tile: Vec<f32> = (1..=64).map(|value| value as f32).collect();
    let mut input = vec![f32::NAN; 11 * 11];
    pad(&tile, &contract, &mut input).unwrap();
    for (k, value) in input.iter().enumerate() {
        let inside = (1..9).contains(&(k / 11)) && (1..9).contains(&(k % 11));
        let expected = if inside { tile[(k / 11 - 1) * 8 + k % 11 - 1] } else { 0.0 };
        assert_eq!(*value, expected, "{k}");
    }
}

/// Linear between the middles of pixels, as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`: on a ramp the values are known.
#[test]
fn a_resized_ramp_is_a_ramp_and_comes_back() {
    let contract = |tile, padded| InputContract {
        padding: Padding::Resize,
        ..contract(tile, padded, &[Channel::Amplitude])
    };
    let tile: Vec<f32> = (0..64).map(|k| (k / 8) as f32 + 10.0 * (k % 8) as f32).collect();
    let mut padded = vec![0.0; 100];
    pad(&tile, &contract(8, 10), &mut padded).unwrap();
    // A ramp stays one: pixel k of ten lies at 0.8 k - 0.1 of eight, and stops at the ends.
    let place = |k: usize| (0.8 * k as f32 - 0.1).clamp(0.0, 7.0);
    for (k, value) in padded.iter().enumerate() {
        let expected = place(k / 10) + 10.0 * place(k % 10);
        assert!((value - expected).abs() < 1e-4, "{k}: {value}, expected {expected}");
    }
    let mut back = vec![0.0; 64];
    crop(&padded, &contract(8, 10), &mut back).unwrap();
    for (k, (value, was)) in back.iter().zip(&tile).enumerate() {
        let inner = (1..7).contains(&(k / 8)) && (1..7).contains(&(k % 8));
        assert!((value - was).abs() < if inner { 1e-4 } else { 1.2 }, "{k}: {value}, was {was}");
    }
    let error = pad_from(&tile, &contract(8, 10), [0, 0], &mut padded).unwrap_err();
    assert!(error.to_string().contains("enlarged"), "{error}");
}

#[test]
fn sections_are_resampled() {
    let axis = SampleAxis::new(100.0, 2.0, 60, SampleUnit::Milliseconds).unwrap();
    let section = |value: &dyn Fn(usize, usize) -> f32| {
        let data = (0..40).flat_map(|x| (0..60).map(move |s| (x, s))).map(|(x, s)| value(x, s)).collect();
        let mut live = vec![true; 40];
        live[10] = false;
        Section::new(axis, live, data).unwrap()
    };
    let half = Scale { traces: 0.5, samples: 0.5 };
    let ramp = section(&|x, s| 3.0 * x as f32 + 0.5 * s as f32).resampled(half).unwrap();
    assert_eq!((ramp.traces(), ramp.samples()), (20, 30));
    // The first sample stands for 99..103 ms, so it lies at 101.
    assert_eq!((ramp.axis().first, ramp.axis().step), (101.0, 4.0));
    assert_eq!(ramp.live().iter().filter(|live| !**live).count(), 0, "11 is live beside 10");
    for x in (4..16).filter(|x| !(3..=7).contains(x)) {
        for s in 4..26 {
            let expected = 3.0 * (2.0 * x as f32 + 0.5) + 0.5 * (2.0 * s as f32 + 0.5);
            assert!((ramp.trace(x)[s] - expected).abs() < 1e-3, "{x}, {s}: {}", ramp.trace(x)[s]);
        }
    }
    // Dead traces are not there, rather than 0.
    let level = section(&|x, _| if x == 10 { 0.0 } else { 1.0 }).resampled(half).unwrap();
    assert!(level.data().iter().all(|value| (value - 1.0).abs() < 1e-5));
    // What the coarser grid cannot hold is gone, not aliased.
    let fast = section(&|_, s| if s % 2 == 0 { 1.0 } else { -1.0 }).resampled(half).unwrap();
    assert!((4..26).all(|s| fast.trace(8)[s].abs() < 0.05), "{:?}", fast.trace(8));
    let holes = section(&|_, s| if s == 7 { f32::NAN } else { 1.0 }).resampled(half).unwrap();
    assert!(holes.data().iter().all(|value| value.is_finite()));
    let finer = Scale { traces: 2.0, samples: 1.0 };
    let doubled = section(&|_, _| 1.0).resampled(finer).unwrap();
    assert_eq!(
        doubled.live().iter().enumerate().filter(|(_, live)| !**live).map(|(x, _)| x).collect::<Vec<_>>(),
        [20, 21]
    );
    for (x, live) in doubled.live().iter().enumerate() {
        assert!(doubled.trace(x).iter().all(|value| (value - f32::from(u8::from(*live))).abs() < 1e-5));
    }
    assert!(Scale { traces: 17.0, samples: 1.0 }.check().is_err());
    let back = resample_back(vec![0.0, 1.0], &[true], 2, [1, 4]).unwrap();
    assert!(back.iter().zip([0.0, 0.25, 0.75, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{back:?}");
}

#[test]
fn windows_are_odd_where_the_trained_tiles_were() {
    for (tile, padded, stride) in [(101, 101, 16), (101, 128, 32), (101, 107, 16)] {
        let contract = contract(tile, padded, &[Channel::Amplitude]);
        for side in [101usize, 102, 229, 350, 485] {
            let frame = Frame::of_size(&contract, Extent { rows: side, columns: side + 7 }, stride).unwrap();
            for (side, padded) in
                [(frame.tile.rows, frame.padded.rows), (frame.tile.columns, frame.padded.columns)]
            {
                assert_eq!(padded % stride, contract.padded % stride);
                let added = padded - side;
                let least = contract.padded - contract.tile;
                assert!((least..least + stride).contains(&added), "{side} {padded}");
            }
        }
    }
}
