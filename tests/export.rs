//! Maps and pictures: read back with GDAL and a PNG decoder, at the right place in the world.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use diapir::export::salt_maps;
use diapir::export::{SectionPngOptions, section_png};
use diapir::volume::{
    ArrayVolume, Direction, GeoReference, LineAxis, LiveMask, SampleAxis, SampleUnit, SurveyGrid,
    VolumeSource,
};
use diapir::{Control, ErrorKind};

/// A grid turned by 30 degrees with bins of 25 m x 12.5 m.
fn grid(crs: Option<&str>) -> SurveyGrid {
    let (sin, cos) = 30f64.to_radians().sin_cos();
    SurveyGrid {
        inlines: LineAxis { first: 101, step: 1, count: 6 },
        crosslines: LineAxis { first: 200, step: 2, count: 4 },
        samples: SampleAxis::new(100.0, 4.0, 10, SampleUnit::Milliseconds).unwrap(),
        georef: Some(GeoReference {
            origin: [450_000.0, 6_500_000.0],
            inline_step: [25.0 * cos, 25.0 * sin],
            crossline_step: [-12.5 * sin, 12.5 * cos],
            crs: crs.map(str::to_owned),
            residual: 0.0,
        }),
    }
}

/// The probability of inline i, crossline x rises to 0.9 at sample i + x; (2, 1) is dead, (3, 3) has no salt.
fn probability(grid: &SurveyGrid) -> ArrayVolume {
    let mut live = LiveMask::full(grid);
    live.set(2, 1, false);
    let mut volume = ArrayVolume::zeros(grid.clone(), live);
    for i in 0..6 {
        for x in 0..4 {
            let top = if (i, x) == (3, 3) { 10 } else { i + x };
            for (k, value) in volume.trace_mut(i, x).iter_mut().enumerate() {
                *value = if k >= top { 0.9 } else { 0.1 };
            }
        }
    }
    volume
}

#[test]
fn maps_are_those_of_the_closed_form() {
    let grid = grid(None);
    let maps = salt_maps(&probability(&grid), 0.5, 1, &Control::silent()).unwrap();
    assert_eq!((maps.top.inlines, maps.top.crosslines, maps.top.unit.as_str()), (6, 4, "ms"));
    for i in 0..6 {
        for x in 0..4 {
            let (top, maximum) = (maps.top.values[i * 4 + x], maps.maximum.values[i * 4 + x]);
            match (i, x) {
                (2, 1) => assert!(top.is_nan() && maximum.is_nan()),
                (3, 3) => assert!(top.is_nan() && (maximum - 0.1).abs() < 1e-6),
                // 0.5 is half way from 0.1 to 0.9: half a sample above the first sample in salt.
                _ => {
                    let expected = if i + x == 0 { 100.0 } else { 100.0 + 4.0 * ((i + x) as f32 - 0.5) };
                    assert!((top - expected).abs() < 1e-3, "{i}, {x}: {top}, expected {expected}");
                    assert!((maximum - 0.9).abs() < 1e-6);
                }
            }
        }
    }
    // Inline 5, crossline 3 has two samples of salt.
    let thick = salt_maps(&probability(&grid), 0.5, 3, &Control::silent()).unwrap();
    assert!(thick.top.values[23].is_nan() && (thick.top.values[22] - 126.0).abs() < 1e-3);
    let none = salt_maps(&probability(&grid), 0.5, 0, &Control::silent()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidArgument);
}

#[cfg(feature = "gdal")]
mod geotiff {
    use super::*;

    use diapir::export::write_geotiff;
    use gdal::Dataset;

    fn maps(grid: &SurveyGrid) -> diapir::export::SaltMaps {
        salt_maps(&probability(grid), 0.5, 1, &Control::silent()).unwrap()
    }

