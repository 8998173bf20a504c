//! What a caller can say about a file to read or to write.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::byte_order::ByteOrder;
use super::sample::SampleFormat;
use super::text::scale_line;
use crate::error::{Error, Result, fail};
use crate::volume::SampleUnit;

/// How a number of the trace header is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// 2-byte two's complement integer.
    Int16,
    /// 4-byte two's complement integer, the standard's.
    Int32,
    /// 4-byte IBM float.
    Ibm32,
    /// 4-byte IEEE float.
    Ieee32,
    /// 8-byte IEEE float.
    Ieee64,
}

const KINDS: [(&str, FieldKind, u16); 5] = [
    ("int16", FieldKind::Int16, 2),
    ("int32", FieldKind::Int32, 4),
    ("ibm32", FieldKind::Ibm32, 4),
    ("ieee32", FieldKind::Ieee32, 4),
    ("ieee64", FieldKind::Ieee64, 8),
];

impl FieldKind {
    fn entry(self) -> (&'static str, u16) {
        KINDS
            .iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or(("int32", 4), |(name, _, bytes)| (*name, *bytes))
    }
}

/// A number in the 240-byte trace header: where it begins, counted from 1 as in the SEG-Y standard, and how it is stored.
/// As text: `189` or `73:ieee32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    /// Its first byte.
    pub byte: u16,
    /// How it is stored.
    pub kind: FieldKind,
}

impl Field {
    /// A 4-byte integer.
    pub const fn int32(byte: u16) -> Self {
        Self { byte, kind: FieldKind::Int32 }
    }

    /// A 2-byte integer.
    pub const fn int16(byte: u16) -> Self {
        Self { byte, kind: FieldKind::Int16 }
    }

    fn check(self, name: &str) -> Result<()> {
        let (kind, bytes) = self.kind.entry();
        let last = 241 - bytes;
        if !(1..=last).contains(&self.byte) {
            fail!(
                InvalidArgument,
                "the {name} byte position is {}, expected 1..={last} of the 240-byte trace header for {kind}",
                self.byte
            );
        }
        Ok(())
    }
}

impl FromStr for Field {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (byte, kind) = text.split_once(':').unwrap_or((text, "int32"));
        let Ok(byte) = byte.trim().parse() else {
            fail!(
                InvalidArgument,
                "{text:?} is no byte position, expected a number such as 189, or 73:ieee32"
            );
        };
        match KINDS.iter().find(|(name, ..)| *name == kind.trim()) {
            Some((_, kind, _)) => Ok(Self { byte, kind: *kind }),
            None => fail!(
                InvalidArgument,
                "{kind:?} is no type of a header field, expected int16, int32, ibm32, ieee32 or ieee64"
            ),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = self.kind.entry();
        write!(f, "{}-{}", self.byte, self.byte + bytes - 1)?;
        if self.kind == FieldKind::Int32 { Ok(()) } else { write!(f, " ({kind})") }
    }
}

/// Where trace header fields are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeaderBytes {
    /// Inline number.
    pub inline: Field,
    /// Crossline number.
    pub crossline: Field,
    /// X coordinate.
    pub x: Field,
    /// Y coordinate.
    pub y: Field,
    /// Scalar for both coordinates: positive multiplies, negative divides, 0 is 1. Floats are not scaled.
    pub scalar: Field,
}

impl Default for HeaderBytes {
    /// Revision 1: 189, 193, 181, 185, 71.
    fn default() -> Self {
        Self {
            inline: Field::int32(189),
            crossline: Field::int32(193),
            x: Field::int32(181),
            y: Field::int32(185),
            scalar: Field::int16(71),
        }
    }
}

impl HeaderBytes {
    fn check(&self) -> Result<()> {
        self.inline.check("inline")?;
        self.crossline.check("crossline")?;
        self.x.check("x")?;
        self.y.check("y")?;
        self.scalar.check("scalar")
    }
}

/// Header positions that the caller names; those left out are the standard's or found by evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamedBytes {
    /// Inline number.
    pub inline: Option<Field>,
    /// Crossline number.
    pub crossline: Option<Field>,
    /// X coordinate.
    pub x: Option<Field>,
    /// Y coordinate.
    pub y: Option<Field>,
    /// Scalar for both coordinates.
    pub scalar: Option<Field>,
}

