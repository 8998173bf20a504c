//! A folder of tiles, read and checked as a whole.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::read_tiles::TileReader;
use super::summary::{FolderSummary, Problem, ProblemKind};
use super::{FolderOptions, PredictionFile, Tile};
use crate::control::Control;
use crate::error::{ErrorKind, Result, fail};

/// All usable tiles of a folder in memory (a byte per pixel, two with masks), in order of id, and what is wrong with the others.
#[derive(Debug, Clone)]
pub struct TileFolder {
    path: PathBuf,
    tiles: Vec<Tile>,
    size: usize,
    depth_range: Option<[f64; 2]>,
    problems: Vec<Problem>,
    leave_out: bool,
    data_hash: String,
}

impl TileFolder {
    /// Reads `path`: PNG files in `images/` (or `train/images/`, or the folder itself), masks of the same names in `masks/` beside it.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `Dataset` when there is no tile at all; `Malformed` for a broken table; `Cancelled`. What is wrong with
    /// single tiles is no error but in [`TileFolder::problems`].
    pub fn open(path: &Path, options: &FolderOptions, control: &Control<'_>) -> Result<Self> {
        let reader = TileReader::new(path, options)?;
        let mut found = Self {
            path: path.to_owned(),
            tiles: Vec::new(),
            size: 0,
            depth_range: reader.depth_range(),
            problems: Vec::new(),
            leave_out: options.leave_out,
            data_hash: String::new(),
        };
        for (id, detail) in reader.without_picture() {
            found.problem(id, ProblemKind::MissingImage, detail);
        }
        let names = reader.ids();
        for (part, ids) in names.chunks(256).enumerate() {
            control.step("read tiles", (part * 256) as u64, names.len() as u64)?;
            let read: Vec<_> = ids.par_iter().map(|id| reader.tile(id)).collect();
            for (id, tile) in ids.iter().zip(read) {
                match tile {
                    Ok((tile, size)) => found.add(tile, size),
                    Err((kind, error)) if error.kind() != ErrorKind::Io => {
                        found.problem(id, kind, error.to_string())
                    }
                    Err((_, error)) => return Err(error),
                }
            }
        }
        control.step("read tiles", names.len() as u64, names.len() as u64)?;
        if found.tiles.is_empty() {
            let first =
                found.problems.first().map_or_else(String::new, |problem| format!(": {}", problem.detail));
            fail!(Dataset, "{} holds no usable tile{first}", path.display());
        }
        found.data_hash = found.hash();
        Ok(found)
    }

    fn problem(&mut self, id: &str, kind: ProblemKind, detail: String) {
        self.problems.push(Problem { id: id.to_owned(), kind, detail });
    }

    fn add(&mut self, tile: Tile, [height, width]: [usize; 2]) {
        if self.size == 0 {
            self.size = width;
        }
        if (height, width) != (self.size, self.size) {
            let detail = format!("{height} rows of {width}, expected {0} x {0}", self.size);
            return self.problem(&tile.id, ProblemKind::WrongSize, detail);
        }
        if tile.is_plain() {
            let detail = format!("every pixel is {}", tile.image.first().copied().unwrap_or_default());
            self.problem(&tile.id, ProblemKind::EmptyImage, detail);
        }
        self.tiles.push(tile);
    }

    fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for tile in &self.tiles {
            hash.update(tile.id.as_bytes());
            hash.update(&tile.image);
            hash.update(tile.mask.as_deref().unwrap_or_default());
        }
        format!("{:x}", hash.finalize())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The usable tiles, in order of id.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The numbers of those that have a mask.
    pub fn labelled(&self) -> Vec<usize> {
        (0..self.tiles.len()).filter(|&number| self.tiles[number].mask.is_some()).collect()
    }

    /// Rows and columns of each.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Shallowest and deepest of the whole table of depths.
    pub fn depth_range(&self) -> Option<[f64; 2]> {
        self.depth_range
    }

    /// What is wrong with tiles.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// SHA-256 over ids, images and masks of the usable tiles, in hexadecimal.
    pub fn data_hash(&self) -> &str {
        &self.data_hash
    }

