//! Curves as SVG.

use plotters::prelude::*;

use super::Contents;
use crate::error::{Error, ErrorKind, Result};

/// A chart and what it shows.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) svg: String,
}

const SIZE: (u32, u32) = (560, 320);
const COLOURS: [RGBColor; 3] = [RGBColor(120, 0, 120), RGBColor(0, 120, 60), RGBColor(220, 110, 0)];

struct Series {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

/// All charts, in reading order.
pub(super) fn all(contents: &Contents<'_>) -> Result<Vec<Chart>> {
    let epochs = contents.epochs;
    let over_epochs = |name, value: &dyn Fn(&crate::train::EpochRecord) -> f64| Series {
        name,
        points: epochs.iter().map(|record| (record.epoch as f64, value(record))).collect(),
    };
    let losses = [
        over_epochs("training loss", &|record| record.loss),
        over_epochs("validation cross-entropy", &|record| record.validation.bce),
    ];
    let scores = [
        over_epochs("validation score", &|record| record.validation.score),
        over_epochs("with the best threshold", &|record| record.validation.best_score),
        over_epochs("validation IoU", &|record| record.validation.iou),
    ];
    let rates = [over_epochs("rate", &|record| record.rate)];
    let sweep = contents.validation.sweep().curve().into_iter();
    let sweep = [Series { name: "score", points: sweep.map(|(at, score)| (f64::from(at), score)).collect() }];
    let bins = contents.validation.calibration().bins().iter().filter(|bin| bin.pixels > 0);
    let reliable = bins.map(|bin| {
        let pixels = bin.pixels as f64;
        (bin.probability / pixels, bin.salt as f64 / pixels)
    });
    let reliability = [
        Series { name: "share that is salt", points: reliable.collect() },
        Series { name: "as it should be", points: vec![(0.0, 0.0), (1.0, 1.0)] },
    ];
    let charts = [
        ("Loss by epoch", draw("epoch", &losses, None)?),
        ("Score by epoch", draw("epoch", &scores, Some(1.0))?),
        ("Learning rate by epoch", draw("epoch", &rates, None)?),
        ("Score by threshold", draw("threshold", &sweep, Some(1.0))?),
        ("Reliability of probabilities", draw("mean predicted probability", &reliability, Some(1.0))?),
    ];
    Ok(charts.into_iter().map(|(title, svg)| Chart { title, svg }).collect())
}

/// One chart; the vertical axis begins at 0 and ends at `top`, or at the largest value.
fn draw(across: &str, series: &[Series], top: Option<f64>) -> Result<String> {
    let mut svg = String::new();
    lines(&mut svg, across, series, top).map_err(|error| {
        Error::new(ErrorKind::Internal, format!("cannot draw a chart of the report: {error}"))
    })?;
    Ok(svg)
}

fn lines(
    svg: &mut String,
    across: &str,
    series: &[Series],
    top: Option<f64>,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let points = || series.iter().flat_map(|series| series.points.iter().copied());
    let values = points().map(|(_, value)| value).filter(|value| value.is_finite());
    let most = top.unwrap_or_else(|| 1.05 * values.fold(0.0, f64::max)).max(1e-12);
    let (first, last) =
        points().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(x), high.max(x)));
    let (first, last) = if first < last { (first, last) } else { (first.min(0.0), last.max(1.0)) };
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(first..last, 0.0..most)?;
    let number = |value: &f64| match *value {
        0.0 => "0".to_owned(),
        value if value.abs() < 1e-3 => format!("{value:.1e}"),
        value => format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    chart
        .configure_mesh()
        .max_light_lines(1)
        .x_desc(across)
        .y_label_formatter(&number)
        .x_label_formatter(&number)
        .draw()?;
    for (series, colour) in series.iter().zip(COLOURS) {
        let shown = || series.points.iter().copied().filter(|(_, value)| value.is_finite());
        chart
            .draw_series(LineSeries::new(shown(), colour.stroke_width(2)))?
            .label(series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        if series.points.len() <= 60 {
            chart.draw_series(shown().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
    }
    if series.len() > 1 {
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()?;
    }
    area.present()?;
    Ok(())
}
