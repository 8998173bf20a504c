//! One section of some volumes as a PNG picture.

use std::path::Path;

use super::section_picture::{Image, SectionPicture};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::output::write_file;
use crate::volume::{Block, Direction, VolumeSource};

/// Which section, and how it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionPngOptions {
    /// Which way the section runs.
    pub direction: Direction,
    /// Its inline or crossline number; `None` is the middle one.
    pub line: Option<i32>,
    /// Probability above which a sample is outlined as salt.
    pub threshold: f32,
    /// Above the picture; `None` names the line.
    pub title: Option<String>,
}

/// Draws a section of `seismic` with, as far as given, the probability and the label on the same grid; whole or not at all.
///
/// # Errors
/// `OutOfRange` for a line that is not there, with the range there is; `Geometry` when the grids differ; read errors; `Io`.
pub fn section_png(
    seismic: &dyn VolumeSource,
    [probability, label]: [Option<&dyn VolumeSource>; 2],
    options: &SectionPngOptions,
    path: &Path,
) -> Result<()> {
    write_file(path, &section_png_bytes(seismic, [probability, label], options)?)
}

/// The bytes of that file.
///
/// # Errors
/// As [`section_png`], but for writing.
pub fn section_png_bytes(
    seismic: &dyn VolumeSource,
    [probability, label]: [Option<&dyn VolumeSource>; 2],
    options: &SectionPngOptions,
) -> Result<Vec<u8>> {
    let grid = seismic.grid();
    let (lines, across, name, across_name) = match options.direction {
        Direction::Inline => (grid.inlines, grid.crosslines, "inline", "crossline"),
        Direction::Crossline => (grid.crosslines, grid.inlines, "crossline", "inline"),
    };
    let number = options.line.unwrap_or_else(|| lines.number(lines.count / 2));
    let Some(index) = lines.index(number) else {
        fail!(
            OutOfRange,
            "there is no {name} {number}: they run from {} to {} in steps of {}",
            lines.first,
            lines.last(),
            lines.step
        );
    };
    let block = Block::section(grid, options.direction, index);
    let read = |source: &dyn VolumeSource| {
        if source.grid().shape() != grid.shape() {
            fail!(
                Geometry,
                "the volumes differ in shape: {:?} against {:?}",
                grid.shape(),
                source.grid().shape()
            );
        }
        let mut samples = vec![0.0; block.len()];
        source.read_block(&block, &mut samples)?;
        Ok(samples)
    };
    let samples = read(seismic)?;
    let probability = probability.map(read).transpose()?;
    let label = label.map(read).transpose()?;
    let title = options.title.clone().unwrap_or_else(|| format!("{name} {number}"));
    let picture = SectionPicture {
        seismic: &samples,
        probability: probability.as_deref(),
        label: label.as_deref(),
        live: &seismic.live().of_block(&block),
        samples: grid.samples,
        lines: across,
        lines_name: across_name,
        title: &title,
        threshold: options.threshold,
    };
    encode(&picture.render())
}

pub(super) fn encode(image: &Image) -> Result<Vec<u8>> {
    let failed =
        |error: png::EncodingError| Error::new(ErrorKind::Internal, format!("cannot encode a PNG: {error}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width as u32, image.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&image.pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