impl NamedBytes {
    /// Those named, and the standard's for the others.
    pub fn or_standard(&self) -> HeaderBytes {
        let standard = HeaderBytes::default();
        HeaderBytes {
            inline: self.inline.unwrap_or(standard.inline),
            crossline: self.crossline.unwrap_or(standard.crossline),
            x: self.x.unwrap_or(standard.x),
            y: self.y.unwrap_or(standard.y),
            scalar: self.scalar.unwrap_or(standard.scalar),
        }
    }
}

impl FromStr for NamedBytes {
    type Err = Error;

    /// `inline=9, crossline=21, x=73:ieee32`; names are those of the fields.
    fn from_str(text: &str) -> Result<Self> {
        let mut named = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, field)) = part.split_once('=') else {
                fail!(InvalidArgument, "header field {part:?} has no position, expected such as inline=9");
            };
            let place = match name.trim() {
                "inline" => &mut named.inline,
                "crossline" => &mut named.crossline,
                "x" => &mut named.x,
                "y" => &mut named.y,
                "scalar" => &mut named.scalar,
                name => fail!(
                    InvalidArgument,
                    "header field {name:?} is unknown, expected inline, crossline, x, y or scalar"
                ),
            };
            let field: Field = field.trim().parse()?;
            field.check(name.trim())?;
            // The scalar is a 2-byte number unless it is said otherwise.
            let short = name.trim() == "scalar" && !part.contains(':');
            *place = Some(if short { Field::int16(field.byte) } else { field });
        }
        Ok(named)
    }
}

/// What to do with several traces at one position of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// An error that names the first two.
    #[default]
    Refuse,
    /// The first in the file is taken.
    First,
    /// The last in the file is taken.
    Last,
}

/// How to read a file where its headers do not say it, or say it wrongly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenOptions {
    /// Where trace header fields are.
    pub bytes: NamedBytes,
    /// Whether positions that are not named may be looked for when the standard ones hold no grid; what was found, and
    /// why, is in [`Summary::assumptions`](super::Summary::assumptions).
    pub guess: bool,
    /// Byte order; `None` finds it from the file.
    pub byte_order: Option<ByteOrder>,
    /// What the vertical axis measures; `None` takes milliseconds.
    pub sample_unit: Option<SampleUnit>,
    /// Sample interval in that unit; `None` takes the headers'.
    pub sample_interval: Option<f64>,
    /// Coordinate reference system as GDAL reads it ("EPSG:32631"); SEG-Y headers do not carry it.
    pub crs: Option<String>,
    /// Only traces with this source-receiver offset (bytes 37-40), of a prestack file.
    pub offset: Option<i32>,
    /// Several traces at one position.
    pub duplicates: Duplicates,
    /// Whether the geometry may be kept in, and taken from, an index file in the user's cache folder.
    pub index: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            bytes: NamedBytes::default(),
            guess: true,
            byte_order: None,
            sample_unit: None,
            sample_interval: None,
            crs: None,
            offset: None,
            duplicates: Duplicates::Refuse,
            index: false,
        }
    }
}

impl OpenOptions {
    /// Refuses what no file could make right.
    pub(super) fn check(&self) -> Result<()> {
        self.bytes.or_standard().check()?;
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
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// Sample format: IEEE float (5), IBM float (1), 2-byte (3) or 1-byte (8) integer.
    pub format: SampleFormat,
    /// Integer formats hold each sample times this, rounded to nearest; `None`: the largest integer, so that -1..1 fills the
    /// range. The textual header says it.
    pub scale: Option<f32>,
    /// Major revision of new files, 1 or 2; files after a template keep its.
    pub revision: u8,
    /// What was done, one line of at most 76 characters each, put into the textual header.
    pub history: Vec<String>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { format: SampleFormat::Ieee32, scale: None, revision: 1, history: Vec::new() }
    }
}

impl WriteOptions {
    /// The factor that samples are multiplied by.
    pub(super) fn factor(&self) -> f32 {
        self.scale.unwrap_or(match self.format {
            SampleFormat::Int8 => 127.0,
            SampleFormat::Int16 => 32_767.0,
            _ => 1.0,
        })
    }

    /// The lines for the textual header.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.history.clone();
        if !self.format.is_float() {
            lines.push(scale_line(self.factor()));
        }
        lines
    }
}
