//! PNG files as grey planes.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::output::write_file;

/// A picture with one value per pixel, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grey {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 0..=255, or 0..=65535 in a file of 16 bits.
    pub(super) values: Vec<u16>,
    /// The value of full white.
    pub(super) white: u16,
}

/// Larger pictures are no tiles: a lying header must not allocate.
const MAX_SIDE: u32 = 4096;

/// Reads a PNG of any colour type; colours become the mean of red, green and blue, transparency is passed over.
pub(super) fn read(path: &Path) -> Result<Grey> {
    let file = File::open(path).on("open", path)?;
    decode(file).map_err(|error| error.at(path))
}

fn decode(file: File) -> Result<Grey> {
    let broken = |error: png::DecodingError| match error {
        png::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::new(ErrorKind::Io, format!("cannot read: {error}"))
        }
        error => Error::new(ErrorKind::Malformed, format!("not a whole PNG file: {error}")),
    };
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_SIDE || height > MAX_SIDE {
        fail!(Malformed, "a picture of {width} x {height} pixels; tiles have at most {MAX_SIDE} each way");
    }
    let Some(size) = reader.output_buffer_size() else {
        fail!(Malformed, "a picture too large for memory");
    };
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(broken)?;
    let bytes = &bytes[..frame.buffer_size()];
    let samples: Vec<u16> = match frame.bit_depth {
        png::BitDepth::Sixteen => {
            bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
        }
        _ => bytes.iter().map(|&byte| u16::from(byte)).collect(),
    };
    let white = if frame.bit_depth == png::BitDepth::Sixteen { u16::MAX } else { u16::from(u8::MAX) };
    let per_pixel = frame.color_type.samples();
    let colours = if per_pixel >= 3 { 3 } else { 1 };
    let mean = |pixel: &[u16]| {
        let sum: u32 = pixel[..colours].iter().map(|&value| u32::from(value)).sum();
        (sum / colours as u32) as u16
    };
    let values = samples.chunks_exact(per_pixel).map(mean).collect();
    Ok(Grey { width: width as usize, height: height as usize, values, white })
}

impl Grey {
    /// Brightness in 8 bits.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let shift = if self.white == u16::MAX { 8 } else { 0 };
        self.values.iter().map(|&value| (value >> shift) as u8).collect()
    }

    /// The labels: 0 none, 1 salt, [`UNLABELLED`] for pixels of the grey value `unlabelled` (of 0..=255).
    ///
    /// # Errors
    /// `Malformed` for a mask with other values than 0 and one more.
    pub(super) fn labels(&self, unlabelled: Option<u8>) -> Result<Vec<u8>> {
        let unlabelled = unlabelled.map(|value| match self.white {
            u16::MAX => u16::from(value) * 257,
            _ => u16::from(value),
        });
        let mut known = self.values.iter().filter(|value| Some(**value) != unlabelled);
        let salt = known.clone().copied().max().unwrap_or(0);
        if let Some(other) = known.find(|value| **value != 0 && **value != salt) {
            fail!(
                Malformed,
                "the mask holds the values {other} and {salt} besides 0, expected 0 and one more"
            );
        }
        let label = |&value: &u16| match value {
            value if Some(value) == unlabelled => UNLABELLED,
            value => u8::from(value > 0),
        };
        Ok(self.values.iter().map(label).collect())
    }
}

/// The label of a pixel that nobody knows.
pub(super) const UNLABELLED: u8 = 2;

/// Writes a square grey picture whose samples are `bytes`, whole or not at all.
pub(super) fn write(path: &Path, size: usize, bytes: &[u8], depth: png::BitDepth) -> Result<()> {
    let failed =
        |error: png::EncodingError| Error::new(ErrorKind::Internal, format!("cannot encode a PNG: {error}"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size as u32, size as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(depth);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(bytes)).map_err(failed)?;
    write_file(path, &file)
}
