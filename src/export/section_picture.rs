//! A section as a picture: amplitudes, probability laid over them, outlines, axes.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::{FONT_8X13, FONT_10X20};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};

use super::colour::{self, Rgb};
use crate::volume::{LineAxis, Quantiles, SampleAxis};

/// What is drawn; arrays are trace-major, sample fastest.
#[derive(Debug, Clone, Copy)]
pub struct SectionPicture<'a> {
    /// Amplitudes.
    pub seismic: &'a [f32],
    /// Salt probability 0..=1.
    pub probability: Option<&'a [f32]>,
    /// Interpretation, at least 0.5 is salt.
    pub label: Option<&'a [f32]>,
    /// One flag per trace.
    pub live: &'a [bool],
    /// The vertical axis.
    pub samples: SampleAxis,
    /// Line numbers along the traces.
    pub lines: LineAxis,
    /// What those numbers are: "crossline" or "inline".
    pub lines_name: &'a str,
    /// Above the picture.
    pub title: &'a str,
    /// Probability above which a sample is outlined as salt.
    pub threshold: f32,
}

/// Red, green, blue, row by row.
pub(super) struct Image {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

const LEFT: usize = 78;
const TOP: usize = 48;
const RIGHT: usize = 24;
const BOTTOM: usize = 78;
const WANTED: usize = 900;

impl SectionPicture<'_> {
    /// Pixels per trace and per sample: whole numbers, at least about 900 pixels wide, not much higher than wide.
    fn scale(&self) -> [usize; 2] {
        let across = WANTED.div_ceil(self.live.len().max(1)).clamp(1, 12);
        let width = across * self.live.len();
        [across, (width * 3 / 4 / self.samples.count.max(1)).clamp(1, 12)]
    }

    pub(super) fn render(&self) -> Image {
        let [across, down] = self.scale();
        let (width, height) = (across * self.live.len(), down * self.samples.count);
        let mut image = Image::new(LEFT + width + RIGHT, TOP + height + BOTTOM);
        let clip = self.clip();
        for trace in 0..self.live.len() {
            for sample in 0..self.samples.count {
                let colour = self.colour(trace, sample, clip);
                image.fill(LEFT + trace * across, TOP + sample * down, [across, down], colour);
            }
        }
        if let Some(label) = self.label {
            self.outline(&mut image, label, |value| value >= 0.5, colour::LABEL);
        }
        if let Some(probability) = self.probability {
            self.outline(&mut image, probability, |value| value > self.threshold, colour::PREDICTED);
        }
        // Drawing into memory cannot fail.
        let Ok(()) = self.axes(&mut image, [width, height]);
        image
    }

    /// Amplitude that is drawn at full strength: the 99th percentile of the magnitudes.
    fn clip(&self) -> f32 {
        let mut magnitudes = Quantiles::default();
        let found: Vec<f32> =
            self.seismic.iter().filter(|sample| **sample != 0.0).map(|sample| sample.abs()).collect();
        magnitudes.add(&found);
        magnitudes.quantile(0.99).filter(|clip| *clip > 0.0).unwrap_or(1.0)
    }

    fn colour(&self, trace: usize, sample: usize, clip: f32) -> Rgb {
        if !self.live[trace] {
            return if (trace + sample) % 6 < 2 { colour::WHITE } else { colour::DEAD };
        }
        let at = trace * self.samples.count + sample;
        let amplitude = self.seismic.get(at).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
        let base = colour::amplitude(amplitude / clip);
        match self.probability.and_then(|probability| probability.get(at)) {
            Some(&probability) if probability > 0.05 => colour::overlay(base, probability),
            _ => base,
        }
    }

    /// Lines of two pixels between samples that are salt and samples that are not.
    fn outline(&self, image: &mut Image, values: &[f32], is_salt: impl Fn(f32) -> bool, colour: Rgb) {
        let [across, down] = self.scale();
        let inside = |trace: usize, sample: usize| {
            self.live[trace]
                && values.get(trace * self.samples.count + sample).is_some_and(|value| is_salt(*value))
        };
        for trace in 0..self.live.len() {
            for sample in 0..self.samples.count {
                let here = inside(trace, sample);
                let (x, y) = (LEFT + trace * across, TOP + sample * down);
                if trace + 1 < self.live.len() && inside(trace + 1, sample) != here {
                    image.fill(x + across - 1, y, [2, down], colour);
                }
                if sample + 1 < self.samples.count && inside(trace, sample + 1) != here {
                    image.fill(x, y + down - 1, [across, 2], colour);
                }
            }
        }
    }