    #[test]
    fn gdal_reads_values_and_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("top.tif");
        let grid = grid(Some("EPSG:32631"));
        let map = maps(&grid).top;
        write_geotiff(&path, &map, &grid).unwrap();
        let dataset = Dataset::open(&path).unwrap();
        assert_eq!(dataset.raster_size(), (4, 6), "columns are crosslines, rows are inlines");
        let band = dataset.rasterband(1).unwrap();
        assert!(band.no_data_value().unwrap().is_nan());
        let buffer = band.read_as::<f32>((0, 0), (4, 6), (4, 6), None).unwrap();
        let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        assert!(buffer.data().iter().zip(&map.values).all(same));
        assert_eq!(dataset.spatial_ref().unwrap().auth_code().unwrap(), 32631);
        // The centre of pixel (column x + 1/2, row i + 1/2) is the bin's own position.
        let t = dataset.geo_transform().unwrap();
        let georef = grid.georef.as_ref().unwrap();
        for (i, x) in [(0, 0), (5, 0), (0, 3), (5, 3), (2, 1)] {
            let (column, row) = (x as f64 + 0.5, i as f64 + 0.5);
            let found = [t[0] + column * t[1] + row * t[2], t[3] + column * t[4] + row * t[5]];
            let expected = georef.position(i as f64, x as f64);
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{i}, {x}: {found}, expected {expected}");
            }
        }
    }

    #[test]
    fn what_cannot_be_placed_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("top.tif");
        let refuse = |map: &diapir::volume::SurveyMap, grid: &SurveyGrid, kind, word: &str| {
            let error = write_geotiff(&path, map, grid).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(word), "{word:?} is not in {error}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{word}");
        };
        let placed = grid(None);
        let map = maps(&placed).top;
        let nowhere = SurveyGrid { georef: None, ..placed.clone() };
        refuse(&map, &nowhere, ErrorKind::Geometry, "no map position");
        refuse(&map, &grid(Some("EPSG:1")), ErrorKind::InvalidArgument, "EPSG:1");
        refuse(&map, &grid(Some("the moon")), ErrorKind::InvalidArgument, "the moon");
        let mut short = map.clone();
        short.values.pop();
        refuse(&short, &placed, ErrorKind::InvalidArgument, "the survey 6 x 4");
        let error = write_geotiff(&folder.path().join("no/top.tif"), &map, &placed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        write_geotiff(&path, &map, &placed).unwrap();
        assert!(Dataset::open(&path).unwrap().spatial_ref().is_err(), "no reference system is made up");
    }
}

fn picture(path: &Path) -> (png::OutputInfo, Vec<u8>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info, pixels)
}

#[test]
fn sections_become_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let smaller = grid(None);
    let grid = SurveyGrid {
        samples: SampleAxis::new(0.0, 4.0, 120, SampleUnit::Milliseconds).unwrap(),
        crosslines: LineAxis { first: 200, step: 2, count: 90 },
        ..smaller.clone()
    };
    let mut live = LiveMask::full(&grid);
    live.set(3, 5, false);
    let volume = |value: &dyn Fn(usize, usize) -> f32| {
        let trace = |bin: usize| (0..120).map(move |k| (bin % 90, k));
        let data = (0..6 * 90).flat_map(trace).map(|(x, k)| value(x, k)).collect();
        ArrayVolume::new(grid.clone(), live.clone(), data).unwrap()
    };
    let seismic = volume(&|x, k| (0.4 * k as f32 + 0.1 * x as f32).sin());
    let salt = volume(&|x, k| f32::from(u8::from(k > 60 && x > 30)));
    let draw = |name: &str, probability: Option<&dyn VolumeSource>, line: Option<i32>, direction| {
        let options = SectionPngOptions { direction, line, threshold: 0.5, title: None };
        let path = folder.path().join(name);
        section_png(&seismic, [probability, None], &options, &path).map(|()| picture(&path))
    };
    let (info, plain) = draw("plain.png", None, None, Direction::Inline).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    assert!(info.width >= 90 && info.height >= 120);
    let colourful = |pixels: &[u8]| {
        pixels.chunks_exact(3).filter(|c| c.iter().max().unwrap() - c.iter().min().unwrap() > 60).count()
    };
    assert_eq!(colourful(&plain), 0, "seismic alone is grey");
    let (same, overlaid) = draw("salt.png", Some(&salt), Some(103), Direction::Inline).unwrap();
    assert_eq!((same.width, same.height), (info.width, info.height));
    // A third of the section is salt: 60 of 90 traces, 59 of 120 samples.
    let share = colourful(&overlaid) as f64 / (info.width as f64 * info.height as f64);
    assert!((0.1..0.45).contains(&share), "{share} of the picture is coloured");
    draw("cross.png", Some(&salt), Some(210), Direction::Crossline).unwrap();

    let missing = draw("none.png", None, Some(107), Direction::Inline).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::OutOfRange);
    assert!(missing.to_string().contains("101 to 106"), "{missing}");
    let odd = draw("none.png", None, Some(201), Direction::Crossline).unwrap_err();
    assert!(odd.to_string().contains("steps of 2"), "{odd}");
    let small = probability(&smaller);
    let differs = draw("none.png", Some(&small), None, Direction::Inline).unwrap_err();
    assert_eq!(differs.kind(), ErrorKind::Geometry, "{differs}");
    assert!(!folder.path().join("none.png").exists());
}
