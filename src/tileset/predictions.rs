//! Predicted tiles as a file: safetensors with `probability` (n, size, size) in 16 bits, 65535 for 1, and, where the networks say so,
//! `any_salt` (n) in float32, the probability that a tile has any. The ids are a JSON list in the metadata, in the order of the tiles.
//! Read and written tile by tile, so that a file may be larger than memory.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::grey;
use crate::error::{Error, ErrorKind, IoContext, Result, fail};
use crate::output::OutputFile;

const FORMAT: &str = "diapir-tile-predictions";
/// Larger pictures are no tiles.
const MAX_SIDE: usize = 4096;
/// A header larger than this is none: a lying length must not allocate.
const MAX_HEADER: u64 = 256 << 20;

/// What predictions are of, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictionHead {
    /// The tiles, in order.
    pub ids: Vec<String>,
    /// Rows and columns of each.
    pub size: usize,
    /// Whether there is a probability of any salt for each.
    pub any_salt: bool,
    /// What the predictions were made of, in words: models with hashes, files with weights.
    pub made_of: Vec<String>,
    /// Labelled tiles that a single network was validated on and not trained on; empty for predictions of several.
    pub unseen: Vec<String>,
}

impl PredictionHead {
    fn pixels(&self) -> usize {
        self.size * self.size
    }

    fn metadata(&self) -> Result<Metadata> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Internal, format!("cannot describe predictions: {error}"))
        };
        let list = |list: &[String]| serde_json::to_string(list).map_err(|error| failed(&error));
        let texts = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("version".to_owned(), "1".to_owned()),
            ("ids".to_owned(), list(&self.ids)?),
            ("made_of".to_owned(), list(&self.made_of)?),
            ("unseen".to_owned(), list(&self.unseen)?),
        ]);
        let count = self.ids.len();
        let end = 2 * count * self.pixels();
        let mut tensors = vec![(
            "probability".to_owned(),
            TensorInfo {
                dtype: Dtype::U16,
                shape: vec![count, self.size, self.size],
                data_offsets: (0, end),
            },
        )];
        if self.any_salt {
            let info =
                TensorInfo { dtype: Dtype::F32, shape: vec![count], data_offsets: (end, end + 4 * count) };
            tensors.push(("any_salt".to_owned(), info));
        }
        Metadata::new(Some(texts), tensors).map_err(|error| failed(&error))
    }
}

/// Predictions being written, tile after tile.
#[derive(Debug)]
pub struct PredictionWriter {
    output: OutputFile,
    writer: BufWriter<File>,
    head: PredictionHead,
    any_salt: Vec<f32>,
    written: usize,
}

impl PredictionWriter {
    /// Starts the file; it is there only after [`PredictionWriter::finish`].
    ///
    /// # Errors
    /// `Io`, `NotFound`.
    pub fn create(path: &Path, head: PredictionHead) -> Result<Self> {
        let output = OutputFile::create(path)?;
        let file = output.file().try_clone().on("write", path)?;
        let mut writer = BufWriter::with_capacity(1 << 20, file);
        let mut header = serde_json::to_vec(&head.metadata()?)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot encode a header: {error}")))?;
        header.resize(header.len().next_multiple_of(8), b' ');
        writer.write_all(&(header.len() as u64).to_le_bytes()).on("write", path)?;
        writer.write_all(&header).on("write", path)?;
        Ok(Self { output, writer, head, any_salt: Vec::new(), written: 0 })
    }