    fn axes(&self, image: &mut Image, [width, height]: [usize; 2]) -> Result<(), Infallible> {
        let ink = rgb(colour::INK);
        let frame = PrimitiveStyle::with_stroke(ink, 1);
        let corner = Point::new(LEFT as i32 - 1, TOP as i32 - 1);
        Rectangle::new(corner, Size::new(width as u32 + 2, height as u32 + 2))
            .into_styled(frame)
            .draw(image)?;
        let [across, down] = self.scale();
        let small = MonoTextStyle::new(&FONT_8X13, ink);
        for (sample, label) in self.sample_ticks(height) {
            let y = (TOP + sample * down) as i32;
            Line::new(Point::new(LEFT as i32 - 6, y), Point::new(LEFT as i32 - 1, y))
                .into_styled(frame)
                .draw(image)?;
            let style =
                TextStyleBuilder::new().alignment(Alignment::Right).baseline(Baseline::Middle).build();
            Text::with_text_style(&label, Point::new(LEFT as i32 - 9, y), small, style).draw(image)?;
        }
        let every = nice(self.live.len() as f64 * 90.0 / width as f64).max(1.0) as usize;
        for trace in (0..self.live.len()).step_by(every) {
            let (x, y) = ((LEFT + trace * across + across / 2) as i32, (TOP + height) as i32);
            Line::new(Point::new(x, y), Point::new(x, y + 5)).into_styled(frame).draw(image)?;
            let style = TextStyleBuilder::new().alignment(Alignment::Center).baseline(Baseline::Top).build();
            let number = self.lines.number(trace).to_string();
            Text::with_text_style(&number, Point::new(x, y + 8), small, style).draw(image)?;
        }
        self.words(image, [width, height])
    }

    /// Title, names of the axes, legend.
    fn words(&self, image: &mut Image, [width, height]: [usize; 2]) -> Result<(), Infallible> {
        let large = MonoTextStyle::new(&FONT_10X20, rgb(colour::INK));
        let small = MonoTextStyle::new(&FONT_8X13, rgb(colour::INK));
        Text::with_baseline(self.title, Point::new(LEFT as i32, 12), large, Baseline::Top).draw(image)?;
        let unit = format!("[{}]", self.samples.unit.symbol());
        Text::with_baseline(&unit, Point::new(8, TOP as i32 - 24), small, Baseline::Top).draw(image)?;
        let row = (TOP + height + 30) as i32;
        let centre = TextStyleBuilder::new().alignment(Alignment::Center).baseline(Baseline::Top).build();
        Text::with_text_style(self.lines_name, Point::new((LEFT + width / 2) as i32, row), small, centre)
            .draw(image)?;
        let mut x = LEFT as i32;
        let legend = [
            (
                self.probability.is_some(),
                colour::overlay(colour::amplitude(0.0), 1.0),
                "salt probability".to_owned(),
            ),
            (self.probability.is_some(), colour::PREDICTED, format!("probability {}", self.threshold)),
            (self.label.is_some(), colour::LABEL, "label".to_owned()),
        ];
        for (_, colour, text) in legend.into_iter().filter(|(drawn, ..)| *drawn) {
            let at = Point::new(x, row + 22);
            Rectangle::new(at, Size::new(18, 12))
                .into_styled(PrimitiveStyle::with_fill(rgb(colour)))
                .draw(image)?;
            Text::with_baseline(&text, at + Point::new(24, 0), small, Baseline::Top).draw(image)?;
            x += 24 + 8 * text.len() as i32 + 28;
        }
        Ok(())
    }

    fn sample_ticks(&self, height: usize) -> Vec<(usize, String)> {
        let span = self.samples.step * self.samples.count as f64;
        let every = nice(span * 60.0 / height as f64);
        let first = (self.samples.first / every).ceil() as i64;
        let values = (first..).map(|k| k as f64 * every);
        let index = |value: f64| ((value - self.samples.first) / self.samples.step).round() as usize;
        values
            .map(|value| (index(value), format!("{value}")))
            .take_while(|(sample, _)| *sample < self.samples.count)
            .collect()
    }
}

/// The next of 1, 2, 5 times a power of ten.
fn nice(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(10.0 * power)
}

fn rgb([r, g, b]: Rgb) -> Rgb888 {
    Rgb888::new(r, g, b)
}

impl Image {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![255; 3 * width * height] }
    }

    pub(super) fn fill(&mut self, x: usize, y: usize, [width, height]: [usize; 2], colour: Rgb) {
        for row in y..(y + height).min(self.height) {
            for column in x..(x + width).min(self.width) {
                self.pixels[3 * (row * self.width + column)..][..3].copy_from_slice(&colour);
            }
        }
    }
}

impl OriginDimensions for Image {
    fn size(&self) -> Size {
        Size::new(self.width as u32, self.height as u32)
    }
}

impl DrawTarget for Image {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) {
                self.fill(x, y, [1, 1], [colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}
