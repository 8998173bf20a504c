//! What a caller can say about a file to read or to write.

use serde::{Deserialize, Serialize};

use super::layout::ByteOrder;
use super::sample::SampleFormat;
use crate::error::{Result, fail};
use crate::volume::SampleUnit;

/// Where trace header fields are, counted from 1 as in the SEG-Y standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeaderBytes {
    /// Inline number, 4 bytes.
    pub inline: u16,
    /// Crossline number, 4 bytes.
    pub crossline: u16,
    /// X coordinate, 4 bytes.
    pub x: u16,
    /// Y coordinate, 4 bytes.
    pub y: u16,
    /// Scalar for both coordinates, 2 bytes.
    pub scalar: u16,
}

impl Default for HeaderBytes {
    /// Revision 1: 189, 193, 181, 185, 71.
    fn default() -> Self {
        Self { inline: 189, crossline: 193, x: 181, y: 185, scalar: 71 }
    }
}

impl HeaderBytes {
    /// Refuses positions outside the 240-byte trace header.
    pub(super) fn check(&self) -> Result<()> {
        let wide = [("inline", self.inline), ("crossline", self.crossline), ("x", self.x), ("y", self.y)];
        for (name, byte) in wide {
            if !(1..=237).contains(&byte) {
                fail!(
                    InvalidArgument,
                    "the {name} byte position is {byte}, expected 1..=237 of the trace header"
                );
            }
        }
        if !(1..=239).contains(&self.scalar) {
            fail!(
                InvalidArgument,
                "the scalar byte position is {}, expected 1..=239 of the trace header",
                self.scalar
            );
        }
        Ok(())
    }
}

/// How to read a file where its headers do not say it, or say it wrongly.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenOptions {
    /// Where trace header fields are.
    pub bytes: HeaderBytes,
    /// Byte order; `None` finds it from the file.
    pub byte_order: Option<ByteOrder>,
    /// What the vertical axis measures; `None` takes milliseconds, or metres where trace headers say depth.
    pub sample_unit: Option<SampleUnit>,
    /// Sample interval in that unit; `None` takes the headers'.
    pub sample_interval: Option<f64>,
    /// Coordinate reference system as GDAL reads it ("EPSG:32631"); SEG-Y headers do not carry it.
    pub crs: Option<String>,
}

impl OpenOptions {
    /// Refuses what no file could make right.
    pub(super) fn check(&self) -> Result<()> {
        self.bytes.check()?;
        match self.sample_interval {
            Some(step) if !(step.is_finite() && step > 0.0) => {
                fail!(
                    InvalidArgument,
                    "the sample interval is {step}, expected more than 0 (ms, or m with depth)"
                )
            }
            _ => Ok(()),
        }
    }
}

/// How to write a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// Sample format: IEEE or IBM float.
    pub format: SampleFormat,
    /// What was done, one line of at most 76 characters each, put into the textual header.
    pub history: Vec<String>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { format: SampleFormat::Ieee32, history: Vec::new() }
    }
}