    /// The next tile: probabilities 0..=1, row-major, and that of any salt, which counts where the head announces it.
    ///
    /// # Errors
    /// `InvalidArgument` for a tile too many, of another size, with what is no probability, or without what the head announces; `Io` when the disk
    /// is full.
    pub fn add(&mut self, probability: &[f32], any_salt: Option<f32>) -> Result<()> {
        if self.written == self.head.ids.len() || probability.len() != self.head.pixels() {
            fail!(
                InvalidArgument,
                "tile {} of {} predictions has {} pixels, expected {}",
                self.written + 1,
                self.head.ids.len(),
                probability.len(),
                self.head.pixels()
            );
        }
        if let Some(value) = probability.iter().chain(&any_salt).find(|value| !(0.0..=1.0).contains(*value)) {
            fail!(
                InvalidArgument,
                "tile {}: a probability is {value}, expected 0..=1; where a network overflows, bfloat16 or float32 helps",
                self.head.ids[self.written]
            );
        }
        if self.head.any_salt {
            let Some(any_salt) = any_salt else {
                fail!(InvalidArgument, "a prediction lacks the probability of any salt that the others have");
            };
            self.any_salt.push(any_salt);
        }
        let bytes: Vec<u8> = probability.iter().flat_map(|&value| level(value).to_le_bytes()).collect();
        self.written += 1;
        self.writer.write_all(&bytes).on("write", self.output.path())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// `InvalidArgument` when tiles are missing; `Io`.
    pub fn finish(mut self) -> Result<()> {
        if self.written != self.head.ids.len() {
            fail!(InvalidArgument, "{} of {} predictions were written", self.written, self.head.ids.len());
        }
        let bytes: Vec<u8> = self.any_salt.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.writer.write_all(&bytes).on("write", self.output.path())?;
        self.writer.flush().on("write", self.output.path())?;
        self.output.commit()
    }
}

/// The same probabilities as a picture: grey, 16 bits, 65535 for 1.
///
/// # Errors
/// `InvalidArgument` when there are not `size` x `size` of them; `Io`.
pub fn write_probability_png(path: &Path, size: usize, probability: &[f32]) -> Result<()> {
    if probability.len() != size * size {
        fail!(InvalidArgument, "{} probabilities for a picture of {size} x {size}", probability.len());
    }
    let bytes: Vec<u8> = probability.iter().flat_map(|&value| level(value).to_be_bytes()).collect();
    grey::write(path, size, &bytes, png::BitDepth::Sixteen)
}

/// A mask as a picture: grey, 255 for salt.
///
/// # Errors
/// `InvalidArgument` when there are not `size` x `size` pixels; `Io`.
pub fn write_mask_png(path: &Path, size: usize, mask: &[bool]) -> Result<()> {
    if mask.len() != size * size {
        fail!(InvalidArgument, "{} pixels for a picture of {size} x {size}", mask.len());
    }
    let bytes: Vec<u8> = mask.iter().map(|&salt| if salt { u8::MAX } else { 0 }).collect();
    grey::write(path, size, &bytes, png::BitDepth::Eight)
}

/// A probability in 16 bits.
fn level(probability: f32) -> u16 {
    // `as` saturates.
    (probability * f32::from(u16::MAX)).round() as u16
}

/// Predictions to read.
#[derive(Debug)]
pub struct PredictionFile {
    path: PathBuf,
    file: File,
    head: PredictionHead,
    numbers: BTreeMap<String, usize>,
    /// Where the probabilities begin.
    data: u64,
    any_salt: Vec<f32>,
}

impl PredictionFile {
    /// Opens and checks a file.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Malformed` for what is no such file or has an id twice, `Truncated` for one that ends early.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).on("open", path)?;
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0).on("read", path)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER {
            fail!(Malformed, "{}: byte 0: not a safetensors file", path.display());
        }
        let mut header = vec![0; length as usize];
        file.read_exact_at(&mut header, 8).on("read", path)?;
        let (head, bytes) = head(&header).map_err(|error| error.at(path))?;
        let data = 8 + length;
        let found = file.metadata().on("read", path)?.len();
        if found != data + bytes {
            let kind = if found < data + bytes { ErrorKind::Truncated } else { ErrorKind::Malformed };
            let message = format!("{found} bytes, its header asks for {}: write it again", data + bytes);
            return Err(Error::new(kind, message).at(path));
        }
        let mut numbers = BTreeMap::new();
        for (number, id) in head.ids.iter().enumerate() {
            if numbers.insert(id.clone(), number).is_some() {
                fail!(Malformed, "{}: the id {id} comes more than once", path.display());
            }
        }
        let mut any_salt = vec![0; if head.any_salt { 4 * head.ids.len() } else { 0 }];
        file.read_exact_at(&mut any_salt, data + 2 * (head.ids.len() * head.pixels()) as u64)
            .on("read", path)?;
        let any_salt =
            any_salt.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok(Self { path: path.to_owned(), file, head, numbers, data, any_salt })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn head(&self) -> &PredictionHead {
        &self.head
    }

    /// The number of a tile, if it is there.
    pub fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// The probabilities of tile `number`, 0..=1, row-major.
    ///
    /// # Errors
    /// `OutOfRange`; `Io`, `Truncated`.
    pub fn probability(&self, number: usize) -> Result<Vec<f32>> {
        if number >= self.head.ids.len() {
            fail!(OutOfRange, "there is no prediction number {number} in {}", self.path.display());
        }
        let mut bytes = vec![0; 2 * self.head.pixels()];
        let at = self.data + (number * bytes.len()) as u64;
        self.file.read_exact_at(&mut bytes, at).on("read", &self.path)?;
        let value = |pair: &[u8]| f32::from(u16::from_le_bytes([pair[0], pair[1]])) / f32::from(u16::MAX);
        Ok(bytes.chunks_exact(2).map(value).collect())
    }

    /// The probability that tile `number` has any salt, if the networks say so.
    pub fn any_salt(&self, number: usize) -> Option<f32> {
        self.any_salt.get(number).copied()
    }
}

/// The head in a header, and the bytes that follow it.
fn head(header: &[u8]) -> Result<(PredictionHead, u64)> {
    let no = |what: &str| Error::new(ErrorKind::Malformed, format!("not a file of tile predictions: {what}"));
    let found: Metadata = serde_json::from_slice(header).map_err(|error| no(&error.to_string()))?;
    let texts = found.metadata().as_ref().ok_or_else(|| no("it has no metadata"))?;
    if texts.get("format").is_none_or(|format| format != FORMAT) {
        return Err(no("its format is another"));
    }
    if texts.get("version").is_none_or(|version| version != "1") {
        return Err(no("its version is not 1"));
    }
    let list = |name: &str| -> Result<Vec<String>> {
        let text = texts.get(name).ok_or_else(|| no(&format!("it has no {name}")))?;
        serde_json::from_str(text).map_err(|error| no(&format!("{name}: {error}")))
    };
    let (ids, made_of, unseen) = (list("ids")?, list("made_of")?, list("unseen")?);
    // Files are named after ids.
    if let Some(id) = ids.iter().find(|id| id.is_empty() || id.contains(['/', '\\', '\0']) || *id == "..") {
        return Err(no(&format!("{id:?} is no id of a tile")));
    }
    let size = found.info("probability").and_then(|info| info.shape.get(1)).copied();
    if size.is_some_and(|size| size == 0 || size > MAX_SIDE) {
        return Err(no("its tiles have no size, or an absurd one"));
    }
    let any_salt = found.info("any_salt").is_some();
    let head = PredictionHead {
        ids,
        size: size.ok_or_else(|| no("it has no probability"))?,
        any_salt,
        made_of,
        unseen,
    };
    // The tensors must be the ones that this head would be written with.
    let expected = head.metadata()?;
    let shapes = |metadata: &Metadata| serde_json::to_value(metadata.tensors()).ok();
    if shapes(&expected) != shapes(&found) {
        return Err(no("the shapes do not go with the number of ids"));
    }
    Ok((head, expected.data_len() as u64))
}