    /// The same and the depths, for what depends on them.
    pub fn depth_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.data_hash.as_bytes());
        for tile in &self.tiles {
            hash.update(tile.depth.unwrap_or(f64::NAN).to_le_bytes());
        }
        format!("{:x}", hash.finalize())
    }

    /// Some of its tiles, with these masks (0 none, 1 salt, 2 unlabelled, row-major) instead of their own.
    ///
    /// # Errors
    /// `InvalidArgument` for a number that no tile has, or a mask of another size.
    pub fn labelled_as(&self, masks: Vec<(usize, Vec<u8>)>) -> Result<Self> {
        let mut tiles = Vec::with_capacity(masks.len());
        for (number, mask) in masks {
            let Some(tile) = self.tiles.get(number).filter(|_| mask.len() == self.size * self.size) else {
                fail!(InvalidArgument, "a mask of {} pixels for tile number {number}", mask.len());
            };
            tiles.push(Tile { mask: Some(mask), ..tile.clone() });
        }
        Ok(self.with(tiles))
    }

    /// Its tiles and then those of another folder.
    ///
    /// # Errors
    /// `Dataset` when they differ in size.
    pub fn joined(&self, other: &Self) -> Result<Self> {
        if self.size != other.size {
            fail!(
                Dataset,
                "the tiles of {} have {} pixels each way, those of {} {}",
                self.path.display(),
                self.size,
                other.path.display(),
                other.size
            );
        }
        Ok(self.with(self.tiles.iter().chain(&other.tiles).cloned().collect()))
    }

    /// The same folder with other tiles.
    fn with(&self, tiles: Vec<Tile>) -> Self {
        let mut folder =
            Self { tiles, problems: Vec::new(), path: self.path.clone(), data_hash: String::new(), ..*self };
        folder.data_hash = folder.hash();
        folder
    }

    /// Refuses a folder with tiles that had to be left out, unless that was allowed.
    ///
    /// # Errors
    /// `Dataset`, naming the first three.
    pub fn check(&self) -> Result<()> {
        let left_out: Vec<&Problem> =
            self.problems.iter().filter(|problem| problem.kind.excludes()).collect();
        if left_out.is_empty() || self.leave_out {
            return Ok(());
        }
        let first: Vec<String> =
            left_out.iter().take(3).map(|problem| format!("{}: {}", problem.id, problem.detail)).collect();
        fail!(
            Dataset,
            "{}: {} tiles cannot be used ({}{}); mend or remove them (`diapir dataset info` lists all), or allow them to be left out",
            self.path.display(),
            left_out.len(),
            first.join("; "),
            if left_out.len() > 3 { "; .." } else { "" }
        );
    }

    /// Refuses a folder whose tiles have another size than predictions.
    ///
    /// # Errors
    /// `Dataset`.
    pub fn check_size(&self, predictions: &PredictionFile) -> Result<()> {
        let size = predictions.head().size;
        if self.size != size {
            fail!(
                Dataset,
                "the tiles of {} have {} pixels each way, the predictions of {} {size}",
                self.path.display(),
                self.size,
                predictions.path().display()
            );
        }
        Ok(())
    }

    /// Its figures.
    pub fn summary(&self) -> FolderSummary {
        let mut coverage = vec![0; 11];
        let (mut labelled, mut full, mut sum) = (0, 0, 0.0);
        for tile in self.tiles.iter().filter(|tile| tile.mask.is_some()) {
            let share = tile.coverage();
            labelled += 1;
            sum += share;
            full += usize::from(share == 1.0);
            coverage[((share * 10.0).ceil() as usize).min(10)] += 1;
        }
        FolderSummary {
            tiles: self.tiles.len(),
            labelled,
            size: self.size,
            empty: coverage[0],
            full,
            mean_coverage: if labelled > 0 { sum / labelled as f64 } else { 0.0 },
            coverage,
            depth_range: self.depth_range,
            data_hash: self.data_hash.clone(),
            problems: self.problems.clone(),
        }
    }
}
